import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { campaignApi, once, take } from '../api/client';
import { Loaded, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { forEach } from './bulk';
import { addToList } from './listMembers';
import { useCustomerTexts } from './texts';

/** Puts the ticked customers on a static list that segments and campaigns can use. */
export function AddToList({ rows, onClose, done }: { rows: { id: string; displayName: string }[]; onClose: () => void; done: () => void }) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [listId, setListId] = useState<string | null>(null);
  const [name, setName] = useState('');
  const lists = useQuery({ queryKey: ['lists'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/lists', { params: { query: { limit: 200 } } })) });
  const add = useMutation({
    mutationFn: async () => {
      let id = listId;
      if (!id) {
        id = (await take(campaignApi.POST('/api/campaign/v1/lists', { params: { header: once() }, body: { name: name.trim(), kind: 'default' } }))).id;
        // A list that is made stays made when the members are refused: the next attempt goes there.
        setListId(id);
        await queries.invalidateQueries({ queryKey: ['lists'] });
      }
      return { id, ...(await addToList(id, rows.map((row) => row.id))) };
    },
    onSuccess: ({ id, added, unknown }) => {
      void queries.invalidateQueries({ queryKey: ['lists'] });
      const toast = crypto.randomUUID();
      const left = rows.filter((row) => unknown.includes(row.id)).map((row) => row.displayName);
      // Only where all are new to the list is it known whom to take off again.
      const undoable = added > 0 && added + unknown.length === rows.length;
      const undo = () => {
        notifications.hide(toast);
        void forEach(rows.filter((row) => !unknown.includes(row.id)), (row) => take(campaignApi.DELETE('/api/campaign/v1/lists/{id}/members/{customerId}', { params: { path: { id, customerId: row.id } } }))).then(() => queries.invalidateQueries({ queryKey: ['lists'] }));
      };
      notifications.show({
        id: toast, color: left.length ? 'orange' : 'teal', autoClose: 8000,
        message: (
          <Group justify="space-between" wrap="nowrap" gap="sm">
            <Text size="sm" dir="auto">{t('addedToList', { count: added })}{added + unknown.length < rows.length && ` · ${t('wereOnList', { count: rows.length - added - unknown.length })}`}{left.length > 0 && ` · ${t('notInAudience', { names: left.slice(0, 3).join(', ') + (left.length > 3 ? ' …' : '') })}`}</Text>
            {undoable && <Button size="compact-sm" variant="light" onClick={undo}>{t('undo')}</Button>}
          </Group>
        ),
      });
      done();
    },
  });
  const ready = listId !== null || name.trim() !== '';
  return (
    <Modal opened onClose={onClose} title={t('addToListTitle', { count: rows.length })}>
      <form onSubmit={(event) => { event.preventDefault(); if (ready) add.mutate(); }}>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">{t('listHint')}</Text>
          <Loaded query={lists} rows={2}>{(page) => <Select label={t('list')} placeholder={t('newList')} searchable clearable data-autofocus value={listId} onChange={setListId} data={page.items.map((one) => ({ value: one.id, label: `${one.name} (${t('listMembers', { count: one.members })})` }))} nothingFoundMessage={kit('none')} />}</Loaded>
          {listId === null && <TextInput label={t('newListName')} maxLength={200} dir="auto" value={name} onChange={(event) => setName(event.currentTarget.value)} />}
          <Refusal error={add.error} />
          <Group justify="flex-end"><Button variant="default" onClick={onClose}>{kit('cancel')}</Button><Button type="submit" disabled={!ready} loading={add.isPending}>{t('addToList')}</Button></Group>
        </Stack>
      </form>
    </Modal>
  );
}
