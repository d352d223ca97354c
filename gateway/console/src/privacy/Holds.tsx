import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { customerApi, once, take } from '../api/client';
import { day } from '../kit/format';
import { Panel } from '../kit/Record';
import { Loaded, Refusal } from '../kit/States';
import { HOLDERS, useMay } from '../shell/session';
import { usePrivacyTexts } from './texts';

/** What keeps a customer from being erased. */
export function Holds({ customerId }: { customerId: string }) {
  const t = usePrivacyTexts();
  const queries = useQueryClient();
  const may = useMay(...HOLDERS);
  const [reason, setReason] = useState('');
  const key = ['legal-holds', customerId];
  const query = useQuery({ queryKey: key, retry: false, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/legal-holds', { params: { path: { id: customerId } } })) });
  const after = (message: string) => { notifications.show({ message, color: 'teal' }); void queries.invalidateQueries({ queryKey: key }); };
  const place = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/customers/{id}/legal-holds', { params: { path: { id: customerId }, header: once() }, body: { reason } })),
    onSuccess: () => { setReason(''); after(t('placed')); },
  });
  const release = useMutation({
    mutationFn: (id: string) => take(customerApi.POST('/api/customer/v1/legal-holds/{id}/release', { params: { path: { id }, header: once() } })),
    onSuccess: () => after(t('released')),
  });
  return (
    <Panel title={t('holds')} count={query.data?.length || undefined}>
      <Stack gap="xs">
        <Text size="xs" c="dimmed">{t('holdsHint')}</Text>
        <Loaded query={query} rows={1}>
          {(holds) => holds.length === 0 ? <Text size="sm">{t('noHold')}</Text> : (
            <>{holds.map((hold) => (
              <Group key={hold.id} justify="space-between" wrap="nowrap" gap="xs">
                <div style={{ minWidth: 0 }}><Text size="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>{hold.reason}</Text><Text size="xs" c="dimmed">{day(hold.placedAt)}</Text></div>
                {may && <Button size="compact-sm" variant="default" loading={release.isPending && release.variables === hold.id} onClick={() => release.mutate(hold.id)}>{t('release')}</Button>}
              </Group>
            ))}</>
          )}
        </Loaded>
        {may && (
          <form onSubmit={(event) => { event.preventDefault(); if (reason.trim()) place.mutate(); }}>
            <Group gap="xs" align="flex-end" wrap="nowrap">
              <TextInput flex={1} size="xs" label={t('reason')} maxLength={1000} dir="auto" value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
              <Button type="submit" size="xs" variant="default" loading={place.isPending} disabled={!reason.trim()}>{t('place')}</Button>
            </Group>
          </form>
        )}
        <Refusal error={place.error ?? release.error} />
      </Stack>
    </Panel>
  );
}
