import { Badge, Button, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { campaignApi, once, take } from '../api/client';
import type { components } from '../api/generated/campaign';
import { useDraft } from '../kit/draft';
import { actor, day, number } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { MARKETING, useMay } from '../shell/session';
import { useListTexts } from './texts';

type StaticList = components['schemas']['ListResponse'];
const KINDS = ['default', 'seed', 'test'];

/** Lists whose members somebody chose, as opposed to segments, which are rules. */
export function StaticLists() {
  const t = useListTexts();
  const may = useMay(...MARKETING);
  const [creating, setCreating] = useState(false);
  usePage([{ label: t('title') }]);
  const query = usePaged(['lists', 'paged'], (cursor) => take(campaignApi.GET('/api/campaign/v1/lists', { params: { query: { limit: 100, cursor } } })));
  const create = may && <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>{t('new')}</Button>;
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')}>{create}</PageTitle>
      <ListView<StaticList> name="static-lists" label={t('title')} query={query as never} rowKey={(row) => row.id} to={(row) => `/lists/${row.id}`} empty={<Empty title={t('none')} hint={t('noneHint')} action={create} />}
        columns={[
          { key: 'name', header: t('name'), value: (row) => row.name, width: 320, cell: (row) => <Link to={`/lists/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.name}</Link> },
          { key: 'members', header: t('members'), value: (row) => row.members, width: 120, align: 'right', cell: (row) => number(row.members) },
          { key: 'kind', header: t('kind'), value: (row) => t('kind_' + row.kind), width: 200, cell: (row) => <Badge size="sm" variant="light" color={row.kind === 'default' ? 'blue' : 'grape'}>{t('kind_' + row.kind)}</Badge> },
          { key: 'created', header: t('created'), value: (row) => row.createdAt, width: 130, cell: (row) => day(row.createdAt) },
          { key: 'by', header: t('by'), value: (row) => actor(row.createdBy), width: 200 },
        ]} />
      {creating && <NewList onClose={() => setCreating(false)} />}
    </>
  );
}

function NewList({ onClose }: { onClose: () => void }) {
  const t = useListTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('static-list', { name: '', kind: 'default' });
  const save = useMutation({
    mutationFn: () => take(campaignApi.POST('/api/campaign/v1/lists', { params: { header: once() }, body: { name: form.name.trim(), kind: form.kind } })),
    onSuccess: (list) => { forget(); void queries.invalidateQueries({ queryKey: ['lists'] }); void navigate(`/lists/${list.id}`); },
  });
  const complete = form.name.trim() !== '';
  return (
    <Modal opened onClose={onClose} title={t('new')}>
      <form onSubmit={(event) => { event.preventDefault(); if (complete && !save.isPending) save.mutate(); }}>
        <Stack gap="sm">
          <TextInput label={t('name')} required data-autofocus maxLength={200} dir="auto" value={form.name} onChange={(event) => set({ name: event.currentTarget.value })} />
          <NativeSelect label={t('kind')} value={form.kind} onChange={(event) => set({ kind: event.currentTarget.value })} data={KINDS.map((one) => ({ value: one, label: t('kind_' + one) }))} />
          <Refusal error={save.error} />
          <Group justify="flex-end"><Button variant="default" onClick={() => { forget(); onClose(); }}>{kit('cancel')}</Button><Button type="submit" disabled={!complete} loading={save.isPending}>{kit('save')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
