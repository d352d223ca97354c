import { Button, Group, Menu, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload, IconEraser, IconGitMerge, IconListCheck, IconTag, IconUserCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { customerApi, seen, take } from '../api/client';
import { saveCsv } from '../kit/csv';
import { CUSTOMER_EDITORS, MARKETING, PRIVACY, useMay, useSession } from '../shell/session';
import { AddToList } from './AddToList';
import { forEach, withoutTag, withTag } from './bulk';
import { detailsOf, requestOf } from './details';
import type { Row } from './CustomerList';
import { EraseCustomers } from './EraseCustomers';
import { useCustomerTexts } from './texts';

/** What can be done with the ticked customers: a tag, an owner, a list, a file, a merge, an erasure. */
export function BulkBar({ rows, clear }: { rows: Row[]; clear: () => void }) {
  const t = useCustomerTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { subject, name, unit } = useSession();
  const [tag, setTag] = useState('');
  const [open, setOpen] = useState<'list' | 'erase' | null>(null);
  const mayEdit = useMay(...CUSTOMER_EDITORS);
  const mayMarket = useMay(...MARKETING);
  const mayErase = useMay(...PRIVACY);

  const retag = async (id: string, change: (tags: string[]) => string[]) => {
    const path = { id };
    const customer = await take(customerApi.GET('/api/customer/v1/customers/{id}', { params: { path } }));
    const tags = change(customer.tags);
    if (tags.length !== customer.tags.length) await take(customerApi.PUT('/api/customer/v1/customers/{id}', { params: { path, header: seen(customer.version) }, body: { ...requestOf(detailsOf(customer)), tags } }));
  };
  const assign = async (id: string, owner: { ownerId: string | null; ownerName: string | null; ownerUnit: string | null }) => {
    const path = { id };
    const { version, customerId: _, ...profile } = await take(customerApi.GET('/api/customer/v1/customers/{id}/profile', { params: { path } }));
    await take(customerApi.PUT('/api/customer/v1/customers/{id}/profile', { params: { path, header: seen(version) }, body: { ...profile, ...owner } }));
  };

  const change = useMutation({
    mutationFn: ({ work }: { work: (row: Row) => Promise<unknown>; back?: (row: Row) => Promise<unknown> }) => forEach(rows, work),
    onSuccess: ({ done, refused }, { back }) => {
      clear();
      void queries.invalidateQueries({ queryKey: ['customers'] });
      void queries.invalidateQueries({ queryKey: ['customer'] });
      const id = crypto.randomUUID();
      notifications.show({
        id, color: refused.length ? 'orange' : 'teal', autoClose: 8000,
        message: (
          <Group justify="space-between" wrap="nowrap" gap="sm">
            <Text size="sm">{t('changedSome', { count: done.length })}{refused.length > 0 && ` · ${t('refusedSome', { count: refused.length, reason: refused[0]!.error.message })}`}</Text>
            {back && done.length > 0 && <Button size="compact-sm" variant="light" onClick={() => { notifications.hide(id); void forEach(done, back).then(() => queries.invalidateQueries({ queryKey: ['customers'] })); }}>{t('undo')}</Button>}
          </Group>
        ),
      });
    },
  });
  const word = tag.trim();
  return (
    <Group gap="xs">
      {mayEdit && <Menu shadow="md" width={260} closeOnItemClick={false} trapFocus>
        <Menu.Target><Button size="compact-sm" variant="default" leftSection={<IconTag size={14} />} loading={change.isPending}>{t('tag')}</Button></Menu.Target>
        <Menu.Dropdown p="sm">
          <TextInput size="xs" label={t('tag')} value={tag} maxLength={50} dir="auto" onChange={(event) => setTag(event.currentTarget.value)} onKeyDown={(event) => event.stopPropagation()} />
          <Group gap="xs" mt="xs">
            <Button size="compact-sm" disabled={!word} onClick={() => change.mutate({ work: (row) => retag(row.id, (tags) => withTag(tags, word)), back: (row) => (row.tags.includes(word) ? Promise.resolve() : retag(row.id, (tags) => withoutTag(tags, word))) })}>{t('addTag')}</Button>
            <Button size="compact-sm" variant="default" disabled={!word} onClick={() => change.mutate({ work: (row) => retag(row.id, (tags) => withoutTag(tags, word)), back: (row) => (row.tags.includes(word) ? retag(row.id, (tags) => withTag(tags, word)) : Promise.resolve()) })}>{t('removeTag')}</Button>
          </Group>
        </Menu.Dropdown>
      </Menu>}
      {mayEdit && <Button size="compact-sm" variant="default" leftSection={<IconUserCheck size={14} />} loading={change.isPending} onClick={() => change.mutate({ work: (row) => assign(row.id, { ownerId: subject, ownerName: name, ownerUnit: unit }) })}>{t('assignToMe')}</Button>}
      {mayMarket && <Button size="compact-sm" variant="default" leftSection={<IconListCheck size={14} />} onClick={() => setOpen('list')}>{t('addToList')}</Button>}
      <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={() => saveCsv('customers', [t('number'), t('name'), t('phone'), t('email'), t('city'), t('stage'), t('tags')], rows.map((row) => [row.number, row.displayName, row.phone, row.email, row.city, row.lifecycleStage, row.tags.join('; ')]))}>{t('exportTicked')}</Button>
      {mayEdit && rows.length === 2 && <Button size="compact-sm" variant="default" leftSection={<IconGitMerge size={14} />} onClick={() => void navigate(`/duplicates/compare?left=${rows[0]!.id}&right=${rows[1]!.id}`)}>{t('mergeTwo')}</Button>}
      {mayErase && <Button size="compact-sm" variant="default" leftSection={<IconEraser size={14} />} onClick={() => setOpen('erase')}>{t('erase')} …</Button>}
      {open === 'list' && <AddToList rows={rows} onClose={() => setOpen(null)} done={clear} />}
      {open === 'erase' && <EraseCustomers rows={rows} onClose={() => setOpen(null)} done={clear} />}
    </Group>
  );
}
