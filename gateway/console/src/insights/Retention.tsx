import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { analyticsApi, take } from '../api/client';
import { ChartCard } from '../kit/ChartCard';
import { month, number, percent } from '../kit/format';
import { Loaded, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { heatOf, intervalOf } from './heat';
import { useInsightTexts } from './texts';

const iso = (date: Date) => date.toISOString().slice(0, 10);
const DAYS = 180;

/** Cohorts, the funnel from registration on, and survival: three views that are never mixed. */
export function Retention() {
  const t = useInsightTexts();
  usePage([{ label: t('retention') }]);
  const now = new Date();
  const span = { from: iso(new Date(Date.UTC(now.getUTCFullYear() - 1, now.getUTCMonth(), 1))), to: iso(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1))) };
  const cohorts = useQuery({ queryKey: ['cohorts', span], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/retention/cohorts', { params: { query: span } })) });
  const funnel = useQuery({ queryKey: ['funnel'], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/metrics/lifecycle-funnel')) });
  const survival = useQuery({ queryKey: ['survival'], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/retention/survival', { params: { query: { inactivityDays: DAYS } } })) });
  const heat = useMemo(() => heatOf(cohorts.data?.cohorts ?? []), [cohorts.data]);
  const heatOption = useMemo(() => ({
    tooltip: { formatter: ({ value }: { value: [number, number, number] }) => `${month(heat.months[value[1]])} · ${t('month', { number: value[0] + 1 })}: ${percent(value[2], 1)}` }, grid: { left: 8, right: 12, top: 12, bottom: 28, containLabel: true },
    xAxis: { type: 'category', data: heat.ages.map(String), name: t('months'), nameLocation: 'middle', nameGap: 26 }, yAxis: { type: 'category', data: heat.months.map(month), inverse: true }, visualMap: { max: Math.max(0.05, heat.most) },
    series: [{ type: 'heatmap', data: heat.cells, label: { show: true, formatter: ({ value }: { value: [number, number, number] }) => percent(value[2]) } }],
  }), [heat, t]);
  const stages = useMemo(() => funnel.data?.stages ?? [], [funnel.data]);
  const funnelOption = useMemo(() => ({
    tooltip: {}, xAxis: { type: 'value' }, yAxis: { type: 'category', inverse: true, data: stages.map((one) => t(one.name)) },
    series: [{ type: 'bar', barWidth: '60%', label: { show: true, position: 'right', formatter: ({ dataIndex }: { dataIndex: number }) => (dataIndex === 0 ? number(stages[0]?.numerator ?? stages[0]?.value) : percent(stages[dataIndex]?.value, 1)) }, itemStyle: { borderRadius: [0, 4, 4, 0] }, data: stages.map((one, at) => (at === 0 ? one.value : one.numerator)) }],
  }), [stages, t]);
  const steps = useMemo(() => survival.data?.steps ?? [], [survival.data]);
  const survivalOption = useMemo(() => ({
    tooltip: { trigger: 'axis', valueFormatter: (value: number) => percent(value, 1) }, legend: { top: 0 }, xAxis: { type: 'value', name: t('months'), nameLocation: 'middle', nameGap: 26 }, yAxis: { type: 'value', min: 0, max: 1, axisLabel: { formatter: (value: number) => percent(value) } }, grid: { left: 8, right: 16, top: 32, bottom: 28, containLabel: true },
    series: [
      { name: t('staying'), type: 'line', step: 'end', showSymbol: false, data: [[0, 1], ...steps.map((one) => [one.time, one.survival.value])] },
      { name: t('projection'), type: 'line', showSymbol: false, lineStyle: { type: 'dashed', width: 1 }, data: (survival.data?.projection ?? []).map((value, at) => [at + 1, value]) },
    ],
  }), [steps, survival.data, t]);
  return (
    <>
      <PageTitle title={t('retention')} hint={t('retentionHint')} />
      <Stack>
        <Loaded query={cohorts}>{(data) => <ChartCard name="cohorts" title={t('cohorts')} definition={t('cohortsDefinition')} asOf={data.cohorts[0]?.rates[0]?.asOf} option={heatOption} height={Math.max(220, heat.months.length * 34 + 72)}
          header={[t('cohort'), t('size'), t('months'), t('share'), t('interval')]} rows={data.cohorts.flatMap((one) => one.rates.map((rate, age) => [month(one.month), one.size, age, percent(rate.value, 1), intervalOf(rate, (value) => percent(value, 1))]))} />}</Loaded>
        <SimpleGrid cols={{ base: 1, lg: 2 }}>
          <Loaded query={funnel}>{(data) => <ChartCard name="funnel" title={t('funnel')} definition={t('funnelDefinition')} asOf={data.stages[0]?.asOf} option={funnelOption} header={[t('stage'), t('count'), t('share'), t('interval')]} rows={data.stages.map((one, at) => [t(one.name), at === 0 ? one.value : one.numerator, at === 0 ? null : percent(one.value, 1), intervalOf(one, (value) => percent(value, 1))])} />}</Loaded>
          <Loaded query={survival}>{(data) => <ChartCard name="survival" title={t('survival')} definition={t('survivalDefinition', { days: DAYS })} asOf={data.asOf} option={survivalOption} header={[t('months'), t('staying'), t('interval')]} rows={data.steps.map((one) => [one.time, percent(one.survival.value, 1), intervalOf(one.survival, (value) => percent(value, 1))])}>{data.reason && <Text size="xs" c="dimmed">{data.reason.replaceAll('_', ' ')}</Text>}</ChartCard>}</Loaded>
        </SimpleGrid>
      </Stack>
    </>
  );
}
