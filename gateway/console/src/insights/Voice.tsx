import { NativeSelect, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { analyticsApi, take } from '../api/client';
import { ChartCard, Tile } from '../kit/ChartCard';
import { number, percent } from '../kit/format';
import { Loaded, PageTitle } from '../kit/States';
import { usePage } from '../shell/page';
import { Drivers } from './Drivers';
import { intervalOf } from './heat';
import { useInsightTexts } from './texts';
import { groupName } from './words';

const KINDS = ['nps', 'csat', 'ces'] as const;
type Kind = (typeof KINDS)[number];
const write = (kind: Kind) => (value: number) => (kind === 'csat' ? percent(value, 1) : number(value, kind === 'nps' ? 1 : 2));

/** Surveys with their intervals, and how what people write sounds. */
export function Voice() {
  const t = useInsightTexts();
  const [by, setBy] = useState('week');
  usePage([{ label: t('voice') }]);
  const voice = useQuery({ queryKey: ['voice', by], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/voice', { params: { query: { groupBy: by } } })) });
  const groups = useMemo(() => voice.data?.groups ?? [], [voice.data]);
  const option = useMemo(() => ({
    tooltip: { trigger: 'axis' }, legend: { top: 0 }, xAxis: { type: 'category', data: groups.map((one) => groupName(by, one.key, t)) }, yAxis: { type: 'value', minInterval: 1 },
    series: (['negative', 'neutral', 'positive'] as const).map((name, at) => ({ name: t(name), type: 'bar', stack: 'all', color: ['#e03131', '#adb5bd', '#0d9488'][at], data: groups.map((one) => one[name]) })),
  }), [groups, by, t]);
  return (
    <>
      <PageTitle title={t('voice')} hint={t('voiceHint')} />
      <Stack>
        <SimpleGrid cols={{ base: 1, md: 3 }}>{KINDS.map((kind) => <Survey key={kind} kind={kind} />)}</SimpleGrid>
        <NativeSelect w={180} label={t('by')} value={by} onChange={(event) => setBy(event.currentTarget.value)} data={['week', 'product', 'channel', 'topic', 'language', 'segment'].map((one) => ({ value: one, label: t('by_' + one) }))} />
        <Loaded query={voice}>{(data) => <ChartCard name="voice" title={t('sentiment', { by: t('by_' + by) })} definition={t('sentimentDefinition')} asOf={data.asOf} option={option} header={[t('by_' + by), t('negative'), t('neutral'), t('positive'), t('index'), t('interval')]} rows={groups.map((one) => [groupName(by, one.key, t), one.negative, one.neutral, one.positive, number(one.index.value, 2), intervalOf(one.index, (value) => number(value, 2))])}>{groups.length === 0 && <Text size="sm" c="dimmed">{t('noTexts')}</Text>}</ChartCard>}</Loaded>
        <Drivers />
      </Stack>
    </>
  );
}

function Survey({ kind }: { kind: Kind }) {
  const t = useInsightTexts();
  const query = useQuery({ queryKey: ['survey', kind], retry: false, queryFn: () => take(analyticsApi.GET('/api/analytics/v1/metrics/{kind}', { params: { path: { kind } } })) });
  const counts = useMemo(() => Object.entries(query.data?.counts ?? {}).sort((a, b) => Number(a[0]) - Number(b[0])), [query.data]);
  const option = useMemo(() => ({
    tooltip: { trigger: 'axis' }, xAxis: { type: 'category', data: counts.map(([score]) => score) }, yAxis: { type: 'value', minInterval: 1 },
    series: [{ type: 'bar', data: counts.map(([score, count]) => ({ value: count, itemStyle: { color: kind !== 'nps' ? '#228be6' : Number(score) >= 9 ? '#0d9488' : Number(score) <= 6 ? '#e03131' : '#adb5bd' } })) }],
  }), [counts, kind]);
  return (
    <Loaded query={query}>{({ metric, wave }) => (
      <Stack gap="sm">
        <Tile label={`${t(kind)}${wave ? ` · ${wave}` : ''}`} value={metric.value == null ? '–' : write(kind)(metric.value)} definition={t(kind + 'Definition')}
          hint={metric.value == null ? t('noAnswers') : <>{t('ofAnswers', { count: metric.n, low: metric.low == null ? '–' : write(kind)(metric.low), high: metric.high == null ? '–' : write(kind)(metric.high) })}{metric.reason === 'few_observations' && ` · ${t('few')}`}</>} />
        {counts.length > 0 && <ChartCard name={kind} title={t('answers', { kind: t(kind) })} definition={t(kind + 'Definition')} asOf={metric.asOf} option={option} height={200} header={[t('score'), t('count')]} rows={counts.map(([score, count]) => [score, count as number])} />}
      </Stack>
    )}</Loaded>
  );
}
