import { type InfiniteData, useInfiniteQuery } from '@tanstack/react-query';
import type { Page } from './ListView';

/** A list of the API, page by page: `ask` gets the cursor of the page before. `moves` says whether what is shown still changes by itself. */
export function usePaged<Row>(key: readonly unknown[], ask: (cursor: string | undefined) => Promise<Page<Row>>, enabled = true, moves?: (rows: Row[]) => boolean) {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => ask(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Row>) => page.nextCursor ?? undefined,
    enabled,
    refetchInterval: (asked) => (moves?.((asked.state.data as InfiniteData<Page<Row>> | undefined)?.pages.flatMap((page) => page.items) ?? []) ? 3000 : false),
  });
}
