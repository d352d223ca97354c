import { Badge, Group, Progress, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { loyaltyApi, take } from '../api/client';
import { actor, moment, percent } from '../kit/format';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { type Job, pathOf } from './operations';
import { useOpsTexts } from './texts';

/** Those that work for minutes. */
const WORKERS = ['customer', 'campaign', 'analytics'] as const;
const STATES = ['queued', 'running', 'succeeded', 'failed'] as const;
const COLORS: Record<string, string> = { queued: 'gray', running: 'blue', succeeded: 'teal', failed: 'red' };

/** Imports, scans, fits, scorings, simulations: how far they are and how they ended. */
export function Jobs() {
  const t = useOpsTexts();
  const kit = useKitTexts();
  const [service, setService] = useState<(typeof WORKERS)[number]>('analytics');
  const [state, setState] = useState<string | null>(null);
  const query = usePaged(['jobs', service, state], (cursor) => take(loyaltyApi.GET(pathOf(service, '/api/loyalty/v1/operations/jobs'), { params: { query: { state: state ?? undefined, limit: 100, cursor } } })), true,
    (rows) => rows.some((row) => row.state === 'running' || row.state === 'queued'));
  return (
    <Stack>
      <Group align="flex-end">
        <Select label={t('service')} value={service} onChange={(value) => value && setService(value as typeof service)} allowDeselect={false} data={[...WORKERS]} />
        <Select label={t('state')} value={state} onChange={setState} clearable placeholder={t('anyState')} data={STATES.map((one) => ({ value: one, label: kit(`job_${one}`) }))} />
      </Group>
      <ListView<Job> key={service} name="jobs" label={t('jobs')} query={query as never} rowKey={(row) => row.id} sortable={false} height="calc(100dvh - 360px)" empty={<Empty title={t('noJobs')} />}
        columns={[
          { key: 'kind', header: t('kind'), value: (row) => t('kind_' + row.kind), width: 210 },
          { key: 'state', header: t('state'), value: (row) => row.state, width: 130, cell: (row) => <Badge variant="light" color={COLORS[row.state] ?? 'gray'}>{kit(`job_${row.state}`)}</Badge> },
          { key: 'done', header: t('progress'), value: (row) => (row.total > 0 ? row.done / row.total : null), width: 160, cell: (row) => (row.state === 'running' && row.total > 0 ? <Progress value={(100 * row.done) / row.total} w="100%" aria-label={percent(row.done / row.total)} /> : <Text size="sm">{row.total > 0 ? percent(Math.min(1, row.done / row.total)) : '–'}</Text>) },
          { key: 'by', header: t('startedBy'), value: (row) => actor(row.startedBy), width: 160 },
          { key: 'created', header: t('createdAt'), value: (row) => row.createdAt, width: 190, cell: (row) => moment(row.createdAt) },
          { key: 'finished', header: t('finishedAt'), value: (row) => row.finishedAt, width: 190, cell: (row) => (row.finishedAt ? moment(row.finishedAt) : '–') },
          { key: 'error', header: t('reason'), value: (row) => row.error, width: 260 },
        ]} />
    </Stack>
  );
}
