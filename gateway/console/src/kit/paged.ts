import { useInfiniteQuery } from '@tanstack/react-query';
import type { Page } from './ListView';

/** A list of the API, page by page: `ask` gets the cursor of the page before. */
export function usePaged<Row>(key: readonly unknown[], ask: (cursor: string | undefined) => Promise<Page<Row>>, enabled = true) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => ask(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Row>) => page.nextCursor ?? undefined,
    enabled,
  });
}
