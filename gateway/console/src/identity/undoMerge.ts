import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { customerApi, once, take } from '../api/client';
import { useIdentityTexts } from './texts';

/** Also offered where a merge stands in a customer's timeline. */
export function useUndoMerge(id: string) {
  const t = useIdentityTexts();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/customer-merges/{id}/undo', { params: { path: { id }, header: once() } })),
    onSuccess: () => { notifications.show({ message: t('undoneTitle'), color: 'teal' }); void queries.invalidateQueries({ predicate: ({ queryKey }) => ['customer', 'customers', 'customer360', 'duplicates'].includes(String(queryKey[0])) }); },
  });
}
