import { Anchor, Badge, Button, Card, Checkbox, Group, NativeSelect, SimpleGrid, Stack, Table, Tabs, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { analyticsApi, once, take } from '../api/client';
import { Problem } from '../api/problems';
import { ChartCard, Tile } from '../kit/ChartCard';
import { CustomerName } from '../kit/CustomerName';
import { actor, compact, day, moment, money, number, percent } from '../kit/format';
import { useLanguage } from '../kit/i18n';
import { ListView } from '../kit/ListView';
import { usePaged } from '../kit/paged';
import { Empty, Loaded, PageTitle } from '../kit/States';
import { useKitTexts } from '../kit/texts';
import { usePage } from '../shell/page';
import { ANALYSTS, useMay } from '../shell/session';
import { byRecencyAndFrequency, paretoOf } from './curves';
import { OfferRules } from './OfferRules';
import { useAnalyticsTexts } from './texts';

export function ValueDashboard() {
  const t = useAnalyticsTexts();
  const [search, setSearch] = useSearchParams();
  const analyst = useMay(...ANALYSTS);
  usePage([{ label: t('title') }]);
  return (
    <>
      <PageTitle title={t('title')} hint={t('hint')}>{analyst && <Fit />}</PageTitle>
      <Tabs value={search.get('tab') ?? 'overview'} onChange={(tab) => setSearch({ tab: tab ?? 'overview' }, { replace: true })}>
        <Tabs.List mb="md"><Tabs.Tab value="overview">{t('overview')}</Tabs.Tab><Tabs.Tab value="ranking">{t('ranking')}</Tabs.Tab><Tabs.Tab value="offers">{t('offerRules')}</Tabs.Tab>{analyst && <Tabs.Tab value="models">{t('models')}</Tabs.Tab>}</Tabs.List>
        <Tabs.Panel value="overview"><Overview /></Tabs.Panel>
        <Tabs.Panel value="ranking"><Ranking /></Tabs.Panel>
        <Tabs.Panel value="offers"><OfferRules /></Tabs.Panel>
        <Tabs.Panel value="models"><Models /></Tabs.Panel>
      </Tabs>
    </>
  );
}

function Fit() {
  const t = useAnalyticsTexts();
  const queries = useQueryClient();
  const fit = useMutation({
    mutationFn: () => take(analyticsApi.POST('/api/analytics/v1/model-fits', { params: { header: once() }, body: { thenScore: true } as never })),
    onSuccess: () => { notifications.show({ message: t('fitStarted'), color: 'teal' }); void queries.invalidateQueries({ queryKey: ['fits'] }); },
    onError: (error) => notifications.show({ message: error.message, color: 'red' }),
  });
  return <Button variant="default" loading={fit.isPending} onClick={() => fit.mutate()}>{t('fit')}</Button>;
}

function Overview() {
  const t = useAnalyticsTexts();
  const language = useLanguage();
  const grid = useQuery({ queryKey: ['rfm-grid'], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/rfm-grid', { params: { query: { cells: 125 } } })) });
  const concentration = useQuery({ queryKey: ['concentration'], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/concentration')) });
  const spread = useQuery({ queryKey: ['value-distribution'], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/value-distribution')) });
  const [cell, setCell] = useState<number | null>(null);
  const cells = useMemo(() => byRecencyAndFrequency(grid.data?.occupied ?? []), [grid.data]);
  const asOf = spread.data?.inputsAsOf;
  const currency = grid.data?.currency ?? spread.data?.currency;

  const gridOption = useMemo(() => ({
    tooltip: {}, xAxis: { type: 'category', data: ['1', '2', '3', '4', '5'], name: t('recency'), nameLocation: 'middle', nameGap: 26 }, yAxis: { type: 'category', data: ['1', '2', '3', '4', '5'], name: t('frequency'), nameTextStyle: { align: 'left' } },
    grid: { left: 8, right: 12, top: 30, bottom: 26, containLabel: true },
    visualMap: { max: Math.max(1, ...cells.map((one) => one.customers)) },
    series: [{ type: 'heatmap', data: cells.map((one) => [one.recency - 1, one.frequency! - 1, one.customers]), label: { show: true } }],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the labels
  }), [cells, t, language]);
  const segments = useMemo(() => {
    const all = grid.data?.occupied ?? [];
    const sums = new Map<string, { customers: number; clv: number; spend: number }>();
    for (const one of all) { const sum = sums.get(one.segment) ?? { customers: 0, clv: 0, spend: 0 }; sums.set(one.segment, { customers: sum.customers + one.customers, clv: sum.clv + one.clv, spend: sum.spend + one.netSpend }); }
    return [...sums].sort((a, b) => b[1].customers - a[1].customers);
  }, [grid.data]);
  const segmentOption = useMemo(() => ({ tooltip: {}, xAxis: { type: 'value' }, yAxis: { type: 'category', inverse: true, data: segments.map(([name]) => t(name)) }, series: [{ type: 'bar', barWidth: '60%', itemStyle: { borderRadius: [0, 4, 4, 0] }, data: segments.map(([, sum]) => sum.customers) }],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the labels
  }), [segments, t, language]);
  const pareto = useMemo(() => paretoOf(concentration.data?.lorenzCurve ?? [0, 1]), [concentration.data]);
  const paretoOption = useMemo(() => ({
    tooltip: { trigger: 'axis', valueFormatter: (value: number) => percent(value, 1) }, legend: {},
    xAxis: { type: 'value', min: 0, max: 1, axisLabel: { formatter: (value: number) => percent(value) } }, yAxis: { type: 'value', min: 0, max: 1, axisLabel: { formatter: (value: number) => percent(value) } },
    series: [{ name: t('shareRevenue'), type: 'line', showSymbol: false, areaStyle: { opacity: 0.1 }, data: pareto }, { name: t('equal'), type: 'line', showSymbol: false, lineStyle: { type: 'dashed', width: 1 }, data: [[0, 0], [1, 1]] }],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the labels
  }), [pareto, t, language]);
  const bins = useMemo(() => spread.data?.clv ?? [], [spread.data]);
  const clvOption = useMemo(() => ({ tooltip: { trigger: 'axis' }, xAxis: { type: 'category', data: bins.map((bin) => `< ${compact(bin.to)}`) }, yAxis: { type: 'value', minInterval: 1 }, series: [{ type: 'bar', barCategoryGap: '12%', itemStyle: { borderRadius: [4, 4, 0, 0] }, data: bins.map((bin) => bin.customers) }],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the numbers
  }), [bins, language]);
  const alive = useMemo(() => spread.data?.alive ?? [], [spread.data]);
  const aliveOption = useMemo(() => ({ tooltip: { trigger: 'axis' }, xAxis: { type: 'category', data: alive.map((bin) => percent(bin.from)) }, yAxis: { type: 'value', minInterval: 1 }, series: [{ type: 'bar', barCategoryGap: '12%', itemStyle: { borderRadius: [4, 4, 0, 0], color: '#0d9488' }, data: alive.map((bin) => bin.customers) }],
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the language changes the numbers
  }), [alive, language]);
  const choose = useCallback((index: number) => setCell(index), []);

  if (grid.error instanceof Problem && grid.error.status < 500 && grid.error.status !== 403 && grid.error.status !== 429) return <Card withBorder><Empty title={t('noScores')} hint={t('noScoresHint')} /></Card>;
  const chosen = cell === null ? undefined : cells[cell];
  return (
    <Stack>
      <Loaded query={grid} rows={3}>
        {(data) => (
          <SimpleGrid cols={{ base: 2, md: 3, xl: 5 }}>
            <Tile label={t('customers')} value={number(data.customers)} /><Tile label={t('totalClv')} value={money(cells.reduce((sum, one) => sum + one.clv, 0), data.currency)} definition={t('totalClvDefinition')} />
            <Tile label={t('topFifth')} value={percent(concentration.data?.topFifthShare, 1)} definition={t('topFifthDefinition')} /><Tile label={t('for80')} value={percent(concentration.data?.smallestFractionFor80Percent, 1)} definition={t('for80Definition')} />
            <Tile label={t('gini')} value={number(concentration.data?.gini, 3)} definition={t('giniDefinition')} />
          </SimpleGrid>
        )}
      </Loaded>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <ChartCard name="rfm-grid" title={t('rfm')} definition={t('rfmDefinition')} asOf={asOf} option={gridOption} height={320} onClick={choose} header={[t('recency'), t('frequency'), t('segment'), t('count'), t('spend'), t('clv')]} rows={cells.map((one) => [one.recency, one.frequency, t(one.segment), one.customers, one.netSpend, one.clv])}>
          {chosen && <Group mt="xs" justify="space-between" role="status"><Text size="sm"><b>{t('cell', { recency: chosen.recency, frequency: chosen.frequency })}</b> · {t(chosen.segment)} · {number(chosen.customers)} · {money(chosen.clv, currency)}</Text><Anchor component={Link} size="sm" to={`/segments/new?criteria=${encodeURIComponent(JSON.stringify({ all: [{ field: 'recencyScore', op: 'eq', value: chosen.recency }, { field: 'frequencyScore', op: 'eq', value: chosen.frequency }] }))}`}>{t('cellSegment')}</Anchor></Group>}
        </ChartCard>
        <ChartCard name="segments" title={t('segments')} definition={t('segmentsDefinition')} asOf={asOf} option={segmentOption} height={320} header={[t('segment'), t('count'), t('spend'), t('clv')]} rows={segments.map(([name, sum]) => [t(name), sum.customers, sum.spend, sum.clv])} />
        <ChartCard name="pareto" title={t('pareto')} definition={t('paretoDefinition')} asOf={concentration.data?.to} option={paretoOption} header={[t('shareCustomers'), t('shareRevenue')]} rows={pareto.filter((_, index) => index % 5 === 0).map(([customers, revenue]) => [percent(customers), percent(revenue, 1)])} />
        <ChartCard name="clv" title={t('distribution')} definition={t('distributionDefinition')} asOf={asOf} option={clvOption} header={[t('clv'), t('count'), t('totalClv')]} rows={bins.map((bin) => [`${money(bin.from, currency)} – ${money(bin.to, currency)}`, bin.customers, bin.clv])}>
          {spread.data && <Text size="sm" mt="xs" role="status">{t('quantiles', { median: money(spread.data.quantiles[2]?.clv, currency), tenth: money(spread.data.quantiles[4]?.clv, currency), mean: money(spread.data.meanClv, currency) })}</Text>}
        </ChartCard>
        <ChartCard name="p-alive" title={t('alive')} definition={t('aliveDefinition')} asOf={asOf} option={aliveOption} header={[t('pAlive'), t('count'), t('totalClv')]} rows={alive.map((bin) => [`${percent(bin.from)} – ${percent(bin.to)}`, bin.customers, bin.clv])} />
      </SimpleGrid>
    </Stack>
  );
}

type Value = { customerId: string; clv: number; currency: string; clvPercentile: number; probabilityAlive: number; expectedPurchases: number; rfm: { recency: number; frequency: number; monetary: number; segment: string; daysSinceLastPurchase: number; netSpend: number } };

function Ranking() {
  const t = useAnalyticsTexts();
  const [search, setSearch] = useSearchParams();
  const sort = search.get('sort') ?? 'clv';
  const order = search.get('order') ?? 'desc';
  const top = search.get('top') === '1';
  const set = (name: string, value: string) => setSearch((now) => { if (value) now.set(name, value); else now.delete(name); return now; }, { replace: true });
  const query = usePaged(['values', sort, order, top], (cursor) => take(analyticsApi.GET('/api/analytics/v1/customer-values', { params: { query: { sort, order, minClvPercentile: top ? 0.8 : undefined, limit: 50, cursor } } })));
  return (
    <ListView<Value> name="values" label={t('ranking')} query={query as never} rowKey={(row) => row.customerId} to={(row) => `/customers/${row.customerId}`} sortable={false} empty={<Empty title={t('noScores')} hint={t('noScoresHint')} />} height="calc(100dvh - 300px)"
      toolbar={<>
        <NativeSelect aria-label={t('ranking')} value={sort} onChange={(event) => set('sort', event.currentTarget.value)} data={[{ value: 'clv', label: t('clv') }, { value: 'pAlive', label: t('pAlive') }, { value: 'expectedPurchases', label: t('expected') }, { value: 'rfm', label: 'RFM' }]} />
        <NativeSelect aria-label={t('order')} value={order} onChange={(event) => set('order', event.currentTarget.value)} data={[{ value: 'desc', label: t('highest') }, { value: 'asc', label: t('lowest') }]} />
        <Checkbox label={t('topOnly')} checked={top} onChange={(event) => set('top', event.currentTarget.checked ? '1' : '')} />
      </>}
      columns={[
        { key: 'name', header: t('name'), value: (row) => row.customerId, width: 190, cell: (row) => <CustomerName id={row.customerId} /> },
        { key: 'clv', header: t('clv'), value: (row) => row.clv, width: 130, align: 'right', cell: (row) => money(row.clv, row.currency) },
        { key: 'percentile', header: t('percentile'), value: (row) => row.clvPercentile, width: 90, align: 'right', cell: (row) => percent(row.clvPercentile) },
        { key: 'alive', header: t('pAlive'), value: (row) => row.probabilityAlive, width: 100, align: 'right', cell: (row) => percent(row.probabilityAlive, 1) },
        { key: 'expected', header: t('expected'), value: (row) => row.expectedPurchases, width: 120, align: 'right', cell: (row) => number(row.expectedPurchases, 2) },
        { key: 'rfm', header: 'RFM', value: (row) => `${row.rfm.recency}${row.rfm.frequency}${row.rfm.monetary}`, width: 80 },
        { key: 'segment', header: t('segment'), value: (row) => t(row.rfm.segment), width: 130, cell: (row) => <Badge size="sm" variant="light">{t(row.rfm.segment)}</Badge> },
        { key: 'days', header: t('lastDays'), value: (row) => row.rfm.daysSinceLastPurchase, width: 110, align: 'right' },
        { key: 'spend', header: t('spend'), value: (row) => row.rfm.netSpend, width: 130, align: 'right', cell: (row) => money(row.rfm.netSpend, row.currency) },
      ]} />
  );
}

function Models() {
  const t = useAnalyticsTexts();
  const kit = useKitTexts();
  const fits = useQuery({ queryKey: ['fits'], refetchInterval: 5000, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/model-fits', { params: { query: { limit: 10 } } })) });
  const runs = useQuery({ queryKey: ['runs'], refetchInterval: 5000, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/scoring-runs', { params: { query: { limit: 10 } } })) });
  return (
    <Stack>
      <Card withBorder><Text fw={600} mb="xs">{t('modelRuns')}</Text><Loaded query={fits}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noRuns')}</Text> : (
        <Table.ScrollContainer minWidth={640}><Table fz="sm"><Table.Thead><Table.Tr><Table.Th>{t('when')}</Table.Th><Table.Th>{t('state')}</Table.Th><Table.Th>{t('asOf')}</Table.Th><Table.Th>{t('count')}</Table.Th><Table.Th>BG/NBD</Table.Th><Table.Th>{t('by')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{page.items.map((one) => <Table.Tr key={one.id}><Table.Td>{moment(one.status.createdAt)}</Table.Td><Table.Td><Badge size="sm" variant="light" color={one.status.state === 'succeeded' ? 'teal' : one.status.state === 'failed' ? 'red' : 'blue'}>{kit('job_' + one.status.state)}</Badge></Table.Td><Table.Td>{day(one.calibrationEnd)}</Table.Td><Table.Td>{number(one.result?.customers)}</Table.Td><Table.Td>{one.result && Object.entries(one.result.bgNbd.parameters).map(([name, value]) => `${name} ${number(value, 4)}`).join(' · ')}</Table.Td><Table.Td>{actor(one.status.createdBy)}</Table.Td></Table.Tr>)}</Table.Tbody></Table></Table.ScrollContainer>
      )}</Loaded></Card>
      <Card withBorder><Text fw={600} mb="xs">{t('runs')}</Text><Loaded query={runs}>{(page) => page.items.length === 0 ? <Text size="sm" c="dimmed">{t('noRuns')}</Text> : (
        <Table.ScrollContainer minWidth={560}><Table fz="sm"><Table.Thead><Table.Tr><Table.Th>{t('when')}</Table.Th><Table.Th>{t('state')}</Table.Th><Table.Th>{t('asOf')}</Table.Th><Table.Th>{t('count')}</Table.Th><Table.Th>{t('currency')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{page.items.map((one) => <Table.Tr key={one.id}><Table.Td>{moment(one.status.createdAt)}</Table.Td><Table.Td><Badge size="sm" variant="light" color={one.status.state === 'succeeded' ? 'teal' : one.status.state === 'failed' ? 'red' : 'blue'}>{kit('job_' + one.status.state)}</Badge></Table.Td><Table.Td>{day(one.asOf)}</Table.Td><Table.Td>{number(one.result?.customers)}</Table.Td><Table.Td>{one.currency}</Table.Td></Table.Tr>)}</Table.Tbody></Table></Table.ScrollContainer>
      )}</Loaded></Card>
    </Stack>
  );
}
