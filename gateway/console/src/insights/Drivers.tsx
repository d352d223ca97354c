import { Card } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { analyticsApi, take } from '../api/client';
import { ChartCard } from '../kit/ChartCard';
import { day, number, percent } from '../kit/format';
import { Empty, Loaded } from '../kit/States';
import { useInsightTexts } from './texts';
import { groupName } from './words';

/** Topics that make what customers write sound better or worse than the rest. */
export function Drivers() {
  const t = useInsightTexts();
  const query = useQuery({ queryKey: ['drivers'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/satisfaction-drivers')) });
  const drivers = useMemo(() => query.data?.drivers ?? [], [query.data]);
  const option = useMemo(() => ({
    tooltip: { trigger: 'axis' }, xAxis: { type: 'value' }, yAxis: { type: 'category', inverse: true, data: drivers.map((one) => groupName('topic', one.topic, t)) },
    series: [{ name: t('impact'), type: 'bar', barWidth: '60%', data: drivers.map((one) => ({ value: one.impact, itemStyle: { color: one.impact < 0 ? '#e03131' : '#0d9488' } })) }],
  }), [drivers, t]);
  return (
    <Loaded query={query}>{(data) => drivers.length === 0 ? <Card withBorder><Empty title={t('noDrivers')} hint={t('drivers_' + (data.reason ?? 'too_few_texts'), { count: number(data.n) })} /></Card> : (
      <ChartCard name="satisfaction-drivers" title={t('drivers', { from: day(data.from), to: day(data.to) })} definition={t('driversDefinition')} asOf={data.asOf} option={option} height={Math.max(200, drivers.length * 34 + 60)}
        header={[t('topic'), t('count'), t('share'), t('difference'), t('interval'), 'p', t('impact')]}
        rows={drivers.map((one) => [groupName('topic', one.topic, t), number(one.n), percent(one.share, 1), number(one.difference, 3), `${number(one.low, 3)} – ${number(one.high, 3)}`, number(one.p, 4), number(one.impact, 4)])} />
    )}</Loaded>
  );
}
