import { Anchor, Badge, Button, Checkbox, Code, Drawer, Group, Modal, NativeSelect, Stack, Switch, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconSend, IconTrash, IconWebhook } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { customerApi, once, seen, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { useDraft } from '../kit/draft';
import { ago, moment } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Fields, Panel, RecordPage } from '../kit/Record';
import { useSaveSeen } from '../kit/saveSeen';
import { Empty, Failed, Lines, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { useShortcuts } from '../shell/shortcuts';
import { Active } from './Integrations';
import { Secret } from './Secret';
import { useIntegrationTexts } from './texts';

type Webhook = components['schemas']['WebhookSubscriptionsResponse'];
type Delivery = components['schemas']['WebhookSubscriptionsDelivery'];
/** What a subscription can be told of, as the API names it. */
export const TYPES = ['customers.registered', 'customers.changed', 'customer.merged', 'customer.unmerged', 'consent.changed', 'customer.erased'];

const formOf = ({ url, description, eventTypes, isActive }: Webhook) => ({ url, description: description ?? '', eventTypes, isActive });
const NEW = { url: '', description: '', eventTypes: TYPES.slice(0, 2), isActive: true };
const read = (id: string) => take(customerApi.GET('/api/customer/v1/webhook-subscriptions/{id}', { params: { path: { id } } }));

export function NewWebhook() {
  const t = useIntegrationTexts();
  const navigate = useNavigate();
  usePage([{ label: t('title'), to: '/integrations' }, { label: t('newWebhook') }]);
  // The secret is shown on the record that one is led to.
  return <><PageTitle title={t('newWebhook')} hint={t('noWebhooksHint')} /><Stack maw={620}><Settings saved={(one) => void navigate(`/integrations/webhooks/${one.id}`, { replace: true, state: { fresh: true } })} /></Stack></>;
}

/** A subscription: whom it tells what, its secret, and what became of each message. */
export function WebhookRecord() {
  const t = useIntegrationTexts();
  const { id = '' } = useParams();
  const { state } = useLocation();
  const queries = useQueryClient();
  const [round, setRound] = useState(0);
  const query = useQuery({ queryKey: ['webhook', id], queryFn: () => read(id) });
  const one = query.data;
  const title = one ? one.description || new URL(one.url).host : '…';
  usePage([{ label: t('title'), to: '/integrations' }, { label: title }]);
  const test = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/webhook-subscriptions/{id}/tests', { params: { path: { id }, header: once() } })),
    onSuccess: () => { notifications.show({ message: t('tested'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['webhook-deliveries', id] }); },
    onError: (error) => notifications.show({ message: error.message, color: 'red' }),
  });
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  return (
    <RecordPage type={t('webhook')} title={title} icon={<IconWebhook size={40} stroke={1.4} aria-hidden />} badge={<Active is={one.isActive} />}
      facts={[{ label: t('url'), value: one.url }, { label: t('events'), value: t('eventCount', { count: one.eventTypes.length }) }, { label: t('created'), value: moment(one.createdAt) }]}
      actions={<><Button variant="default" leftSection={<IconSend size={16} />} loading={test.isPending} onClick={() => test.mutate()}>{t('test')}</Button><Remove id={id} /></>}
      side={
        <>
          <Panel title={t('settings')}><Settings key={round} webhook={one} saved={() => setRound(round + 1)} /></Panel>
          <Secret generation={one.secretGeneration} previousUntil={one.previousUntil} fresh={(state as { fresh?: boolean } | null)?.fresh}
            read={() => take(customerApi.GET('/api/customer/v1/webhook-subscriptions/{id}/secret', { params: { path: { id } } }))}
            rotate={async () => queries.setQueryData(['webhook', id], await take(customerApi.POST('/api/customer/v1/webhook-subscriptions/{id}/secret-rotations', { params: { path: { id }, header: once() } })))} />
        </>
      }>
      <Deliveries id={id} />
    </RecordPage>
  );
}

function Settings({ webhook, saved }: { webhook?: Webhook; saved: (webhook: Webhook) => void }) {
  const t = useIntegrationTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [pinned] = useState(webhook);
  const [form, set, forget] = useDraft(`webhook.${pinned ? `${pinned.id}.${pinned.version}` : 'new'}`, pinned ? formOf(pinned) : NEW);
  const { save, pending, error, dialog } = useSaveSeen<Webhook, typeof NEW>({
    record: pinned, formOf, read: () => read(pinned!.id),
    write: (now, version) => {
      const body = { ...now, url: now.url.trim(), description: now.description.trim() || null };
      return version === undefined
        ? take(customerApi.POST('/api/customer/v1/webhook-subscriptions', { params: { header: once() }, body }))
        : take(customerApi.PUT('/api/customer/v1/webhook-subscriptions/{id}', { params: { path: { id: pinned!.id }, header: seen(version) }, body }));
    },
    label: (field) => t({ url: 'url', description: 'description', eventTypes: 'events', isActive: 'state' }[field]),
    show: (value) => (Array.isArray(value) ? value.map((type) => t('type_' + type)).join(', ') : typeof value === 'boolean' ? t(value ? 'active' : 'inactive') : String(value)),
    saved: (now) => {
      forget();
      queries.setQueryData(['webhook', now.id], now);
      void queries.invalidateQueries({ queryKey: ['webhooks'] });
      notifications.show({ message: kit('saved'), color: 'teal' });
      saved(now);
    },
  });
  const complete = form.url.trim() !== '' && form.eventTypes.length > 0;
  const submit = () => { if (complete && !pending) save(form); };
  useShortcuts({ 'mod+Enter': submit, 'mod+s': submit });
  return (
    <form aria-label={t('settings')} onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="sm">
        <TextInput label={t('url')} description={t('urlHint')} required type="url" inputMode="url" placeholder="https://" maxLength={2000} value={form.url} onChange={(event) => set({ url: event.currentTarget.value })} />
        <TextInput label={t('description')} maxLength={200} dir="auto" value={form.description} onChange={(event) => set({ description: event.currentTarget.value })} />
        <Checkbox.Group label={t('events')} description={t('eventsHint')} value={form.eventTypes} onChange={(chosen) => set({ eventTypes: [...TYPES.filter((type) => chosen.includes(type)), ...chosen.filter((type) => !TYPES.includes(type))] })}><Stack gap={6} mt="xs">{TYPES.map((type) => <Checkbox key={type} value={type} label={<>{t('type_' + type)} <Text span size="xs" c="dimmed">{type}</Text></>} />)}</Stack></Checkbox.Group>
        <Switch label={t('active')} description={t('activeHint')} checked={form.isActive} onChange={(event) => set({ isActive: event.currentTarget.checked })} />
        <Refusal error={error} />
        <Group justify="flex-end"><Button type="submit" disabled={!complete} loading={pending}>{kit('save')}</Button></Group>
      </Stack>
      {dialog}
    </form>
  );
}

function Remove({ id }: { id: string }) {
  const t = useIntegrationTexts();
  const kit = useKitTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => take(customerApi.DELETE('/api/customer/v1/webhook-subscriptions/{id}', { params: { path: { id } } })),
    onSuccess: () => { notifications.show({ message: t('removed'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['webhooks'] }); void navigate('/integrations?tab=webhooks', { replace: true }); },
  });
  return (
    <>
      <Button variant="default" leftSection={<IconTrash size={16} />} onClick={() => setAsking(true)}>{t('remove')}</Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t('remove')} centered>
        <Stack><Text size="sm">{t('removeSure')}</Text><Refusal error={remove.error} /><Group justify="flex-end"><Button variant="default" data-autofocus onClick={() => setAsking(false)}>{kit('cancel')}</Button><Button color="red.8" loading={remove.isPending} onClick={() => remove.mutate()}>{t('remove')}</Button></Group></Stack>
      </Modal>
    </>
  );
}

const stateColor = (state: string) => ({ delivered: 'teal', dead: 'red' })[state] ?? 'blue';

function useAnswer() {
  const t = useIntegrationTexts();
  return (one: Delivery) => (one.lastFailure ? t('failure_' + one.lastFailure, { status: one.lastStatus ?? '' }) : one.lastStatus ? String(one.lastStatus) : null);
}

/** Each message with its attempts; those that are done can be sent again. */
function Deliveries({ id }: { id: string }) {
  const t = useIntegrationTexts();
  const answer = useAnswer();
  const [state, setState] = useState('');
  const [shown, setShown] = useState<Delivery | null>(null);
  const query = usePaged(['webhook-deliveries', id, state], (cursor) => take(customerApi.GET('/api/customer/v1/webhook-subscriptions/{id}/deliveries', { params: { path: { id }, query: { state: state || undefined, limit: 50, cursor } } })), true, (rows) => rows.some((row) => row.state === 'waiting'));
  return (
    <Panel title={t('deliveries')}>
      <ListView<Delivery> name="webhook-deliveries" label={t('deliveries')} query={query as never} rowKey={(row) => row.id} sortable={false} height={480} empty={<Empty title={t('noDeliveries')} hint={t('noDeliveriesHint')} />}
        toolbar={<NativeSelect aria-label={t('state')} value={state} onChange={(event) => setState(event.currentTarget.value)} data={[{ value: '', label: t('allStates') }, ...['waiting', 'delivered', 'dead'].map((one) => ({ value: one, label: t(one) }))]} />}
        columns={[
          { key: 'type', header: t('event'), value: (row) => t('type_' + row.type), width: 190, cell: (row) => <Anchor component="button" type="button" size="sm" onClick={() => setShown(row)}>{t('type_' + row.type)}</Anchor> },
          { key: 'state', header: t('state'), value: (row) => t(row.state), width: 110, cell: (row) => <Badge size="sm" variant="light" tt="none" color={stateColor(row.state)}>{t(row.state)}</Badge> },
          { key: 'attempts', header: t('attempts'), value: (row) => row.attempts, width: 90, align: 'right' },
          { key: 'answer', header: t('answer'), value: answer, width: 190 },
          { key: 'created', header: t('created'), value: (row) => row.createdAt, width: 130, cell: (row) => ago(row.createdAt) },
        ]} />
      <Drawer opened={shown !== null} onClose={() => setShown(null)} position="right" size="md" title={shown && t('type_' + shown.type)}>{shown && <Message key={shown.id} one={shown} subscription={id} changed={setShown} />}</Drawer>
    </Panel>
  );
}

/** JSON on lines of its own; what is none as it is. */
function pretty(text: string) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Message({ one, subscription, changed }: { one: Delivery; subscription: string; changed: (one: Delivery) => void }) {
  const t = useIntegrationTexts();
  const answer = useAnswer();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () => take(customerApi.POST('/api/customer/v1/webhook-deliveries/{id}/replay', { params: { path: { id: one.id }, header: once() } })),
    onSuccess: (now) => { changed(now); notifications.show({ message: t('replayed'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['webhook-deliveries', subscription] }); },
  });
  return (
    <Stack>
      <Fields fields={[
        { label: t('state'), value: <Badge variant="light" tt="none" color={stateColor(one.state)}>{t(one.state)}</Badge> }, { label: t('attempts'), value: one.attempts }, { label: t('answer'), value: answer(one) }, { label: t('created'), value: moment(one.createdAt) },
        one.state === 'waiting' ? { label: t('next'), value: moment(one.nextAttemptAt) } : { label: t('deliveredAt'), value: one.deliveredAt && moment(one.deliveredAt) },
      ]} />
      <Text size="sm" fw={600}>{t('body')}</Text>
      <Code block tabIndex={0} aria-label={t('body')}>{pretty(one.body)}</Code>
      <Refusal error={replay.error} />
      {one.state !== 'waiting' && <Group justify="flex-end"><Button loading={replay.isPending} onClick={() => replay.mutate()}>{t('replay')}</Button></Group>}
    </Stack>
  );
}
