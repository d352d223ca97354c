import { Badge, Button, CloseButton, Group, Modal, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import type { components } from '../api/generated/customer';
import type { FieldState } from '../fields/definitions';
import { OwnFields } from '../fields/OwnFields';
import { useDraft } from '../kit/draft';
import { day } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { CUSTOMER_EDITORS, useMay } from '../shell/session';
import { useAccountTexts } from './texts';

type Account = components['schemas']['AccountResponse'];
export const KINDS = ['organisation', 'household', 'partner', 'supplier', 'competitor'];

export function AccountList() {
  const t = useAccountTexts();
  const may = useMay(...CUSTOMER_EDITORS);
  const [search, setSearch] = useSearchParams();
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 200);
  const [creating, setCreating] = useState(false);
  const kind = search.get('kind') ?? '';
  usePage([{ label: t('title') }]);
  const query = usePaged(['accounts', q, kind], (cursor) => take(customerApi.GET('/api/customer/v1/accounts', { params: { query: { q: q || undefined, kind: kind || undefined, limit: 100, cursor } } })));
  const action = may && <Button leftSection={<IconPlus size={16} />} onClick={() => setCreating(true)}>{t('new')}</Button>;
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')}>{action}</PageTitle>
      <ListView<Account> name="accounts" label={t('title')} query={query as never} rowKey={(row) => row.id} to={(row) => `/accounts/${row.id}`} empty={<Empty title={t('none')} hint={t('noneHint')} />}
        toolbar={<>
          <TextInput flex={1} miw={200} maw={380} leftSection={<IconSearch size={16} />} placeholder={t('search')} aria-label={t('search')} value={text} maxLength={200} onChange={(event) => setText(event.currentTarget.value)} rightSection={text && <CloseButton size="sm" onClick={() => setText('')} aria-label={t('search')} />} />
          <NativeSelect aria-label={t('kind')} value={kind} onChange={(event) => { const value = event.currentTarget.value; setSearch(value ? { kind: value } : {}, { replace: true }); }} data={[{ value: '', label: t('allKinds') }, ...KINDS.map((one) => ({ value: one, label: t(one) }))]} />
        </>}
        columns={[
          { key: 'name', header: t('name'), value: (row) => row.displayName, width: 240, cell: (row) => <Link to={`/accounts/${row.id}`} style={{ color: 'inherit', fontWeight: 550 }}>{row.displayName}</Link> },
          { key: 'kind', header: t('kind'), value: (row) => t(row.kind), width: 130, cell: (row) => <Badge size="sm" tt="none" variant="light">{t(row.kind)}</Badge> }, { key: 'number', header: t('number'), value: (row) => row.number, width: 130 },
          { key: 'industry', header: t('industry'), value: (row) => row.industry, width: 140 }, { key: 'city', header: t('city'), value: (row) => row.address.city, width: 130 }, { key: 'phone', header: t('phone'), value: (row) => row.phone, width: 150 },
          { key: 'owner', header: t('owner'), value: (row) => row.ownerName, width: 150 }, { key: 'registered', header: t('registered'), value: (row) => row.registeredAt, width: 120, cell: (row) => day(row.registeredAt) },
        ]} />
      {creating && <NewAccount onClose={() => setCreating(false)} />}
    </>
  );
}

function NewAccount({ onClose }: { onClose: () => void }) {
  const t = useAccountTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('account', { kind: 'organisation', displayName: '', email: '', phone: '', industry: '', city: '', customFields: [] as FieldState[] });
  const none = (value: string) => value.trim() || null;
  const save = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/accounts', { params: { header: once() }, body: { kind: form.kind, displayName: form.displayName, email: none(form.email), phone: none(form.phone), industry: none(form.industry), address: { city: none(form.city) }, customFields: form.customFields } as never })),
    onSuccess: (account) => { forget(); void queries.invalidateQueries({ queryKey: ['accounts'] }); void navigate(`/accounts/${account.id}`); },
  });
  return (
    <Modal opened onClose={onClose} title={t('new')}>
      <form onSubmit={(event) => { event.preventDefault(); save.mutate(); }}>
        <Stack gap="sm">
          <NativeSelect label={t('kind')} value={form.kind} onChange={(event) => set({ kind: event.currentTarget.value })} data={KINDS.map((one) => ({ value: one, label: t(one) }))} />
          <TextInput label={t('name')} required data-autofocus maxLength={200} dir="auto" value={form.displayName} onChange={(event) => set({ displayName: event.currentTarget.value })} />
          {(['industry', 'city', 'phone', 'email'] as const).map((name) => <TextInput key={name} label={t(name)} maxLength={200} dir="auto" value={form[name]} onChange={(event) => set({ [name]: event.currentTarget.value })} />)}
          <OwnFields recordType="account" value={form.customFields} onChange={(customFields) => set({ customFields })} error={save.error} />
          <Refusal error={save.error} />
          <Group justify="flex-end"><Button variant="default" onClick={() => { forget(); onClose(); }}>{kit('cancel')}</Button><Button type="submit" loading={save.isPending} disabled={!form.displayName.trim()}>{kit('save')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
