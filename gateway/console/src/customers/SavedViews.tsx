import { ActionIcon, Button, Checkbox, Group, Menu, Stack, Text, TextInput } from '@mantine/core';
import { IconBookmark, IconPin, IconPinFilled, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { customerApi, once, take } from '../api/client';
import { Refusal } from '../kit/States';
import { useCustomerTexts } from './texts';

/** Named searches, one's own and those shared with one; pinned ones stand first. */
export function SavedViews({ query, filter, onOpen }: { query: string; filter: object | undefined; onOpen: (query: string, filter: unknown) => void }) {
  const t = useCustomerTexts();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const views = useQuery({ queryKey: ['views'], retry: false, queryFn: () => take(customerApi.GET('/api/customer/v1/views')) });
  const again = () => void queries.invalidateQueries({ queryKey: ['views'] });
  const save = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/views', { params: { header: once() }, body: { name, query: query || null, filter: filter ?? null, sharedWith: shared ? '*' : null } })),
    onSuccess: () => { setName(''); again(); },
  });
  const remove = useMutation({ mutationFn: (id: string) => take(customerApi.DELETE('/api/customer/v1/views/{id}', { params: { path: { id } } })), onSuccess: again });
  const pin = useMutation({
    mutationFn: ({ id, on }: { id: string; on: boolean }) => take<unknown>(on ? customerApi.PUT('/api/customer/v1/views/{id}/pin', { params: { path: { id } } }) : customerApi.DELETE('/api/customer/v1/views/{id}/pin', { params: { path: { id } } })),
    onSuccess: again,
  });
  return (
    <Menu shadow="md" width={320} trapFocus>
      <Menu.Target><Button variant="default" leftSection={<IconBookmark size={16} />}>{t('views')}</Button></Menu.Target>
      <Menu.Dropdown>
        {views.data?.length === 0 && <Text size="sm" c="dimmed" px="sm" py={4}>{t('noViews')}</Text>}
        {views.data?.map((view) => (
          <Group key={view.id} gap={0} wrap="nowrap">
            <Menu.Item flex={1} onClick={() => onOpen(view.query ?? '', view.filter)}>{view.name}{!view.isMine && <Text size="xs" c="dimmed" span> · {view.ownerName}</Text>}</Menu.Item>
            <ActionIcon variant="subtle" color="gray" aria-pressed={view.isPinned} aria-label={t('pinView', { name: view.name })} onClick={() => pin.mutate({ id: view.id, on: !view.isPinned })}>{view.isPinned ? <IconPinFilled size={15} /> : <IconPin size={15} />}</ActionIcon>
            {view.isMine && <ActionIcon variant="subtle" color="gray" aria-label={t('removeView', { name: view.name })} onClick={() => remove.mutate(view.id)}><IconTrash size={15} /></ActionIcon>}
          </Group>
        ))}
        <Menu.Divider />
        <Stack gap="xs" p="sm" onKeyDown={(event) => event.stopPropagation()}>
          <TextInput size="xs" label={t('saveView')} placeholder={t('viewName')} value={name} maxLength={100} dir="auto" onChange={(event) => setName(event.currentTarget.value)} />
          <Group justify="space-between"><Checkbox size="xs" label={t('shareView')} checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} /><Button size="compact-sm" disabled={!name.trim() || (!query && !filter)} loading={save.isPending} onClick={() => save.mutate()}>{t('saveViewNow')}</Button></Group>
          <Refusal error={save.error ?? remove.error ?? pin.error} />
        </Stack>
      </Menu.Dropdown>
    </Menu>
  );
}
