import { ActionIcon, Anchor, Badge, Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconBuilding, IconPencil, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { customerApi, once, take } from '../api/client';
import { sayField, useLabels } from '../fields/definitions';
import { CustomerPicker } from '../kit/CustomerPicker';
import { day, moment, phone } from '../kit/format';
import { Fields, Panel, RecordPage } from '../kit/Record';
import { Failed, Lines, Loaded, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { CUSTOMER_EDITORS, useMay } from '../shell/session';
import { useShortcuts } from '../shell/shortcuts';
import { EditAccount } from './EditAccount';
import { useAccountTexts } from './texts';

export function AccountRecord() {
  const t = useAccountTexts();
  const kit = useKitTexts();
  const ownLabel = useLabels('account');
  const { id = '' } = useParams();
  const may = useMay(...CUSTOMER_EDITORS);
  const [editing, setEditing] = useState(false);
  useShortcuts({ e: () => { if (may) setEditing(true); } });
  const query = useQuery({ queryKey: ['account', id], queryFn: () => take(customerApi.GET('/api/customer/v1/accounts/{id}', { params: { path: { id } } })) });
  const tree = useQuery({ queryKey: ['account', id, 'tree'], queryFn: () => take(customerApi.GET('/api/customer/v1/accounts/{id}/hierarchy', { params: { path: { id } } })) });
  const one = query.data;
  usePage([{ label: t('title'), to: '/accounts' }, { label: one?.displayName ?? '…' }], 'accounts');
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  return (
    <RecordPage type={`${t(one.kind)} · ${one.number}`} title={one.displayName} icon={<IconBuilding size={40} stroke={1.4} aria-hidden />}
      facts={[{ label: t('industry'), value: one.industry }, { label: t('city'), value: one.address.city }, { label: t('phone'), value: one.phone && phone(one.phone) }, { label: t('owner'), value: one.ownerName }]}
      actions={may && <Button variant="default" leftSection={<IconPencil size={16} />} onClick={() => setEditing(true)}>{kit('edit')}</Button>}
      panel={<Panel title={t('details')}><Fields fields={[
        { label: t('email'), value: one.email }, { label: t('phone'), value: one.phone && phone(one.phone) }, { label: t('website'), value: one.website },
        { label: t('address'), value: [one.address.street, one.address.city, one.address.province, one.address.postalCode, one.address.country].filter(Boolean).join(', ') },
        { label: t('tags'), value: one.tags.join(', ') }, { label: t('registered'), value: moment(one.registeredAt) },
        ...one.customFields.map((field) => ({ label: ownLabel(field.name), value: sayField(field, { yes: kit('yes'), no: kit('no') }) })),
      ]} /></Panel>}
      side={<Panel title={t('tree')}><Loaded query={tree} rows={2}>{(items) => {
        const top = Math.min(...items.map((item) => item.level));
        return <Stack gap={4}>{items.map((item) => <div key={item.id} style={{ paddingInlineStart: (item.level - top) * 16 }}>{item.id === id ? <Text size="sm" fw={650} dir="auto" aria-current="true">{item.displayName}</Text> : <Anchor component={Link} to={`/accounts/${item.id}`} size="sm" dir="auto">{item.displayName}</Anchor>}</div>)}</Stack>;
      }}</Loaded></Panel>}>
      <People id={id} />
      {editing && <EditAccount account={one} onClose={() => setEditing(false)} />}
    </RecordPage>
  );
}

function People({ id }: { id: string }) {
  const t = useAccountTexts();
  const kit = useKitTexts();
  const may = useMay(...CUSTOMER_EDITORS);
  const queries = useQueryClient();
  const key = ['account', id, 'contacts'];
  const [who, setWho] = useState<string | null>(null);
  const [role, setRole] = useState('');
  const [primary, setPrimary] = useState(false);
  const query = useQuery({ queryKey: key, queryFn: () => take(customerApi.GET('/api/customer/v1/accounts/{id}/contacts', { params: { path: { id }, query: { limit: 200 } } })) });
  const again = () => void queries.invalidateQueries({ queryKey: key });
  const add = useMutation({ mutationFn: () => take(customerApi.POST('/api/customer/v1/accounts/{id}/contacts', { params: { path: { id }, header: once() }, body: { customerId: who!, role, isPrimary: primary } })), onSuccess: () => { setWho(null); setRole(''); setPrimary(false); again(); } });
  const end = useMutation({ mutationFn: (roleId: string) => take(customerApi.DELETE('/api/customer/v1/accounts/{id}/contacts/{roleId}', { params: { path: { id, roleId } } })), onSuccess: again });
  return (
    <Panel title={t('people')} count={query.data?.items.length}>
      <Loaded query={query}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noPeople')}</Text> : <>{page.items.map((one) => (
        <Group key={one.id} justify="space-between" py={4} wrap="nowrap">
          <div style={{ minWidth: 0 }}><Anchor component={Link} to={`/customers/${one.customerId}`} size="sm" dir="auto" c={one.endedOn ? 'dimmed' : undefined}>{one.customerName}</Anchor><Text size="xs" c="dimmed" dir="auto">{one.role}{one.endedOn ? ` · ${t('ended', { day: day(one.endedOn) })}` : ''}</Text></div>
          <Group gap={4} wrap="nowrap">{one.isPrimary && <Badge size="xs" tt="none" variant="light">{t('primary')}</Badge>}{may && !one.endedOn && <ActionIcon variant="subtle" color="gray" aria-label={t('end', { name: one.customerName })} onClick={() => end.mutate(one.id)}><IconTrash size={15} /></ActionIcon>}</Group>
        </Group>
      ))}</>}</Loaded>
      {may && <Group gap="xs" mt="sm" align="flex-end"><div style={{ flex: 1, minWidth: 180 }}><CustomerPicker label={t('person')} value={who} onChange={setWho} /></div><TextInput label={t('role')} maxLength={100} dir="auto" value={role} onChange={(event) => setRole(event.currentTarget.value)} /><Checkbox label={t('isPrimary')} checked={primary} onChange={(event) => setPrimary(event.currentTarget.checked)} mb={8} /><Button variant="default" disabled={!who || !role.trim()} loading={add.isPending} onClick={() => add.mutate()}>{kit('add')}</Button></Group>}
      <Refusal error={add.error ?? end.error} />
    </Panel>
  );
}
