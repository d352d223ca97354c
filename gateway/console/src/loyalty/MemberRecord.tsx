import { Alert, Badge, Button, Group, Modal, NumberInput, Stack, Text, ThemeIcon } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconGift } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { loyaltyApi, once, take } from '../api/client';
import { CustomerName, useCustomer } from '../kit/CustomerName';
import { day, moment, number } from '../kit/format';
import type { Translate } from '../kit/i18n';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Copyable, Panel, RecordPage } from '../kit/Record';
import { Empty, Failed, Lines, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { LOYALTY, useMay } from '../shell/session';
import { useLoyaltyTexts } from './texts';

/** `purchase:shop:C000022-42` in words; a return refers to a key that only machines read. */
export function refersTo(reference: string, t: Translate<string>) {
  const [kind = '', ...rest] = reference.split(':');
  const word = t('ref_' + kind);
  if (word === 'ref_' + kind) return reference;
  return [word, ...rest.filter((one) => !/^[0-9a-f-]{36}$/.test(one))].join(' ');
}

type Entry = { journalId: string; kind: string; points: number; availableAfter: number; reference: string; occurredAt: string };

export function MemberRecord() {
  const { id = '' } = useParams();
  const t = useLoyaltyTexts();
  const queries = useQueryClient();
  const operator = useMay(...LOYALTY);
  const path = { id };
  const [redeeming, setRedeeming] = useState(false);
  const [points, setPoints] = useState<number>(0);
  const query = useQuery({ queryKey: ['member', id], queryFn: () => take(loyaltyApi.GET('/api/loyalty/v1/members/{id}', { params: { path } })) });
  const ledger = usePaged(['member', id, 'ledger'], (cursor) => take(loyaltyApi.GET('/api/loyalty/v1/members/{id}/ledger', { params: { path, query: { limit: 100, cursor } } })));
  const one = query.data;
  const customer = useCustomer(one?.customerId);
  usePage([{ label: t('title'), to: '/loyalty' }, { label: one?.number ?? '…' }], 'loyalty');
  const refresh = () => void queries.invalidateQueries({ queryKey: ['member', id] });
  const issue = useMutation({ mutationFn: () => take(loyaltyApi.POST('/api/loyalty/v1/members/{id}/cards', { params: { path, header: once() } })), onSuccess: refresh });
  const block = useMutation({ mutationFn: (cardId: string) => take(loyaltyApi.POST('/api/loyalty/v1/cards/{id}/block', { params: { path: { id: cardId }, header: once() }, body: { reason: 'lost' } as never })), onSuccess: refresh });
  const redeem = useMutation({
    mutationFn: () => take(loyaltyApi.POST('/api/loyalty/v1/members/{id}/redemptions', { params: { path, header: once() }, body: { points } as never })),
    onSuccess: () => { setRedeeming(false); notifications.show({ message: t('redeemed'), color: 'teal' }); refresh(); },
  });
  if (query.error) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  return (
    <>
      <RecordPage type={`${t('member')} · ${one.number}`} title={customer.data?.displayName ?? one.number} icon={<ThemeIcon size={44} radius="md" variant="light" color="grape"><IconGift size={22} /></ThemeIcon>}
        facts={[{ label: t('available'), value: number(one.available) }, { label: t('lifetime'), value: number(one.lifetimePoints) }, { label: t('debt'), value: number(one.debt) }, { label: t('enrolled'), value: day(one.enrolledAt) }, { label: t('customer'), value: <CustomerName id={one.customerId} /> }]}
        actions={operator && <Button onClick={() => setRedeeming(true)} disabled={one.available <= 0}>{t('redeem')}</Button>}
        side={
          <Panel title={t('cards')} count={one.cards.length} action={operator && <Button size="compact-xs" variant="default" loading={issue.isPending} onClick={() => issue.mutate()}>{t('issue')}</Button>}>
            <Stack gap="xs">
              {issue.data && <Alert variant="light" color="teal">{t('newNumber')} <Copyable value={issue.data.number} /></Alert>}
              {one.cards.length === 0 && <Text size="sm" c="dimmed">{t('noCards')}</Text>}
              {one.cards.map((card) => <Group key={card.id} justify="space-between"><Text size="sm">…{card.numberEnd} <Badge size="xs" variant="light" color={card.status === 'active' ? 'teal' : 'gray'}>{t('status_' + card.status)}</Badge></Text>{operator && card.status === 'active' && <Button size="compact-xs" variant="subtle" color="red" onClick={() => block.mutate(card.id)}>{t('block')}</Button>}</Group>)}
              <Refusal error={issue.error ?? block.error} />
            </Stack>
          </Panel>
        }>
        <ListView<Entry> name="ledger" label={t('ledger')} query={ledger as never} rowKey={(row) => row.journalId} sortable={false} height={520} empty={<Empty title={t('noLedger')} hint={t('noLedgerHint')} />}
          columns={[
            { key: 'date', header: t('date'), value: (row) => row.occurredAt, width: 190, cell: (row) => moment(row.occurredAt) }, { key: 'kind', header: t('kind'), value: (row) => row.kind, width: 120, cell: (row) => t('kind_' + row.kind) },
            { key: 'points', header: t('points'), value: (row) => row.points, width: 100, align: 'right', cell: (row) => <Text span size="sm" c={row.points < 0 ? 'red' : undefined}>{row.points > 0 ? '+' : ''}{number(row.points)}</Text> },
            { key: 'balance', header: t('balance'), value: (row) => row.availableAfter, width: 110, align: 'right', cell: (row) => number(row.availableAfter) }, { key: 'reference', header: t('reference'), value: (row) => refersTo(row.reference, t), width: 200 },
          ]} />
      </RecordPage>
      <Modal opened={redeeming} onClose={() => setRedeeming(false)} title={t('redeem')}>
        <form onSubmit={(event) => { event.preventDefault(); redeem.mutate(); }}><Stack><NumberInput label={t('points')} min={1} max={one.available} value={points} data-autofocus onChange={(value) => setPoints(Number(value) || 0)} /><Refusal error={redeem.error} /><Group justify="flex-end"><Button type="submit" loading={redeem.isPending} disabled={points < 1}>{t('redeem')}</Button></Group></Stack></form>
      </Modal>
    </>
  );
}
