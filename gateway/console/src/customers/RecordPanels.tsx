import { ActionIcon, Anchor, Badge, Button, Checkbox, FileButton, Group, NativeSelect, Progress, SimpleGrid, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconTrash, IconUpload } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { customerApi, once, request, seen, take } from '../api/client';
import { CustomerPicker } from '../kit/CustomerPicker';
import { DateField } from '../kit/DateField';
import { useDraft } from '../kit/draft';
import { day, moment, number } from '../kit/format';
import { Panel } from '../kit/Record';
import { Loaded, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { useCustomerTexts } from './texts';

interface Props { id: string; mayEdit: boolean }

/** Changes something of the customer and reads the panel anew. */
function useChange<T>(key: readonly unknown[], work: (value: T) => Promise<unknown>, done?: () => void) {
  const kit = useKitTexts();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: work,
    onSuccess: () => { done?.(); void queries.invalidateQueries({ queryKey: key }); notifications.show({ message: kit('saved'), color: 'teal', autoClose: 2000 }); },
  });
}

const Row = ({ children, action }: { children: ReactNode; action?: ReactNode }) => <Group justify="space-between" wrap="nowrap" gap="xs" py={4}><div style={{ minWidth: 0 }}>{children}</div>{action}</Group>;

/** Everything that hangs on a customer beside the details. */
export function RecordPanels({ id, mayEdit }: Props) {
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
      <ContactPoints id={id} mayEdit={mayEdit} /><Relationships id={id} mayEdit={mayEdit} /><Accounts id={id} mayEdit={mayEdit} />
      <Assets id={id} mayEdit={mayEdit} /><Agreements id={id} mayEdit={mayEdit} /><Files id={id} mayEdit={mayEdit} />
    </SimpleGrid>
  );
}

function ContactPoints({ id, mayEdit }: Props) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const key = ['customer', id, 'contact-points'];
  const [form, set, forget] = useDraft('contact-point.' + id, { kind: 'phone', value: '', label: '' });
  const query = useQuery({ queryKey: key, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/contact-points', { params: { path: { id } } })) });
  const add = useChange<void>(key, () => take(customerApi.POST('/api/customer/v1/customers/{id}/contact-points', { params: { path: { id }, header: once() }, body: { kind: form.kind, value: form.value, label: form.label.trim() || null, isPrimary: false } })), forget);
  const primary = useChange<{ pointId: string; version: number; label: string | null }>(key, ({ pointId, version, label }) => take(customerApi.PUT('/api/customer/v1/customers/{id}/contact-points/{pointId}', { params: { path: { id, pointId }, header: seen(version) }, body: { label, isPrimary: true, isVerified: false, isBounced: false } })), () => void queries.invalidateQueries({ queryKey: ['customer', id] }));
  const remove = useChange<string>(key, (pointId) => take(customerApi.DELETE('/api/customer/v1/customers/{id}/contact-points/{pointId}', { params: { path: { id, pointId } } })));
  return (
    <Panel title={t('contactPoints')} count={query.data?.length}>
      <Loaded query={query} rows={2}>{(points) => points.length === 0 ? <Text size="sm" c="dimmed">{t('noContactPoints')}</Text> : <>{points.map((point) => (
        <Row key={point.kind + point.value} action={mayEdit && point.id && !point.isPrimary && (
          <Group gap={2} wrap="nowrap">{(point.kind === 'email' || point.kind === 'phone') && <Button size="compact-xs" variant="subtle" onClick={() => primary.mutate({ pointId: point.id!, version: point.version, label: point.label })}>{t('makePrimary')}</Button>}<ActionIcon variant="subtle" color="gray" aria-label={t('remove', { name: point.value })} onClick={() => remove.mutate(point.id!)}><IconTrash size={15} /></ActionIcon></Group>
        )}>
          <Text size="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>{point.value}</Text>
          <Group gap={4}><Text size="xs" c="dimmed">{t('point_' + point.kind)}{point.label ? ` · ${point.label}` : ''}</Text>{point.isPrimary && <Badge size="xs" tt="none" variant="light">{t('primary')}</Badge>}{point.bouncedAt ? <Badge size="xs" tt="none" color="red" variant="light">{t('bounced')}</Badge> : point.verifiedAt ? <Badge size="xs" tt="none" color="teal" variant="light">{t('verified')}</Badge> : null}</Group>
        </Row>
      ))}</>}</Loaded>
      {mayEdit && <form onSubmit={(event) => { event.preventDefault(); add.mutate(); }}><Group gap={6} mt="xs" align="flex-end" wrap="wrap">
        <NativeSelect size="xs" w={100} aria-label={t('kind')} value={form.kind} onChange={(event) => set({ kind: event.currentTarget.value })} data={['phone', 'email', 'address', 'social'].map((kind) => ({ value: kind, label: t('point_' + kind) }))} />
        <TextInput size="xs" flex={1} miw={120} aria-label={t('newContactPoint')} placeholder={t('newContactPoint')} maxLength={300} dir="auto" value={form.value} onChange={(event) => set({ value: event.currentTarget.value })} />
        <TextInput size="xs" w={100} aria-label={t('label')} placeholder={t('label')} maxLength={50} dir="auto" value={form.label} onChange={(event) => set({ label: event.currentTarget.value })} />
        <Button size="xs" variant="default" type="submit" disabled={!form.value.trim()} loading={add.isPending}>{kit('add')}</Button>
      </Group></form>}
      <Refusal error={add.error ?? primary.error ?? remove.error} />
    </Panel>
  );
}

const RELATIONS = ['spouse', 'parent', 'child', 'sibling', 'household', 'friend', 'colleague', 'neighbour', 'guardian', 'ward', 'manager', 'report', 'advisor', 'client'];

function Relationships({ id, mayEdit }: Props) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const key = ['customer', id, 'relationships'];
  const [other, setOther] = useState<string | null>(null);
  const [kind, setKind] = useState('spouse');
  const query = useQuery({ queryKey: key, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/relationships', { params: { path: { id } } })) });
  const add = useChange<void>(key, () => take(customerApi.POST('/api/customer/v1/customers/{id}/relationships', { params: { path: { id }, header: once() }, body: { toCustomerId: other!, kind } })), () => setOther(null));
  const remove = useChange<string>(key, (relationshipId) => take(customerApi.DELETE('/api/customer/v1/customers/{id}/relationships/{relationshipId}', { params: { path: { id, relationshipId } } })));
  return (
    <Panel title={t('relationships')} count={query.data?.length}>
      <Loaded query={query} rows={2}>{(all) => all.length === 0 ? <Text size="sm" c="dimmed">{t('noRelationships')}</Text> : <>{all.map((one) => (
        <Row key={one.id} action={mayEdit && <ActionIcon variant="subtle" color="gray" aria-label={t('remove', { name: one.displayName })} onClick={() => remove.mutate(one.id)}><IconTrash size={15} /></ActionIcon>}>
          <Anchor component={Link} to={`/customers/${one.customerId}`} size="sm" dir="auto">{one.displayName}</Anchor><Text size="xs" c="dimmed">{t('relation_' + one.kind)}</Text>
        </Row>
      ))}</>}</Loaded>
      {mayEdit && <Group gap={6} mt="xs" align="flex-end"><NativeSelect size="xs" w={120} aria-label={t('kind')} value={kind} onChange={(event) => setKind(event.currentTarget.value)} data={RELATIONS.map((one) => ({ value: one, label: t('relation_' + one) }))} /><div style={{ flex: 1, minWidth: 160 }}><CustomerPicker label={t('otherPerson')} value={other} onChange={setOther} /></div><Button size="xs" variant="default" disabled={!other || other === id} loading={add.isPending} onClick={() => add.mutate()}>{kit('add')}</Button></Group>}
      <Refusal error={add.error ?? remove.error} />
    </Panel>
  );
}

function Accounts({ id }: Props) {
  const t = useCustomerTexts();
  const query = useQuery({ queryKey: ['customer', id, 'accounts'], queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/accounts', { params: { path: { id }, query: { limit: 50 } } })) });
  return (
    <Panel title={t('accounts')} count={query.data?.items.length}>
      <Loaded query={query} rows={2}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noAccounts')}</Text> : <>{page.items.map((one) => (
        <Row key={one.id} action={one.isPrimary && <Badge size="xs" tt="none" variant="light">{t('primary')}</Badge>}><Anchor component={Link} to={`/accounts/${one.accountId}`} size="sm" dir="auto">{one.accountName}</Anchor><Text size="xs" c="dimmed" dir="auto">{one.role}{one.since ? ` · ${day(one.since)}` : ''}{one.endedOn ? ` – ${day(one.endedOn)}` : ''}</Text></Row>
      ))}</>}</Loaded>
    </Panel>
  );
}

function Assets({ id, mayEdit }: Props) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const key = ['customer', id, 'assets'];
  const [form, set, forget] = useDraft('asset.' + id, { productCode: '', productName: '', serialNumber: '', warrantyUntil: '' });
  const query = useQuery({ queryKey: key, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/assets', { params: { path: { id }, query: { limit: 50 } } })) });
  const add = useChange<void>(key, () => take(customerApi.POST('/api/customer/v1/customers/{id}/assets', { params: { path: { id }, header: once() }, body: { productCode: form.productCode, productName: form.productName, serialNumber: form.serialNumber.trim() || null, warrantyUntil: form.warrantyUntil || null, status: 'owned' } })), forget);
  return (
    <Panel title={t('assets')} count={query.data?.items.length}>
      <Loaded query={query} rows={2}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noAssets')}</Text> : <>{page.items.map((one) => (
        <Row key={one.id} action={<Badge size="xs" tt="none" variant="light" color={one.status === 'owned' ? 'teal' : 'gray'}>{t('asset_' + one.status)}</Badge>}><Text size="sm" dir="auto">{one.productName}</Text><Text size="xs" c="dimmed" dir="auto">{[one.productCode, one.serialNumber, one.lot, one.warrantyUntil && t('warrantyUntil', { day: day(one.warrantyUntil) })].filter(Boolean).join(' · ')}</Text></Row>
      ))}</>}</Loaded>
      {mayEdit && <form onSubmit={(event) => { event.preventDefault(); add.mutate(); }}><Group gap={6} mt="xs" align="flex-end">
        <TextInput size="xs" w={90} label={t('productCode')} maxLength={100} value={form.productCode} onChange={(event) => set({ productCode: event.currentTarget.value })} /><TextInput size="xs" flex={1} miw={110} label={t('productName')} maxLength={200} dir="auto" value={form.productName} onChange={(event) => set({ productName: event.currentTarget.value })} />
        <TextInput size="xs" w={100} label={t('serialNumber')} maxLength={100} value={form.serialNumber} onChange={(event) => set({ serialNumber: event.currentTarget.value })} /><DateField size="xs" w={130} label={t('warranty')} value={form.warrantyUntil} onChange={(warrantyUntil) => set({ warrantyUntil })} />
        <Button size="xs" variant="default" type="submit" disabled={!form.productCode.trim() || !form.productName.trim()} loading={add.isPending}>{kit('add')}</Button>
      </Group></form>}
      <Refusal error={add.error} />
    </Panel>
  );
}

function Agreements({ id, mayEdit }: Props) {
  const t = useCustomerTexts();
  const kit = useKitTexts();
  const key = ['customer', id, 'agreements'];
  const [form, set, forget] = useDraft('agreement.' + id, { title: '', unit: '', task: '', dueOn: '' });
  const query = useQuery({ queryKey: key, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/agreements', { params: { path: { id }, query: { limit: 50 } } })) });
  const add = useChange<void>(key, () => take(customerApi.POST('/api/customer/v1/customers/{id}/agreements', { params: { path: { id }, header: once() }, body: { title: form.title, tasks: [{ unit: form.unit, title: form.task, dueOn: form.dueOn || null }] } })), forget);
  const turn = useChange<{ taskId: string; version: number; state: string; assignee: string | null }>(key, ({ taskId, version, state, assignee }) => take(customerApi.PUT('/api/customer/v1/agreement-tasks/{taskId}', { params: { path: { taskId }, header: seen(version) }, body: { state, assignee } })));
  return (
    <Panel title={t('agreements')} count={query.data?.items.length}>
      <Loaded query={query} rows={2}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noAgreements')}</Text> : <Stack gap="xs">{page.items.map((one) => (
        <div key={one.id}><Group justify="space-between" wrap="nowrap"><Text size="sm" fw={550} dir="auto">{one.title}</Text><Badge size="xs" tt="none" variant="light" color={one.state === 'open' ? 'blue' : 'teal'}>{t('agreement_' + one.state)}</Badge></Group><Text size="xs" c="dimmed">{one.agreedBy} · {day(one.agreedAt)}</Text>
          {one.tasks.map((task) => <Checkbox key={task.id} size="xs" mt={4} disabled={!mayEdit || turn.isPending} checked={task.state !== 'open'} label={<span dir="auto">{task.unit}: {task.title}{task.dueOn ? ` · ${day(task.dueOn)}` : ''}</span>} onChange={(event) => turn.mutate({ taskId: task.id, version: task.version, state: event.currentTarget.checked ? 'done' : 'open', assignee: task.assignee })} />)}</div>
      ))}</Stack>}</Loaded>
      {mayEdit && <form onSubmit={(event) => { event.preventDefault(); add.mutate(); }}><Group gap={6} mt="xs" align="flex-end">
        <TextInput size="xs" flex={1} miw={120} label={t('agreed')} maxLength={200} dir="auto" value={form.title} onChange={(event) => set({ title: event.currentTarget.value })} /><TextInput size="xs" w={90} label={t('unit')} maxLength={100} dir="auto" value={form.unit} onChange={(event) => set({ unit: event.currentTarget.value })} />
        <TextInput size="xs" flex={1} miw={110} label={t('task')} maxLength={200} dir="auto" value={form.task} onChange={(event) => set({ task: event.currentTarget.value })} /><DateField size="xs" w={130} label={t('dueOn')} value={form.dueOn} onChange={(dueOn) => set({ dueOn })} />
        <Button size="xs" variant="default" type="submit" disabled={!form.title.trim() || !form.unit.trim() || !form.task.trim()} loading={add.isPending}>{kit('add')}</Button>
      </Group></form>}
      <Refusal error={add.error ?? turn.error} />
    </Panel>
  );
}

const MOST = 10 * 1024 * 1024;

function Files({ id, mayEdit }: Props) {
  const t = useCustomerTexts();
  const key = ['customer', id, 'files'];
  const query = useQuery({ queryKey: key, queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/files', { params: { path: { id }, query: { limit: 100 } } })) });
  const add = useChange<File>(key, (file) => {
    if (file.size > MOST) throw new Error(t('fileTooLarge'));
    return request(`/api/customer/v1/customers/${id}/files?name=${encodeURIComponent(file.name.slice(-200))}`, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream', ...once() }, body: file });
  });
  return (
    <Panel title={t('files')} count={query.data?.items.length} action={mayEdit && <FileButton onChange={(file) => file && add.mutate(file)}>{(props) => <Button {...props} size="compact-xs" variant="default" leftSection={<IconUpload size={13} />} loading={add.isPending}>{t('upload')}</Button>}</FileButton>}>
      <Loaded query={query} rows={2}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noFiles')}</Text> : <>{page.items.map((file) => (
        <Row key={file.id} action={<Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>{number(Math.ceil(file.size / 1024))} kB</Text>}><Anchor href={`/api/customer/v1/customers/${id}/files/${file.id}`} download size="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>{file.name}</Anchor><Text size="xs" c="dimmed">{file.uploadedBy} · {moment(file.uploadedAt)}</Text></Row>
      ))}</>}</Loaded>
      <Refusal error={add.error} />
    </Panel>
  );
}

/** How complete and fresh the record is, and what to fill; whether it may exist twice. */
export function QualityCard({ id, mayEdit }: Props) {
  const t = useCustomerTexts();
  const query = useQuery({ queryKey: ['customer', id, 'quality'], queryFn: () => take(customerApi.GET('/api/customer/v1/customers/{id}/quality', { params: { path: { id } } })) });
  const pairs = useQuery({ queryKey: ['duplicates', id, 'card'], enabled: mayEdit, retry: false, queryFn: () => take(customerApi.GET('/api/customer/v1/duplicates', { params: { query: { customerId: id, limit: 10 } } })) });
  return (
    <Panel title={t('quality')}>
      <Loaded query={query} rows={2}>{(quality) => (
        <Stack gap={8}>
          {([['completeness', quality.completeness], ['freshness', quality.freshness]] as const).map(([name, value]) => (
            <div key={name}><Group justify="space-between"><Text size="sm" c="dimmed">{t(name)}</Text><Text size="sm" fw={600}>{value}</Text></Group><Progress size="sm" value={value} color={value >= 70 ? 'teal' : value >= 40 ? 'yellow' : 'red'} aria-label={t(name)} /></div>
          ))}
          {quality.missing.length > 0 && <Group gap={4}>{quality.missing.map((one) => <Tooltip key={one.field} label={t('worth', { points: one.weight })}><Badge size="sm" tt="none" variant="outline" color="gray">{t('missing_' + one.field)} +{one.weight}</Badge></Tooltip>)}</Group>}
        </Stack>
      )}</Loaded>
      {pairs.data && pairs.data.items.length > 0 && <Anchor component={Link} to={`/duplicates?customerId=${id}`} size="sm" mt="xs" display="block">{t('mayBeTwice', { count: pairs.data.items.length })}</Anchor>}
    </Panel>
  );
}
