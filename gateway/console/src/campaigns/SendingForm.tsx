import { Alert, Button, Card, Group, NativeSelect, NumberInput, SegmentedControl, Select, SimpleGrid, Stack, Switch, Text, Textarea } from '@mantine/core';
import { TimePicker } from '@mantine/dates';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { campaignApi, take } from '../api/client';
import { LocalField } from '../kit/DateField';
import { localOf } from '../kit/days';
import { number, percent, zoneName } from '../kit/format';
import { useKitTexts } from '../kit/texts';
import { launchOf, type Sending, type Trial } from './sending';
import { useCampaignTexts } from './texts';

const ZONES = ['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'];

/** Time, limits and money of a campaign. */
export function SendingForm({ value, onChange }: { value: Sending; onChange: (change: Partial<Sending>) => void }) {
  const t = useCampaignTexts();
  const kit = useKitTexts();
  const launch = launchOf(value);
  const amount = (name: 'budget' | 'messageCost' | 'expectedRevenue') => (
    <NumberInput label={t(name)} min={0} decimalScale={value.currency === 'IDR' && name !== 'messageCost' ? 0 : 4} value={value[name]} onChange={(next) => onChange({ [name]: next === '' ? '' : Number(next) })} />
  );
  const clock = (name: 'quietFrom' | 'quietTo', label: string) => <TimePicker label={label} format="24h" value={value[name]} onChange={(next) => next && onChange({ [name]: next.slice(0, 5) })} hoursInputLabel={`${label}: ${kit('hours')}`} minutesInputLabel={`${label}: ${kit('minutes')}`} w={96} />;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Card withBorder component="section" aria-label={t('whenSent')}><Stack gap="sm">
        <Text fw={600} size="sm">{t('whenSent')}</Text>
        <SegmentedControl value={value.when} onChange={(when) => onChange({ when: when as 'now' })} data={[{ value: 'now', label: t('sendNow') }, { value: 'later', label: t('sendLater') }]} />
        {value.when === 'later' && <LocalField label={t('launchDay')} required day={value.day} time={value.time} onChange={(day, time) => onChange({ day, time })} min={localOf(Date.now(), value.zone).slice(0, 10)} />}
        {launch && Date.parse(launch) <= Date.now() && <Alert color="orange" variant="light" p="xs">{t('launchPassed')}</Alert>}
        <NativeSelect label={t('zone')} description={t('zoneHint')} value={value.zone} onChange={(event) => onChange({ zone: event.currentTarget.value })} data={[...ZONES, ...(ZONES.includes(value.zone) ? [] : [value.zone])].map((one) => ({ value: one, label: `${zoneName(one)} · ${one.split('/')[1]?.replace('_', ' ')}` }))} />
        <NativeSelect label={t('sendTime')} value={value.sendTime} onChange={(event) => onChange({ sendTime: event.currentTarget.value as 'soon' })} data={(['soon', 'localHour', 'usualHour'] as const).map((one) => ({ value: one, label: t('sendTime_' + one) }))} />
        {value.sendTime === 'localHour' && <NumberInput label={t('localHour')} min={0} max={23} allowDecimal={false} value={value.localHour} onChange={(next) => onChange({ localHour: Number(next) || 0 })} />}
      </Stack></Card>
      <Card withBorder component="section" aria-label={t('limits')}><Stack gap="sm">
        <Text fw={600} size="sm">{t('limits')}</Text>
        <Switch label={t('quietHours')} description={t('quietHint')} checked={value.quiet} onChange={(event) => onChange({ quiet: event.currentTarget.checked })} />
        {value.quiet && <Group>{clock('quietFrom', t('quietFrom'))}{clock('quietTo', t('quietTo'))}</Group>}
        <NativeSelect label={t('overCap')} description={t('overCapHint')} value={value.overCap} onChange={(event) => onChange({ overCap: event.currentTarget.value as 'defer' })} data={(['defer', 'skip', 'exempt'] as const).map((one) => ({ value: one, label: t('overCap_' + one) }))} />
        <Switch label={t('warmUp')} description={t('warmUpHint')} checked={value.warmUp} onChange={(event) => onChange({ warmUp: event.currentTarget.checked })} />
        {value.warmUp && <Group grow preventGrowOverflow={false}>
          <NumberInput label={t('warmUpFirst')} min={1} allowDecimal={false} value={value.warmUpFirst} onChange={(next) => onChange({ warmUpFirst: Number(next) || 1 })} />
          <NumberInput label={t('warmUpGrowth')} min={1} max={10} step={0.5} value={value.warmUpGrowth} onChange={(next) => onChange({ warmUpGrowth: Number(next) || 1 })} />
          <NumberInput label={t('warmUpMax')} min={value.warmUpFirst} allowDecimal={false} value={value.warmUpMax} onChange={(next) => onChange({ warmUpMax: Number(next) || value.warmUpFirst })} />
        </Group>}
      </Stack></Card>
      <Card withBorder component="section" aria-label={t('money')} style={{ gridColumn: '1 / -1' }}><Stack gap="sm">
        <div><Text fw={600} size="sm">{t('money')}</Text><Text size="xs" c="dimmed">{t('moneyHint')}</Text></div>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
          <NativeSelect label={t('currency')} value={value.currency} onChange={(event) => onChange({ currency: event.currentTarget.value })} data={['IDR', 'USD', 'EUR', 'SGD', 'MYR', ...(['IDR', 'USD', 'EUR', 'SGD', 'MYR'].includes(value.currency) ? [] : [value.currency])]} />
          {amount('budget')}{amount('messageCost')}{amount('expectedRevenue')}
        </SimpleGrid>
        <Textarea label={t('goal')} autosize minRows={1} maxRows={5} maxLength={4000} dir="auto" value={value.goal} onChange={(event) => onChange({ goal: event.currentTarget.value })} />
      </Stack></Card>
    </SimpleGrid>
  );
}

/** Texts against each other, and how many people it takes to tell them apart. */
export function TrialForm({ value, onChange, templateId, channel }: { value: Trial; onChange: (change: Partial<Trial>) => void; templateId: string; channel: string }) {
  const t = useCampaignTexts();
  const templates = useQuery({ queryKey: ['templates', 'choice'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/templates', { params: { query: { limit: 200 } } })) });
  const arms = value.others.length + 1;
  const baseline = value.metric === 'clicked' ? 0.02 : 0.01;
  const size = useQuery({ queryKey: ['sample-size', baseline, arms], enabled: arms > 1, staleTime: Infinity, queryFn: () => take(campaignApi.GET('/api/campaign/v1/experiment-sample-size', { params: { query: { baseline, effect: baseline / 2, variants: arms } } as never })) });
  const choices = templates.data?.items.filter((one) => one.channel === channel).map((one) => ({ value: one.id, label: `${one.name} (${one.languages.join(', ')})` })) ?? [];
  const set = (at: number, id: string) => onChange({ others: value.others.map((one, place) => (place === at ? id : one)) });
  return (
    <Stack gap="sm">
      <Text size="sm"><Text span fw={600}>A</Text> · {choices.find((one) => one.value === templateId)?.label}</Text>
      {value.others.map((id, at) => (
        <Group key={at} align="flex-end" wrap="nowrap">
          <Select flex={1} label={t('variant', { name: 'BCDEFGHIJ'[at] })} searchable required value={id || null} onChange={(next) => set(at, next ?? '')} data={choices} nothingFoundMessage={t('noTemplates')} />
          <Button variant="subtle" color="gray" leftSection={<IconTrash size={15} />} onClick={() => onChange({ others: value.others.filter((_, place) => place !== at) })}>{t('removeVariant', { name: 'BCDEFGHIJ'[at] })}</Button>
        </Group>
      ))}
      {arms < 10 && <Group><Button size="xs" variant="default" leftSection={<IconPlus size={15} />} onClick={() => onChange({ others: [...value.others, ''] })}>{t('addVariant')}</Button></Group>}
      {arms > 1 && <>
        <Group grow preventGrowOverflow={false} align="flex-start">
          <NativeSelect label={t('metric')} value={value.metric} onChange={(event) => onChange({ metric: event.currentTarget.value as 'clicked' })} data={(['clicked', 'converted'] as const).map((one) => ({ value: one, label: t('metric_' + one) }))} />
          <NumberInput label={t('testPercent')} description={t('testPercentHint')} min={1} max={90} value={value.testPercent} onChange={(next) => onChange({ testPercent: next === '' ? '' : Number(next) })} />
          <NumberInput label={t('testHours')} description={t('testHoursHint')} min={1} max={2160} value={value.hours} onChange={(next) => onChange({ hours: Number(next) || 1 })} />
          <NumberInput label={t('minimumSample')} min={1} allowDecimal={false} value={value.minimumSample} onChange={(next) => onChange({ minimumSample: Number(next) || 1 })} />
        </Group>
        {size.data && <Text size="sm" c="dimmed">{t('sampleSize', { from: percent(baseline, 1), to: percent(baseline * 1.5, 1), count: number(size.data.perVariant) })}</Text>}
      </>}
    </Stack>
  );
}
