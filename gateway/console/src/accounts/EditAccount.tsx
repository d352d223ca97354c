import { Button, Grid, Group, Modal, NativeSelect, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { customerApi, seen, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { Problem } from '../api/problems';
import { type FieldState, statesOf } from '../fields/definitions';
import { OwnFields } from '../fields/OwnFields';
import { useDraft } from '../kit/draft';
import { useSaveSeen } from '../kit/saveSeen';
import { Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { KINDS } from './AccountList';
import { useAccountTexts } from './texts';

type Account = components['schemas']['AccountResponse'];
const ADDRESS = ['street', 'city', 'province', 'postalCode', 'country'] as const;
const PLAIN = ['industry', 'website', 'email', 'phone'] as const;
type Form = Record<'kind' | 'displayName' | (typeof PLAIN)[number] | (typeof ADDRESS)[number], string> & { parentId: string | null; tags: string[]; customFields: FieldState[] };

const formOf = (account: Account): Form => ({
  kind: account.kind, displayName: account.displayName, industry: account.industry ?? '', website: account.website ?? '', email: account.email ?? '', phone: account.phone ?? '', parentId: account.parentId,
  street: account.address.street ?? '', city: account.address.city ?? '', province: account.address.province ?? '', postalCode: account.address.postalCode ?? '', country: account.address.country ?? '',
  tags: account.tags, customFields: statesOf(account.customFields),
});

/** Changes what is said about an account. Who is responsible for it stays as it is. */
export function EditAccount({ account, onClose }: { account: Account; onClose: () => void }) {
  const t = useAccountTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [pinned] = useState(account);
  const path = { id: pinned.id };
  const read = () => take(customerApi.GET('/api/customer/v1/accounts/{id}', { params: { path } }));
  const [form, set, forget] = useDraft<Form>(`account.${pinned.id}.${pinned.version}`, formOf(pinned));
  const { save, pending, error, dialog } = useSaveSeen<Account, Form>({
    record: pinned, formOf, read,
    write: async (now, version) => {
      const none = (value: string) => value.trim() || null;
      // What the form does not show is kept as it is now, not as it was when the form was opened.
      const { ownerId, ownerName, ownerUnit, isInternal } = version === pinned.version ? pinned : await read();
      return take(customerApi.PUT('/api/customer/v1/accounts/{id}', {
        params: { path, header: seen(version!) },
        body: {
          kind: now.kind, displayName: now.displayName.trim(), parentId: now.parentId, email: none(now.email), phone: none(now.phone), website: none(now.website), industry: none(now.industry), tags: now.tags,
          address: { street: none(now.street), city: none(now.city), province: none(now.province), postalCode: none(now.postalCode), country: none(now.country) }, customFields: now.customFields, ownerId, ownerName, ownerUnit, isInternal,
        } as never,
      }));
    },
    label: (field) => t(field === 'displayName' ? 'name' : field === 'parentId' ? 'parent' : field === 'customFields' ? 'ownFields' : field),
    show: (value, field) => (field === 'kind' ? t(String(value)) : field === 'customFields' ? (value as FieldState[]).map(({ name, ...rest }) => `${name}: ${Object.values(rest).join('')}`).join(', ') : Array.isArray(value) ? value.join(', ') : String(value ?? '')),
    saved: (now) => {
      forget();
      queries.setQueryData(['account', now.id], now);
      void queries.invalidateQueries({ queryKey: ['account', now.id, 'tree'] });
      void queries.invalidateQueries({ queryKey: ['accounts'] });
      notifications.show({ message: kit('saved'), color: 'teal' });
      onClose();
    },
  });
  const at = error instanceof Problem ? error : undefined;
  const bind = (name: Exclude<keyof Form, 'tags' | 'customFields' | 'parentId'>) => ({
    label: t(name === 'displayName' ? 'name' : name), value: form[name], onChange: (event: { currentTarget: { value: string } }) => set({ [name]: event.currentTarget.value }), error: at?.field?.replace(/^address\./, '') === name && at.detail,
  });
  const complete = form.displayName.trim() !== '';
  return (
    <Modal opened onClose={onClose} title={t('editTitle', { name: pinned.displayName })} size="lg">
      <form onSubmit={(event) => { event.preventDefault(); if (complete && !pending) save(form); }}
        onKeyDown={(event) => { if ((event.ctrlKey || event.metaKey) && (event.key === 'Enter' || event.key === 's')) { event.preventDefault(); if (complete && !pending) save(form); } }}>
        <Stack gap="sm">
          <TextInput {...bind('displayName')} required data-autofocus maxLength={200} dir="auto" />
          <Grid gap="sm">
            <Grid.Col span={{ base: 12, xs: 6 }}><NativeSelect {...bind('kind')} data={KINDS.map((one) => ({ value: one, label: t(one) }))} /></Grid.Col>
            <Grid.Col span={{ base: 12, xs: 6 }}><Parent id={pinned.id} value={form.parentId} onChange={(parentId) => set({ parentId })} error={at?.field === 'parentId' ? at.detail : undefined} /></Grid.Col>
            {[...PLAIN, ...ADDRESS].map((name) => <Grid.Col key={name} span={{ base: 12, xs: 6 }}><TextInput {...bind(name)} maxLength={name === 'country' ? 2 : name === 'website' ? 300 : 200} dir="auto" placeholder={name === 'website' ? 'https://' : undefined} /></Grid.Col>)}
          </Grid>
          <TagsInput label={t('tags')} placeholder={t('tagsHint')} value={form.tags} onChange={(tags) => set({ tags })} error={at?.field === 'tags' && at.detail} />
          <OwnFields recordType="account" value={form.customFields} onChange={(customFields) => set({ customFields })} error={error} />
          <Refusal error={error} />
          <Group justify="flex-end"><Button variant="default" onClick={() => { forget(); onClose(); }}>{kit('cancel')}</Button><Button type="submit" disabled={!complete} loading={pending}>{kit('save')}</Button></Group>
        </Stack>
      </form>
      {dialog}
    </Modal>
  );
}

/** The account above this one, found by its name. */
function Parent({ id, value, onChange, error }: { id: string; value: string | null; onChange: (id: string | null) => void; error?: string }) {
  const t = useAccountTexts();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 200);
  const chosen = useQuery({ queryKey: ['account', value], enabled: value !== null, queryFn: () => take(customerApi.GET('/api/customer/v1/accounts/{id}', { params: { path: { id: value! } } })) });
  const found = useQuery({ queryKey: ['accounts', 'pick', asked], placeholderData: keepPreviousData, queryFn: () => take(customerApi.GET('/api/customer/v1/accounts', { params: { query: { q: asked === chosen.data?.displayName ? undefined : asked || undefined, limit: 8 } } })) });
  const options = [...(chosen.data ? [chosen.data] : []), ...(found.data?.items ?? []).filter((one) => one.id !== chosen.data?.id && one.id !== id)];
  return <Select label={t('parent')} placeholder={t('noParent')} searchable clearable value={value} onChange={onChange} searchValue={text} onSearchChange={setText} error={error} filter={({ options: all }) => all} data={options.map((one) => ({ value: one.id, label: one.displayName }))} nothingFoundMessage={t('none')} />;
}
