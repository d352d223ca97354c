import { NativeSelect, Stack, Text } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { analyticsApi, take } from '../api/client';
import type { components } from '../api/generated/analytics';
import { ChartCard } from '../kit/ChartCard';
import { money, number, percent } from '../kit/format';
import { Failed, Lines } from '../kit/States';
import { KINDS } from './kinds';
import { useInsightTexts } from './texts';

type Effect = components['schemas']['GetAlertEffectResponse'];

/** What alerts bring: customers whose alert was shown against those whose alert was held out. */
export function AlertEffects() {
  const t = useInsightTexts();
  const [days, setDays] = useState(60);
  const answers = useQueries({ queries: KINDS.map((kind) => ({ queryKey: ['alert-effect', kind, days], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/alert-effects/{kind}', { params: { path: { kind }, query: { windowDays: days } } })) })) });
  const known = answers.flatMap((one) => one.data ?? []);
  const failure = answers.find((one) => one.error && !one.data);
  if (failure) return <Failed error={failure.error} onRetry={() => answers.forEach((one) => void one.refetch())} />;
  return (
    <Stack>
      <NativeSelect w={200} label={t('effectWindow')} value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))} data={[30, 60, 90, 180].map((one) => ({ value: String(one), label: t('effectDays', { count: one }) }))} />
      {known.length < KINDS.length ? <Lines rows={8} height={22} /> : <Figures effects={known} days={days} />}
    </Stack>
  );
}

function Figures({ effects, days }: { effects: Effect[]; days: number }) {
  const t = useInsightTexts();
  const measured = useMemo(() => effects.filter((one) => one.shown.customers > 0 || one.heldOut.customers > 0), [effects]);
  const option = useMemo(() => ({
    tooltip: { trigger: 'axis' }, legend: { top: 0 }, xAxis: { type: 'value' }, yAxis: { type: 'category', inverse: true, data: measured.map((one) => t(one.kind)) },
    series: [{ name: t('shownArm'), type: 'bar', data: measured.map((one) => one.shown.meanRevenue) }, { name: t('heldOutArm'), type: 'bar', color: '#adb5bd', data: measured.map((one) => one.heldOut.meanRevenue) }],
  }), [measured, t]);
  const interval = (effect: Effect['revenue'], write: (value: number) => string) => (effect ? `${write(effect.low)} – ${write(effect.high)}` : '–');
  return (
    <>
      <ChartCard name="alert-effects" title={t('effectTitle', { days })} definition={t('effectDefinition')} asOf={effects[0]?.asOf} option={option} height={Math.max(220, measured.length * 60)}
        header={[t('kind'), t('shownArm'), t('heldOutArm'), t('acted'), t('effectRevenue'), t('interval'), 'p', t('effectConversion'), t('interval'), 'p']}
        rows={measured.map((one) => {
          const write = (value: number) => money(value, one.currency);
          return [t(one.kind), number(one.shown.customers), number(one.heldOut.customers), number(one.shown.acted), one.revenue ? write(one.revenue.value) : '–', interval(one.revenue, write), number(one.revenue?.p, 3),
            percent(one.conversion?.value, 1), interval(one.conversion, (value) => percent(value, 1)), number(one.conversion?.p, 3)];
        })} />
      <Stack gap={4} component="ul" m={0} ps="md" aria-label={t('effectNotes')}>
        {effects.map((one) => <li key={one.kind}><Text size="sm" span>{t(one.kind)}: {verdict(one, t)}</Text></li>)}
      </Stack>
    </>
  );
}

/** In a sentence what the figures allow to say. */
function verdict(one: Effect, t: ReturnType<typeof useInsightTexts>) {
  if (!one.revenue) return t('without_' + (one.withoutEffect ?? 'no_finished_windows'));
  const { value, low, high } = one.revenue;
  const [key, amounts] = low > 0 ? ['effectUp', [value, low, high]] as const : high < 0 ? ['effectDown', [-value, -high, -low]] as const : ['effectOpen', [value, low, high]] as const;
  const [middle, least, most] = amounts.map((amount) => money(amount, one.currency));
  return t(key, { value: middle, low: least, high: most, confidence: percent(one.confidence) });
}
