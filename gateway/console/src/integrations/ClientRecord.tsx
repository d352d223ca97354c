import { Button, Checkbox, Group, NumberInput, Progress, Stack, Switch, Table, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconKey } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { customer360Api, seen, take } from '../api/client';
import type { components } from '../api/generated/customer360';
import { Problem } from '../api/problems';
import { ChartCard } from '../kit/ChartCard';
import { useDraft } from '../kit/draft';
import { day, moment, number, percent } from '../kit/format';
import { Panel, RecordPage } from '../kit/Record';
import { useSaveSeen } from '../kit/saveSeen';
import { Failed, Lines, Loaded, PageTitle, Refusal } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { useShortcuts } from '../shell/shortcuts';
import { Active } from './Integrations';
import { useIntegrationTexts } from './texts';

type Client = components['schemas']['ManageClientsResponse'];
export const SERVICES = ['*', 'customer', 'sales', 'service', 'loyalty', 'campaign', 'analytics', 'customer360', 'gateway'];

const formOf = ({ name, department, scopes, perMinute, perDay, isActive }: Client) => ({ name, department, scopes, perMinute, perDay, isActive });
type Details = ReturnType<typeof formOf>;
const NEW: Details = { name: '', department: '', scopes: [], perMinute: 600, perDay: 100_000, isActive: true };
const read = (subject: string) => take(customer360Api.GET('/api/gateway/v1/clients/{subject}', { params: { path: { subject } } }));

export function NewClient() {
  const t = useIntegrationTexts();
  const navigate = useNavigate();
  usePage([{ label: t('title'), to: '/integrations?tab=clients' }, { label: t('newClient') }]);
  return <><PageTitle title={t('newClient')} hint={t('noClientsHint')} /><Stack maw={620}><Settings saved={(one) => void navigate(`/integrations/clients/${encodeURIComponent(one.subject)}`, { replace: true })} /></Stack></>;
}

/** A system with a token of its own: what it may, how much, and how much it does. */
export function ClientRecord() {
  const t = useIntegrationTexts();
  const { subject = '' } = useParams();
  const [round, setRound] = useState(0);
  const query = useQuery({ queryKey: ['api-client', subject], queryFn: () => read(subject) });
  const one = query.data;
  usePage([{ label: t('title'), to: '/integrations?tab=clients' }, { label: one?.name ?? '…' }]);
  if (query.error && !one) return <Failed error={query.error} onRetry={() => void query.refetch()} />;
  if (!one) return <Lines rows={8} height={22} />;
  return (
    <RecordPage type={`${t('client')} · ${one.subject}`} title={one.name} icon={<IconKey size={40} stroke={1.4} aria-hidden />} badge={<Active is={one.isActive} />}
      facts={[{ label: t('department'), value: one.department }, { label: t('perMinute'), value: number(one.perMinute) }, { label: t('perDay'), value: number(one.perDay) }, { label: t('changed'), value: <>{moment(one.changedAt)} · {t('changedBy', { name: one.changedBy })}</> }]}
      side={<Panel title={t('settings')}><Settings key={round} client={one} saved={() => setRound(round + 1)} /></Panel>}>
      <Usage subject={one.subject} perDay={one.perDay} />
    </RecordPage>
  );
}

function Usage({ subject, perDay }: { subject: string; perDay: number }) {
  const t = useIntegrationTexts();
  const query = useQuery({ queryKey: ['api-client', subject, 'usage'], queryFn: () => take(customer360Api.GET('/api/gateway/v1/clients/{subject}/usage', { params: { path: { subject } } })) });
  const days = useMemo(() => [...(query.data ?? [])].reverse(), [query.data]);
  const option = useMemo(() => ({
    tooltip: { trigger: 'axis' }, legend: { top: 0 }, xAxis: { type: 'category', data: days.map((one) => day(one.day)) }, yAxis: { type: 'value', minInterval: 1 },
    series: [{ name: t('calls'), type: 'bar', stack: 'all', data: days.map((one) => one.calls) }, { name: t('refused'), type: 'bar', stack: 'all', color: '#e03131', data: days.map((one) => one.refused) }],
  }), [days, t]);
  const today = days.find((one) => one.day === new Date().toISOString().slice(0, 10))?.calls ?? 0;
  return (
    <Loaded query={query}>{() => (
      <Stack>
        <Panel title={t('today')}><Group justify="space-between" mb={6}><Text fw={650}>{number(today)}</Text><Text size="sm" c="dimmed">{t('ofQuota', { share: percent(today / perDay, 1) })}</Text></Group><Progress value={Math.min(100, (today / perDay) * 100)} color={today >= perDay ? 'red' : today >= perDay * 0.8 ? 'yellow' : 'teal'} aria-label={t('today')} /></Panel>
        <ChartCard name="api-client-usage" title={t('usage')} definition={t('usageDefinition')} option={option} header={[t('day'), t('calls'), t('refused')]} rows={days.map((one) => [day(one.day), one.calls, one.refused])} />
      </Stack>
    )}</Loaded>
  );
}

function Settings({ client, saved }: { client?: Client; saved: (client: Client) => void }) {
  const t = useIntegrationTexts();
  const kit = useKitTexts();
  const queries = useQueryClient();
  const [pinned] = useState(client);
  const [subject, setSubject] = useState('client:');
  const [form, set, forget] = useDraft<Details>(`api-client.${pinned ? `${pinned.subject}.${pinned.version}` : 'new'}`, pinned ? formOf(pinned) : NEW);
  const { save, pending, error, dialog } = useSaveSeen<Client, Details>({
    record: pinned, formOf, read: () => read(pinned!.subject),
    write: (now, version) => take(customer360Api.PUT('/api/gateway/v1/clients/{subject}', { params: { path: { subject: pinned?.subject ?? subject } }, headers: version === undefined ? {} : seen(version), body: { ...now, name: now.name.trim(), department: now.department.trim() } })),
    label: (field) => t({ name: 'name', department: 'department', scopes: 'scopes', perMinute: 'perMinute', perDay: 'perDay', isActive: 'state' }[field]),
    show: (value) => (Array.isArray(value) ? value.join(', ') : typeof value === 'boolean' ? t(value ? 'active' : 'inactive') : typeof value === 'number' ? number(value) : String(value)),
    saved: (now) => {
      forget();
      queries.setQueryData(['api-client', now.subject], now);
      void queries.invalidateQueries({ queryKey: ['api-clients'] });
      notifications.show({ message: kit('saved'), color: 'teal' });
      saved(now);
    },
  });
  const isTaken = !pinned && error instanceof Problem && error.status === 412;
  const complete = form.name.trim() !== '' && form.department.trim() !== '' && form.scopes.length > 0 && form.perMinute > 0 && form.perDay > 0 && (pinned !== undefined || /^client:[\w.@-]+$/.test(subject));
  const submit = () => { if (complete && !pending) save(form); };
  useShortcuts({ 'mod+Enter': submit, 'mod+s': submit });
  const toggle = (scope: string, on: boolean) => set({ scopes: on ? [...form.scopes, scope].sort() : form.scopes.filter((one) => one !== scope) });
  return (
    <form aria-label={t('settings')} onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <Stack gap="sm">
        {!pinned && <TextInput label={t('subject')} description={t('subjectHint')} required maxLength={200} value={subject} onChange={(event) => setSubject(event.currentTarget.value.trim())} error={isTaken && t('taken')} />}
        <TextInput label={t('name')} required maxLength={100} dir="auto" value={form.name} onChange={(event) => set({ name: event.currentTarget.value })} />
        <TextInput label={t('department')} required maxLength={100} dir="auto" value={form.department} onChange={(event) => set({ department: event.currentTarget.value })} />
        <div>
          <Text size="sm" fw={500}>{t('scopes')}</Text><Text size="xs" c="dimmed">{form.scopes.length === 0 ? t('scopeMissing') : t('scopesHint')}</Text>
          <Table fz="sm" mt={4} aria-label={t('scopes')}>
            <Table.Thead><Table.Tr><Table.Th>{t('service')}</Table.Th><Table.Th>{t('read')}</Table.Th><Table.Th>{t('write')}</Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>{SERVICES.map((service) => (
              <Table.Tr key={service}>
                <Table.Th fw={400}>{t('s_' + service)}</Table.Th>
                {(['read', 'write'] as const).map((right) => <Table.Td key={right}><Checkbox aria-label={`${t('s_' + service)}: ${t(right)}`} checked={form.scopes.includes(`${service}:${right}`)} onChange={(event) => toggle(`${service}:${right}`, event.currentTarget.checked)} /></Table.Td>)}
              </Table.Tr>
            ))}</Table.Tbody>
          </Table>
        </div>
        <Group grow>
          <NumberInput label={t('perMinute')} required min={1} max={1_000_000} allowDecimal={false} value={form.perMinute} onChange={(value) => set({ perMinute: Number(value) || 0 })} />
          <NumberInput label={t('perDay')} required min={1} max={1_000_000_000} allowDecimal={false} value={form.perDay} onChange={(value) => set({ perDay: Number(value) || 0 })} />
        </Group>
        <Switch label={t('active')} checked={form.isActive} onChange={(event) => set({ isActive: event.currentTarget.checked })} />
        {!isTaken && <Refusal error={error} />}
        <Group justify="flex-end"><Button type="submit" disabled={!complete} loading={pending}>{kit('save')}</Button></Group>
      </Stack>
      {dialog}
    </form>
  );
}
