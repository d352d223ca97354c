import { Anchor, Badge, Button, Drawer, Group, NativeSelect, Stack, Table, Tabs, Text, Textarea } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconListCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { analyticsApi, once, take } from '../api/client';
import type { components } from '../api/generated/analytics';
import { AddToList } from '../customers/AddToList';
import { CustomerName } from '../kit/CustomerName';
import { useDraft } from '../kit/draft';
import { ago, day, moment, money } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { ANALYSTS, MARKETING, REPORTERS, useMay } from '../shell/session';
import { AlertEffects } from './AlertEffects';
import { KINDS } from './kinds';
import { useInsightTexts } from './texts';

type Alert = components['schemas']['AlertResponse'];

/** What deserves attention, and whether it helps to say so. */
export function AlertDesk() {
  const t = useInsightTexts();
  const mayMeasure = useMay(...REPORTERS);
  const [search, setSearch] = useSearchParams();
  usePage([{ label: t('alerts') }]);
  if (!mayMeasure) return <><PageTitle title={t('alerts')} hint={t('alertsHint')}><Scan /></PageTitle><Alerts /></>;
  return (
    <>
      <PageTitle title={t('alerts')} hint={search.get('tab') === 'effect' ? t('effectsHint') : t('alertsHint')}><Scan /></PageTitle>
      <Tabs value={search.get('tab') === 'effect' ? 'effect' : 'desk'} onChange={(tab) => setSearch(tab === 'effect' ? { tab } : {}, { replace: true })} keepMounted={false}>
        <Tabs.List mb="md"><Tabs.Tab value="desk">{t('alerts')}</Tabs.Tab><Tabs.Tab value="effect">{t('effects')}</Tabs.Tab></Tabs.List>
        <Tabs.Panel value="desk"><Alerts /></Tabs.Panel>
        <Tabs.Panel value="effect"><AlertEffects /></Tabs.Panel>
      </Tabs>
    </>
  );
}

function Scan() {
  const t = useInsightTexts();
  const analyst = useMay(...ANALYSTS);
  const scan = useMutation({
    mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/alert-scans', { params: { header: once() }, body: { currency: null } })),
    onSuccess: () => notifications.show({ message: t('scanStarted'), color: 'teal' }), onError: (error) => notifications.show({ message: error.message, color: 'red' }),
  });
  return analyst && <Button variant="default" loading={scan.isPending} onClick={() => scan.mutate()}>{t('scan')}</Button>;
}

/** By the money at stake; a drawer with the evidence and the decision. */
function Alerts() {
  const t = useInsightTexts();
  const language = useLanguage();
  const mayMarket = useMay(...MARKETING);
  const [search, setSearch] = useSearchParams();
  const [kind, state] = [search.get('kind') ?? '', search.get('state') ?? 'open'];
  const [shown, setShown] = useState<Alert | null>(null);
  const set = (name: string, value: string) => setSearch((now) => { if (value) now.set(name, value); else now.delete(name); return now; }, { replace: true });
  const query = usePaged(['alerts', kind, state], (cursor) => take(analyticsApi.GET('/api/analytics/v1/alerts', { params: { query: { kind: kind || undefined, state, limit: 100, cursor } } })));
  const about = (row: Alert) => (row.subjectType === 'customer' ? <CustomerName id={row.subjectId} plain /> : row.subjectId);
  return (
    <>
      <ListView<Alert> name="alerts" label={t('alerts')} query={query as never} rowKey={(row) => row.id} sortable={false} bulk={mayMarket ? (rows, clear) => <PutOnList alerts={rows} clear={clear} /> : undefined} empty={<Empty title={t('noAlerts')} hint={t('noAlertsHint')} />}
        toolbar={<>
          <NativeSelect aria-label={t('kind')} value={kind} onChange={(event) => set('kind', event.currentTarget.value)} data={[{ value: '', label: t('allKinds') }, ...KINDS.map((one) => ({ value: one, label: t(one) }))]} />
          <NativeSelect aria-label={t('state')} value={state} onChange={(event) => set('state', event.currentTarget.value)} data={['open', 'acted', 'dismissed', 'expired'].map((one) => ({ value: one, label: t(one) }))} />
        </>}
        columns={[
          { key: 'kind', header: t('kind'), value: (row) => t(row.kind), width: 170, cell: (row) => <Anchor component="button" type="button" size="sm" onClick={() => setShown(row)}>{t(row.kind)}</Anchor> },
          { key: 'stake', header: t('stake'), value: (row) => row.moneyAtStake, width: 140, align: 'right', cell: (row) => money(row.moneyAtStake, row.currency) }, { key: 'subject', header: t('subject'), value: (row) => row.subjectId, width: 180, cell: about },
          { key: 'reason', header: t('reason'), value: (row) => row.reason[language], width: 360 }, { key: 'raised', header: t('raised'), value: (row) => row.raisedAt, width: 140, cell: (row) => ago(row.raisedAt) }, { key: 'expires', header: t('expires'), value: (row) => row.expiresAt, width: 130, cell: (row) => day(row.expiresAt) },
        ]} />
      <Drawer opened={shown !== null} onClose={() => setShown(null)} position="right" size="md" title={shown && t(shown.kind)}>{shown && <Evidence key={shown.id} alert={shown} onDone={() => setShown(null)} />}</Drawer>
    </>
  );
}

/** Whom the ticked alerts are about goes on a static list, which segments and campaigns can use. */
function PutOnList({ alerts, clear }: { alerts: Alert[]; clear: () => void }) {
  const t = useInsightTexts();
  const [open, setOpen] = useState(false);
  const customers = [...new Set(alerts.filter((one) => one.subjectType === 'customer').map((one) => one.subjectId))];
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<IconListCheck size={14} />} disabled={customers.length === 0} onClick={() => setOpen(true)}>{t('addToList')}</Button>
      {open && <AddToList rows={customers.map((id) => ({ id, displayName: id.slice(0, 8) }))} onClose={() => setOpen(false)} done={clear} />}
    </>
  );
}

function Evidence({ alert, onDone }: { alert: Alert; onDone: () => void }) {
  const t = useInsightTexts();
  const language = useLanguage();
  const queries = useQueryClient();
  const [form, set, forget] = useDraft('alert.' + alert.id, { reason: '' });
  const decide = useMutation({
    mutationFn: (decision: 'acted' | 'dismissed') => take(analyticsApi.POST('/api/analytics/v1/alerts/{id}/decision', { params: { path: { id: alert.id }, header: once() }, body: { decision, reason: form.reason.trim() || null } })),
    onSuccess: () => { forget(); void queries.invalidateQueries({ queryKey: ['alerts'] }); notifications.show({ message: t('decided'), color: 'teal' }); onDone(); },
  });
  return (
    <Stack>
      <Text>{alert.reason[language]}</Text>
      <Group gap="lg"><div><Text size="xs" c="dimmed">{t('stake')}</Text><Text fw={650}>{money(alert.moneyAtStake, alert.currency)}</Text></div><div><Text size="xs" c="dimmed">{t('raised')}</Text><Text size="sm">{moment(alert.raisedAt)}</Text></div></Group>
      {alert.subjectType === 'customer' && <Button component={Link} to={`/customers/${alert.subjectId}`} variant="default" size="xs">{t('openCustomer')}</Button>}
      <Text fw={600} size="sm">{t('evidence')}</Text>
      <Table fz="sm"><Table.Tbody>{alert.evidence.map((one) => <Table.Tr key={one.name}><Table.Th fw={500}>{t('evidence_' + one.name)}</Table.Th><Table.Td ta="right" style={{ overflowWrap: 'anywhere' }}>{one.value}</Table.Td></Table.Tr>)}</Table.Tbody></Table>
      <Text size="xs" c="dimmed">{t('formula', { version: alert.formulaVersion })}</Text>
      {alert.state === 'open' ? (
        <>
          <Textarea label={t('why')} description={t('whyDismiss')} maxLength={1000} autosize minRows={2} maxRows={8} dir="auto" value={form.reason} onChange={(event) => set({ reason: event.currentTarget.value })} />
          <Refusal error={decide.error} />
          <Group justify="flex-end"><Button variant="default" disabled={!form.reason.trim()} loading={decide.isPending && decide.variables === 'dismissed'} onClick={() => decide.mutate('dismissed')}>{t('dismiss')}</Button><Button loading={decide.isPending && decide.variables === 'acted'} onClick={() => decide.mutate('acted')}>{t('act')}</Button></Group>
        </>
      ) : <Group gap="xs"><Badge variant="light" tt="none">{t(alert.state)}</Badge><Text size="sm" dir="auto">{alert.decisionReason}</Text></Group>}
    </Stack>
  );
}
