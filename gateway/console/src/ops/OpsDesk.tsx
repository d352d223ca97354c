import { Anchor, Badge, Code, Group, Modal, SimpleGrid, Stack, Table, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { analyticsApi, campaignApi, take } from '../api/client';
import { clock, duration, moment, number } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Panel } from '../kit/Record';
import { Empty, Loaded, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { ANALYSTS, MARKETING, useMay } from '../shell/session';
import { useOpsTexts } from './texts';

/** One cheap read of each service, through the gateway as everybody's requests go. */
const PROBES: [service: string, path: string][] = [
  ['customer', '/api/customer/v1/customers?limit=1'], ['sales', '/api/sales/v1/products?limit=1'], ['service', '/api/service/v1/cases?limit=1'],
  ['loyalty', '/api/loyalty/openapi.json'], ['campaign', '/api/campaign/v1/segment-operators'], ['analytics', '/api/analytics/v1/customer-values?limit=1'], ['gateway', '/health/ready'],
];

async function probe(path: string) {
  const begun = performance.now();
  const response = await fetch(path, { signal: AbortSignal.timeout(5000) }).catch(() => null);
  return { ok: response !== null && response.status < 500, status: response?.status ?? 0, ms: performance.now() - begun };
}

export function OpsDesk() {
  const t = useOpsTexts();
  const analyst = useMay(...ANALYSTS);
  const marketing = useMay(...MARKETING, 'ops');
  usePage([{ label: t('title') }]);
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')} />
      <Tabs defaultValue="services">
        <Tabs.List mb="md"><Tabs.Tab value="services">{t('services')}</Tabs.Tab>{marketing && <Tabs.Tab value="sending">{t('sending')}</Tabs.Tab>}{analyst && <Tabs.Tab value="events">{t('events')}</Tabs.Tab>}</Tabs.List>
        <Tabs.Panel value="services"><Services /></Tabs.Panel><Tabs.Panel value="sending"><Sending /></Tabs.Panel><Tabs.Panel value="events"><Events /></Tabs.Panel>
      </Tabs>
    </>
  );
}

function Services() {
  const t = useOpsTexts();
  const query = useQuery({ queryKey: ['health'], refetchInterval: 10_000, queryFn: async () => ({ at: new Date(), parts: await Promise.all(PROBES.map(async ([service, path]) => ({ service, ...(await probe(path)) }))) }) });
  return (
    <Stack>
      <Text size="sm" c="dimmed">{t('servicesHint')}</Text>
      <Loaded query={query} rows={6}>
        {({ at, parts }) => (
          <>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
              {parts.map((one) => <Panel key={one.service} title={one.service} action={<Badge variant="light" color={one.ok ? 'teal' : 'red'}>{t(one.ok ? 'up' : 'down')}</Badge>}><Group justify="space-between"><Text size="sm" c="dimmed">{t('latency')}</Text><Text size="sm" fw={600}>{number(one.ms)} ms</Text></Group></Panel>)}
            </SimpleGrid>
            <Text size="xs" c="dimmed" aria-live="polite">{t('checked')} {clock(at)}</Text>
          </>
        )}
      </Loaded>
      <Panel title={t('queues')}><Text size="sm" c="dimmed">{t('queuesHint')}</Text></Panel>
    </Stack>
  );
}

function Sending() {
  const t = useOpsTexts();
  const running = useQuery({
    queryKey: ['ops', 'sending'], refetchInterval: 3000,
    queryFn: async () => {
      const page = await take(campaignApi.GET('/api/campaign/v1/campaigns', { params: { query: { state: ['sending'], limit: 20 } } }));
      return Promise.all(page.items.map(async (one) => ({ ...one, numbers: await take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/statistics', { params: { path: { id: one.id } } })) })));
    },
  });
  const quarantine = useQuery({ queryKey: ['quarantine'], retry: false, queryFn: () => take(campaignApi.GET('/api/campaign/v1/inbound-quarantine', { params: { query: { limit: 50 } } })) });
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel title={t('sending')}><Loaded query={running}>{(items) => items.length === 0 ? <Text size="sm" c="dimmed">{t('noSending')}</Text> : <>{items.map((one) => <Group key={one.id} justify="space-between"><Anchor component={Link} to={`/campaigns/${one.id}`} size="sm">{one.name}</Anchor><Group gap="xs"><Badge variant="light">{t('backlog', { count: number(one.numbers.planned + one.numbers.sending) })}</Badge>{one.numbers.unknown > 0 && <Badge color="orange" variant="light">{t('unknown')} {number(one.numbers.unknown)}</Badge>}</Group></Group>)}</>}</Loaded></Panel>
      <Panel title={t('quarantine')}><Loaded query={quarantine}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noQuarantine')}</Text> : <Table fz="sm"><Table.Tbody>{page.items.map((one) => <Table.Tr key={one.id}><Table.Td>{moment(one.receivedAt)}</Table.Td><Table.Td>{one.kind}</Table.Td><Table.Td>{one.reason}</Table.Td></Table.Tr>)}</Table.Tbody></Table>}</Loaded></Panel>
    </SimpleGrid>
  );
}

type Event = { eventId: string; type: string; occurredAt: string; recordedAt: string; payload: unknown };

function Events() {
  const t = useOpsTexts();
  const [shown, setShown] = useState<Event | null>(null);
  const query = usePaged(['events'], (cursor) => take(analyticsApi.GET('/api/analytics/v1/events', { params: { query: { limit: 100, cursor } } })));
  const name = (type: string) => type.split('.').at(-1)!;
  return (
    <>
      <ListView<Event> name="events" label={t('events')} query={query as never} rowKey={(row) => row.eventId} sortable={false} height="calc(100dvh - 300px)" empty={<Empty title={t('noEvents')} hint={t('noEventsHint')} />}
        columns={[
          { key: 'event', header: t('event'), value: (row) => name(row.type), width: 220, cell: (row) => <Anchor component="button" type="button" size="sm" onClick={() => setShown(row)}>{name(row.type)}</Anchor> },
          { key: 'occurred', header: t('occurred'), value: (row) => row.occurredAt, width: 200, cell: (row) => moment(row.occurredAt) }, { key: 'recorded', header: t('recorded'), value: (row) => row.recordedAt, width: 200, cell: (row) => moment(row.recordedAt) },
          { key: 'lag', header: t('lag'), value: (row) => Date.parse(row.recordedAt) - Date.parse(row.occurredAt), width: 140, align: 'right', cell: (row) => duration(Math.max(0, (Date.parse(row.recordedAt) - Date.parse(row.occurredAt)) / 1000)) },
        ]} />
      <Modal opened={shown !== null} onClose={() => setShown(null)} title={shown && name(shown.type)} size="lg"><Code block>{JSON.stringify(shown?.payload, null, 2)}</Code></Modal>
    </>
  );
}
