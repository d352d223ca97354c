import { Badge, Button, Card, Group, NativeSelect, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import { analyticsApi, once, take } from '../api/client';
import type { components } from '../api/generated/analytics';
import { ChartCard } from '../kit/ChartCard';
import { day, number } from '../kit/format';
import { Empty, Loaded, PageTitle, Refusal } from '../kit/States';
import { usePage } from '../shell/page';
import { useMay } from '../shell/session';
import { useInsightTexts } from './texts';

type Issue = components['schemas']['ProductIssueRow'];

export function ProductIssues() {
  const t = useInsightTexts();
  const [search, setSearch] = useSearchParams();
  const state = search.get('state') ?? 'open';
  const [chosen, setChosen] = useState<string | null>(null);
  usePage([{ label: t('issues') }]);
  const query = useQuery({ queryKey: ['product-issues', state], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/product-issues', { params: { query: { state, limit: 100 } } })) });
  return (
    <>
      <PageTitle title={t('issues')} hint={t('issuesHint')}><NativeSelect aria-label={t('state')} value={state} onChange={(event) => setSearch({ state: event.currentTarget.value }, { replace: true })} data={['open', 'closed'].map((one) => ({ value: one, label: t(one) }))} /></PageTitle>
      <Loaded query={query}>{(page) => page.items.length === 0 ? <Card withBorder><Empty title={t('noIssues')} hint={t('noIssuesHint')} /></Card> : (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Stack gap="sm">{page.items.map((issue) => (
            <Card key={issue.id} withBorder component="button" type="button" ta="start" onClick={() => setChosen(issue.id)} aria-pressed={chosen === issue.id} style={{ cursor: 'pointer', borderColor: chosen === issue.id ? 'var(--mantine-primary-color-filled)' : undefined }}>
              <Group justify="space-between"><Text fw={600}>{issue.sku}</Text><Badge color="orange" variant="light" tt="none">{number(issue.rateRatio, 1)}× ({number(issue.ratioLow, 1)} – {number(issue.ratioHigh, 1)})</Badge></Group>
              <Text size="sm" c="dimmed">{t('signal_' + issue.signal)} · {t('began')} {day(issue.beganOn)} · {t('events')} {number(issue.events)} / {t('expectedEvents')} {number(issue.expected, 1)}{issue.lot ? ` · ${t('lot')} ${issue.lot}` : ''}</Text>
              {issue.closedReason && <Text size="sm" dir="auto">{issue.closedReason}</Text>}
            </Card>
          ))}</Stack>
          {page.items.some((one) => one.id === chosen) && <IssueChart key={chosen} issue={page.items.find((one) => one.id === chosen)!} />}
        </SimpleGrid>
      )}</Loaded>
    </>
  );
}

function IssueChart({ issue }: { issue: Issue }) {
  const t = useInsightTexts();
  const may = useMay('service-supervisor', 'analyst');
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const query = useQuery({ queryKey: ['product-issue', issue.id, 'chart'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/product-issues/{id}/chart', { params: { path: { id: issue.id } } })) });
  const close = useMutation({ mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/product-issues/{id}/closure', { params: { path: { id: issue.id }, header: once() }, body: { reason } })), onSuccess: () => queries.invalidateQueries({ queryKey: ['product-issues'] }) });
  const weeks = useMemo(() => query.data?.weeks ?? [], [query.data]);
  const option = useMemo(() => ({
    tooltip: { trigger: 'axis', valueFormatter: (value: number) => number(value, 4) }, legend: { top: 0 }, xAxis: { type: 'category', data: weeks.map((one) => day(one.from)) }, yAxis: { type: 'value' },
    series: [{ name: t('rate'), type: 'line', data: weeks.map((one) => ({ value: one.rate, itemStyle: one.outside ? { color: '#e03131' } : undefined, symbolSize: one.outside ? 10 : 4 })) }, { name: t('low'), type: 'line', showSymbol: false, lineStyle: { type: 'dashed', width: 1 }, data: weeks.map((one) => one.low) }, { name: t('high'), type: 'line', showSymbol: false, lineStyle: { type: 'dashed', width: 1 }, data: weeks.map((one) => one.high) }],
  }), [weeks, t]);
  return (
    <Stack>
      <Loaded query={query}>{() => <ChartCard name="product-issue" title={t('issueChart', { sku: issue.sku })} definition={t('issueDefinition')} asOf={issue.raisedAt} option={option} header={[t('week'), t('events'), t('rate'), t('low'), t('high'), '']} rows={weeks.map((one) => [day(one.from), one.events, number(one.rate, 4), number(one.low, 4), number(one.high, 4), one.outside ? t('outside') : ''])} />}</Loaded>
      {may && issue.state === 'open' && <form onSubmit={(event) => { event.preventDefault(); close.mutate(); }}><Group align="flex-end"><TextInput flex={1} label={t('closing')} maxLength={1000} dir="auto" value={reason} onChange={(event) => setReason(event.currentTarget.value)} /><Button type="submit" variant="default" disabled={!reason.trim()} loading={close.isPending}>{t('closeIssue')}</Button></Group></form>}
      <Refusal error={close.error} />
    </Stack>
  );
}
