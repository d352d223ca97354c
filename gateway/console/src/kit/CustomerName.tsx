import { Anchor, Skeleton, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { customerApi, take } from '../api/client';

let running = 0;
const waiting: (() => void)[] = [];

/** A list of ids asks for its names a few at a time: the gateway limits how much one person asks. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= 6) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}

export const useCustomer = (id: string | undefined) =>
  useQuery({
    queryKey: ['customer', id], enabled: !!id, staleTime: 60_000,
    queryFn: ({ signal }) => inTurn(() => take(customerApi.GET('/api/customer/v1/customers/{id}', { params: { path: { id: id! } }, signal }))),
  });

/** A customer's name for an id, leading to the record. */
export function CustomerName({ id, plain }: { id: string; plain?: boolean }) {
  const { data, isPending } = useCustomer(id);
  if (isPending) return <Skeleton height={12} width={110} radius="sm" />;
  const name = data?.displayName ?? id.slice(0, 8);
  return plain ? <Text size="sm" span dir="auto">{name}</Text> : <Anchor component={Link} to={`/customers/${id}`} size="sm" truncate dir="auto">{name}</Anchor>;
}
