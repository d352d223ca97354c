import { Badge, Button, FileInput, Group, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconListCheck, IconUserMinus, IconUserPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { campaignApi, once, request, take } from '../api/client';
import type { components } from '../api/generated/campaign';
import { forEach } from '../customers/bulk';
import { CustomerPicker } from '../kit/CustomerPicker';
import { actor, day, moment, number } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Panel, RecordPage } from '../kit/Record';
import { Empty, Failed, Lines, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { useListTexts } from './texts';

type Member = components['schemas']['ListMember'];
type Imported = components['schemas']['ImportResponse'];

/** A static list: who is on it, with ways on and off it. */
export function StaticListRecord() {
  const t = useListTexts();
  const { id = '' } = useParams();
  const may = useMay(...MARKETING);
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ['lists', id], queryFn: () => take(campaignApi.GET('/api/campaign/v1/lists/{id}', { params: { path: { id } } })) });
  const members = usePaged(['lists', id, 'members'], (cursor) => take(campaignApi.GET('/api/campaign/v1/lists/{id}/members', { params: { path: { id }, query: { limit: 100, cursor } } })));
  const one = query.data;
  const changed = () => void queries.invalidateQueries({ queryKey: ['lists'] });
  usePage([{ label: t('title'), to: '/lists' }, { label: one?.name ?? '…' }]);
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  return (
    <RecordPage type={t('list')} title={one.name} icon={<IconListCheck size={40} stroke={1.4} aria-hidden />} badge={<Badge variant="light">{t('kind_' + one.kind)}</Badge>}
      facts={[{ label: t('members'), value: number(one.members) }, { label: t('created'), value: moment(one.createdAt) }, { label: t('by'), value: actor(one.createdBy) }]}
      actions={may && <Button variant="default" component={Link} to={`/segments/new?list=${id}`}>{t('makeSegment')}</Button>}
      side={may && <><Add id={id} changed={changed} /><Import id={id} changed={changed} /></>}>
      <ListView<Member> name="list-members" label={t('members')} query={members as never} rowKey={(row) => row.customerId} to={(row) => `/customers/${row.customerId}`} height="calc(100dvh - 340px)"
        bulk={may ? (rows, clear) => <TakeOff id={id} rows={rows} done={() => { clear(); changed(); }} /> : undefined} empty={<Empty title={t('noMembers')} hint={t('noMembersHint')} />}
        columns={[
          { key: 'customer', header: t('customer'), value: (row) => row.displayName ?? t('unknown'), width: 280, cell: (row) => <Link to={`/customers/${row.customerId}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.displayName ?? t('unknown')}</Link> },
          { key: 'added', header: t('added'), value: (row) => row.addedAt, width: 130, cell: (row) => day(row.addedAt) },
          { key: 'by', header: t('by'), value: (row) => actor(row.addedBy), width: 200 },
        ]} />
    </RecordPage>
  );
}

function TakeOff({ id, rows, done }: { id: string; rows: Member[]; done: () => void }) {
  const t = useListTexts();
  const remove = useMutation({
    mutationFn: () => forEach(rows, (row) => take(campaignApi.DELETE('/api/campaign/v1/lists/{id}/members/{customerId}', { params: { path: { id, customerId: row.customerId } } }))),
    onSuccess: ({ done: gone, refused }) => {
      done();
      notifications.show({ color: refused.length ? 'orange' : 'teal', message: t('removed', { count: gone.length }) + (refused.length ? ` · ${t('refused', { count: refused.length, reason: refused[0]!.error.message })}` : '') });
    },
  });
  return <Button size="compact-sm" variant="default" leftSection={<IconUserMinus size={14} />} loading={remove.isPending} onClick={() => remove.mutate()}>{t('remove')}</Button>;
}

function Add({ id, changed }: { id: string; changed: () => void }) {
  const t = useListTexts();
  const kit = useKitTexts();
  const [who, setWho] = useState<string | null>(null);
  const add = useMutation({
    mutationFn: (customerId: string) => take(campaignApi.POST('/api/campaign/v1/lists/{id}/members', { params: { path: { id }, header: once() }, body: { customerIds: [customerId] } })),
    onSuccess: ({ added }) => { setWho(null); changed(); notifications.show({ color: 'teal', message: added > 0 ? t('addedSome', { count: added }) : t('wasMember') }); },
  });
  return (
    <Panel title={t('addOne')}>
      <Stack gap="xs">
        <CustomerPicker label={t('customer')} value={who} onChange={setWho} />
        <Refusal error={add.error} />
        <Group justify="flex-end"><Button variant="default" leftSection={<IconUserPlus size={16} />} disabled={!who} loading={add.isPending} onClick={() => add.mutate(who!)}>{kit('add')}</Button></Group>
      </Stack>
    </Panel>
  );
}

function Import({ id, changed }: { id: string; changed: () => void }) {
  const t = useListTexts();
  const [file, setFile] = useState<File | null>(null);
  const take = useMutation({
    mutationFn: async (chosen: File) => (await (await request(`/api/campaign/v1/lists/${id}/imports`, { method: 'POST', headers: { ...once(), 'Content-Type': 'text/csv' }, body: await chosen.text() })).json()) as Imported,
    onSuccess: () => { setFile(null); changed(); },
  });
  const result = take.data;
  return (
    <Panel title={t('import')}>
      <Stack gap="xs">
        <Text size="sm" c="dimmed">{t('importHint')}</Text>
        <FileInput label={t('file')} placeholder={t('choose')} accept=".csv,text/csv" clearable value={file} onChange={setFile} />
        <Refusal error={take.error} />
        <Group justify="flex-end"><Button variant="default" disabled={!file} loading={take.isPending} onClick={() => take.mutate(file!)}>{t('import')}</Button></Group>
        {result && <Text size="sm" fw={600} role="status">{[t('received', { count: result.received }), t('addedSome', { count: result.added }), t('rejected', { count: result.rejected })].join(' · ')}</Text>}
        {result && result.problems.length > 0 && (
          <Table fz="sm" aria-label={t('problems')}>
            <Table.Thead><Table.Tr><Table.Th>{t('line')}</Table.Th><Table.Th>{t('reason')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{result.problems.slice(0, 20).map((one) => <Table.Tr key={one.line}><Table.Td>{number(one.line)}</Table.Td><Table.Td>{t('p_' + one.code)}</Table.Td></Table.Tr>)}</Table.Tbody>
          </Table>
        )}
      </Stack>
    </Panel>
  );
}
