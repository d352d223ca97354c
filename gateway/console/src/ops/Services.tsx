import { Alert, Badge, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { clock, duration, number } from '../kit/format';
import { Fields, Panel } from '../kit/Record';
import { Loaded } from '../kit/States';
import { OPS, useMay } from '../shell/session';
import { deadOf, type Told, useOperations } from './operations';
import { useOpsTexts } from './texts';

/** One cheap read of each service, through the gateway as everybody's requests go. */
const PROBES: [service: string, path: string][] = [
  ['customer', '/api/customer/v1/customers?limit=1'], ['sales', '/api/sales/v1/products?limit=1'], ['service', '/api/service/v1/cases?limit=1'],
  ['loyalty', '/api/loyalty/openapi.json'], ['campaign', '/api/campaign/v1/segment-operators'], ['analytics', '/api/analytics/v1/customer-values?limit=1'], ['gateway', '/health/ready'],
];

async function probe(path: string) {
  const begun = performance.now();
  const response = await fetch(path, { signal: AbortSignal.timeout(5000) }).catch(() => null);
  return { ok: response !== null && response.status < 500, ms: performance.now() - begun };
}

/** An event that waits longer than that is late. */
const LATE_SECONDS = 10;

export function Services() {
  const t = useOpsTexts();
  const may = useMay(...OPS);
  const query = useQuery({ queryKey: ['health'], refetchInterval: 10_000, queryFn: async () => ({ at: new Date(), parts: await Promise.all(PROBES.map(async ([service, path]) => ({ service, ...(await probe(path)) }))) }) });
  const operations = useOperations(may);
  const told = new Map<string, Told>(operations.data?.services.map((one) => [one.service, one]));
  const answering = operations.data?.services.filter((one) => one.state) ?? [];
  return (
    <Stack>
      <Text size="sm" c="dimmed">{t('servicesHint')}</Text>
      {answering.length > 0 && answering.every((one) => one.state!.queues === null) && <Alert color="red" variant="light" role="alert" title={t('brokerAway')}>{t('brokerAwayHint')}</Alert>}
      <Loaded query={query} rows={6}>
        {({ at, parts }) => (
          <>
            <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
              {parts.map((one) => <Part key={one.service} {...one} told={told.get(one.service)} />)}
            </SimpleGrid>
            <Text size="xs" c="dimmed" aria-live="polite">{t('checked')} {clock(at)}</Text>
          </>
        )}
      </Loaded>
    </Stack>
  );
}

function Part({ service, ok, ms, told }: { service: string; ok: boolean; ms: number; told?: Told }) {
  const t = useOpsTexts();
  const state = told?.state;
  const waiting = (state?.queues ?? []).reduce((sum, queue) => sum + queue.ready, 0);
  const dead = told ? deadOf(told) : 0;
  return (
    <Panel title={service} action={<Badge variant="light" color={ok ? 'teal' : 'red'}>{t(ok ? 'up' : 'down')}</Badge>}>
      <Fields fields={[
        { label: t('latency'), value: `${number(ms)} ms` },
        ...(state ? [
          { label: t('inQueues'), value: state.queues === null ? t('unknown') : number(waiting) },
          { label: t('outboxLag'), value: state.outbox.pending === 0 ? t('nothingWaits') : <Text component="span" size="sm" c={state.outbox.lagSeconds > LATE_SECONDS ? 'red' : undefined}>{number(state.outbox.pending)} · {duration(state.outbox.lagSeconds)}</Text> },
          { label: t('deadLetters'), value: dead === 0 ? number(0) : <Group gap={4}><Badge color="red" variant="light">{number(dead)}</Badge></Group> },
        ] : []),
      ]} />
    </Panel>
  );
}
