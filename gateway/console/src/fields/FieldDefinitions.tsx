import { Badge, Button, Card, Checkbox, Group, Modal, NativeSelect, Stack, Table, Tabs, TagsInput, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { customerApi, seen, take } from '../api/client';
import { Problem } from '../api/problems';
import { useDraft } from '../kit/draft';
import { useSaveSeen } from '../kit/saveSeen';
import { Empty, Loaded, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { FIELD_DEFINERS, useMay } from '../shell/session';
import { type Definition, isFieldName, type RecordType, TYPES, useDefinitions } from './definitions';
import { useFieldTexts } from './texts';

/** Says which fields of its own the enterprise keeps of customers and accounts. */
export function FieldDefinitions() {
  const t = useFieldTexts();
  const [search, setSearch] = useSearchParams();
  const recordType: RecordType = search.get('of') === 'account' ? 'account' : 'customer';
  usePage([{ label: t('title') }]);
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')} />
      <Tabs value={recordType} onChange={(of) => setSearch(of === 'account' ? { of } : {}, { replace: true })}>
        <Tabs.List mb="md" aria-label={t('recordType')}>{(['customer', 'account'] as const).map((of) => <Tabs.Tab key={of} value={of}>{t(of)}</Tabs.Tab>)}</Tabs.List>
        <Tabs.Panel value={recordType}><Definitions key={recordType} recordType={recordType} /></Tabs.Panel>
      </Tabs>
    </>
  );
}

function Definitions({ recordType }: { recordType: RecordType }) {
  const t = useFieldTexts();
  const kit = useKitTexts();
  const may = useMay(...FIELD_DEFINERS);
  const [editing, setEditing] = useState<Definition | 'new' | null>(null);
  const query = useDefinitions(recordType);
  const create = may && <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>{t('new')}</Button>;
  return (
    <>
      <Loaded query={query} rows={5}>{(all) => all.length === 0 ? <Card withBorder><Empty title={t('none')} hint={t('noneHint')} action={create} /></Card> : (
        <Stack>
          <Group>{create}</Group>
          <Card withBorder padding={0}>
            <Table.ScrollContainer minWidth={720}>
              <Table fz="sm" verticalSpacing="sm" aria-label={t('title')}>
                <Table.Thead><Table.Tr><Table.Th>{t('name')}</Table.Th><Table.Th>{t('labelId')}</Table.Th><Table.Th>{t('labelEn')}</Table.Th><Table.Th>{t('type')}</Table.Th><Table.Th>{t('required')}</Table.Th><Table.Th>{t('searchable')}</Table.Th>{may && <Table.Th aria-label={kit('edit')} />}</Table.Tr></Table.Thead>
                <Table.Tbody>{all.map((one) => (
                  <Table.Tr key={one.name}>
                    <Table.Th fw={550}>{one.name}</Table.Th><Table.Td dir="auto" style={{ overflowWrap: 'anywhere' }}>{one.labelId}</Table.Td><Table.Td dir="auto" style={{ overflowWrap: 'anywhere' }}>{one.labelEn}</Table.Td>
                    <Table.Td><Badge size="sm" variant="light">{t('type_' + one.type)}</Badge>{one.options.length > 0 && <Text size="xs" c="dimmed" dir="auto" lineClamp={2}>{one.options.join(', ')}</Text>}</Table.Td>
                    <Table.Td>{kit(one.isRequired ? 'yes' : 'no')}</Table.Td><Table.Td>{kit(one.isSearchable ? 'yes' : 'no')}</Table.Td>
                    {may && <Table.Td ta="right"><Button size="compact-sm" variant="default" aria-label={t('change', { name: one.name })} onClick={() => setEditing(one)}>{kit('edit')}</Button></Table.Td>}
                  </Table.Tr>
                ))}</Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          </Card>
        </Stack>
      )}</Loaded>
      {editing && <Define recordType={recordType} before={editing === 'new' ? undefined : editing} taken={query.data?.map((one) => one.name) ?? []} onClose={() => setEditing(null)} />}
    </>
  );
}

type Meaning = Pick<Definition, 'type' | 'labelId' | 'labelEn' | 'options' | 'isRequired' | 'isSearchable'>;
const NEW: Meaning = { type: 'text', labelId: '', labelEn: '', options: [], isRequired: false, isSearchable: true };
const meaningOf = ({ type, labelId, labelEn, options, isRequired, isSearchable }: Definition): Meaning => ({ type, labelId, labelEn, options, isRequired, isSearchable });

function Define({ recordType, before, taken, onClose }: { recordType: RecordType; before?: Definition; taken: string[]; onClose: () => void }) {
  const t = useFieldTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [name, setName] = useState(before?.name ?? '');
  const [form, set, forget] = useDraft<Meaning>(`custom-field.${recordType}.${before ? `${before.name}.${before.version}` : 'new'}`, before ? meaningOf(before) : NEW);
  const { save, pending, error, dialog } = useSaveSeen<Definition, Meaning>({
    record: before, formOf: meaningOf,
    read: async () => (await take(customerApi.GET('/api/customer/v1/custom-fields/{recordType}', { params: { path: { recordType } } }))).find((one) => one.name === name)!,
    write: (now, version) => take(customerApi.PUT('/api/customer/v1/custom-fields/{recordType}/{name}', {
      params: { path: { recordType, name } }, headers: version === undefined ? {} : seen(version),
      body: { type: now.type, labelId: now.labelId.trim(), labelEn: now.labelEn.trim(), isRequired: now.isRequired, isSearchable: now.isSearchable, options: now.type === 'choice' ? now.options : null },
    })),
    label: (field) => t({ type: 'type', labelId: 'labelId', labelEn: 'labelEn', options: 'options', isRequired: 'required', isSearchable: 'searchable' }[field]),
    show: (value, field) => (field === 'type' ? t('type_' + String(value)) : Array.isArray(value) ? value.join(', ') : typeof value === 'boolean' ? kit(value ? 'yes' : 'no') : String(value)),
    saved: () => { forget(); void queries.invalidateQueries({ queryKey: ['custom-fields', recordType] }); notifications.show({ message: kit('saved'), color: 'teal' }); onClose(); },
  });
  const at = error instanceof Problem ? error : undefined;
  // Who defines one anew has seen none: that of somebody else who was first is not changed.
  const isTaken = !before && (taken.includes(name) || at?.status === 428);
  const complete = isFieldName(name) && !isTaken && form.labelId.trim() !== '' && form.labelEn.trim() !== '' && (form.type !== 'choice' || form.options.length > 0);
  return (
    <Modal opened onClose={onClose} title={before ? t('change', { name: before.name }) : t('new')} size="lg">
      <form onSubmit={(event) => { event.preventDefault(); if (complete && !pending) save(form); }}>
        <Stack gap="sm">
          {!before && <TextInput label={t('name')} description={t('nameHint')} required data-autofocus maxLength={50} value={name} onChange={(event) => setName(event.currentTarget.value.trim())} error={isTaken ? t('nameTaken') : name !== '' && !isFieldName(name) && t('nameHint')} />}
          <Group grow align="flex-start">
            <TextInput label={t('labelId')} required maxLength={100} dir="auto" lang="id" value={form.labelId} onChange={(event) => set({ labelId: event.currentTarget.value })} error={at?.field === 'labelId' && at.detail} />
            <TextInput label={t('labelEn')} required maxLength={100} dir="auto" lang="en" value={form.labelEn} onChange={(event) => set({ labelEn: event.currentTarget.value })} error={at?.field === 'labelEn' && at.detail} />
          </Group>
          <NativeSelect label={t('type')} description={t('typeHint')} value={form.type} onChange={(event) => set({ type: event.currentTarget.value })} data={TYPES.map((value) => ({ value, label: t('type_' + value) }))} error={at?.field === 'type' && at.detail} />
          {form.type === 'choice' && <TagsInput label={t('options')} placeholder={t('optionsHint')} required maxTags={200} value={form.options} onChange={(options) => set({ options: options.map((one) => one.slice(0, 100)) })} error={at?.field?.startsWith('options') && at.detail} />}
          <Checkbox label={t('required')} description={t('requiredHint')} checked={form.isRequired} onChange={(event) => set({ isRequired: event.currentTarget.checked })} />
          <Checkbox label={t('searchable')} checked={form.isSearchable} onChange={(event) => set({ isSearchable: event.currentTarget.checked })} />
          {!isTaken && <Refusal error={error} />}
          <Group justify="flex-end"><Button variant="default" onClick={() => { forget(); onClose(); }}>{kit('cancel')}</Button><Button type="submit" disabled={!complete} loading={pending}>{kit('save')}</Button></Group>
        </Stack>
      </form>
      {dialog}
    </Modal>
  );
}
