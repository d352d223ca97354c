import { Alert, Badge, Card, Divider, Group, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { campaignApi, take } from '../api/client';
import { localOf } from '../kit/days';
import { day, moment, money, number, percent } from '../kit/format';
import { Fields } from '../kit/Record';
import { Lines } from '../kit/States';
import { armsOf, divided, isQuiet, launchOf, type Sending, type Trial, warmUpDays } from './sending';
import { useCampaignTexts } from './texts';

/** The settings in words. */
export function SendingSummary({ sending }: { sending: Sending }) {
  const t = useCampaignTexts();
  const launch = launchOf(sending);
  return (
    <Fields fields={[
      { label: t('whenSent'), value: launch === null ? t('sendNow') : launch ? moment(launch, sending.zone) : '–' },
      { label: t('sendTime'), value: sending.sendTime === 'localHour' ? `${t('sendTime_localHour')}: ${sending.localHour}` : t('sendTime_' + sending.sendTime) },
      { label: t('quietHours'), value: sending.quiet ? `${sending.quietFrom}–${sending.quietTo}` : t('noLimit') },
      { label: t('overCap'), value: t('overCap_' + sending.overCap) },
      { label: t('warmUp'), value: sending.warmUp ? t('warmUpTold', { first: number(sending.warmUpFirst), growth: number(sending.warmUpGrowth, 2), max: number(sending.warmUpMax) }) : t('noLimit') },
      { label: t('budget'), value: sending.budget === '' ? '–' : money(sending.budget, sending.currency) },
      { label: t('messageCost'), value: sending.messageCost === '' ? '–' : money(sending.messageCost, sending.currency) },
      { label: t('expectedRevenue'), value: sending.expectedRevenue === '' ? '–' : money(sending.expectedRevenue, sending.currency) },
      ...(sending.goal ? [{ label: t('goal'), value: sending.goal }] : []),
    ]} />
  );
}

/** What would happen, from the figures of now: who is left out, how the rest is divided, how long it takes, what it costs, what else is sent then. */
export function Simulation({ segmentId, channel, templateId, holdoutPercent, sending, trial }: { segmentId: string; channel: string; templateId: string; holdoutPercent: number; sending: Sending; trial: Trial }) {
  const t = useCampaignTexts();
  const count = useQuery({ queryKey: ['segment-count', segmentId, channel], enabled: !!segmentId, queryFn: () => take(campaignApi.GET('/api/campaign/v1/segments/{id}/count', { params: { path: { id: segmentId }, query: { channel } } })) });
  const at = launchOf(sending) || null;
  const [on, time] = localOf(at ?? Date.now(), sending.zone).split('T') as [string, string];
  const shifted = (days: number) => new Date(Date.parse(on) + days * 86_400_000).toISOString().slice(0, 10);
  const around = useQuery({ queryKey: ['calendar', on, sending.zone, 'around'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/calendar', { params: { query: { from: shifted(-7), to: shifted(7), zone: sending.zone } } })) });
  if (!count.data) return <Card withBorder><Lines rows={5} /></Card>;
  const arms = armsOf(trial, templateId);
  const parts = divided(count.data.reachable, holdoutPercent, arms.length, trial.testPercent);
  const cost = sending.messageCost === '' ? null : sending.messageCost * parts.treated;
  const over = cost !== null && sending.budget !== '' && cost > sending.budget;
  const days = sending.warmUp ? warmUpDays(parts.treated, sending.warmUpFirst, sending.warmUpGrowth, sending.warmUpMax) : 1;
  const line = (label: string, value: number, strong = false) => <Table.Tr key={label}><Table.Td fw={strong ? 600 : undefined}>{label}</Table.Td><Table.Td ta="right" fw={strong ? 600 : undefined}>{number(value)}</Table.Td></Table.Tr>;
  const same = (around.data?.entries ?? []).filter((one) => (one.kind === 'campaign' || one.kind === 'scheduled') && one.segmentId === segmentId);
  const special = (around.data?.entries ?? []).filter((one) => (one.kind === 'holiday' || one.kind === 'blackout') && one.firstDay <= on && one.lastDay >= on);
  return (
    <Card withBorder component="section" aria-label={t('simulation')}><Stack gap="sm">
      <div><Text fw={600} size="sm">{t('simulation')}</Text><Text size="xs" c="dimmed">{t('simulationHint')}</Text></div>
      <Table fz="sm" withRowBorders={false} verticalSpacing={3}><Table.Tbody>
        {line(t('matching'), count.data.matching)}
        {Object.entries(count.data.excluded).map(([reason, one]) => line(`− ${t('reason_' + reason)}`, one))}
        {line(t('reachable'), count.data.reachable, true)}
        {holdoutPercent > 0 && line(`− ${t('heldOut')} (${percent(holdoutPercent / 100)})`, parts.heldOut)}
        {arms.length > 1 && arms.map((arm) => line(t('getsText', { name: arm.name }), parts.perArm))}
        {parts.waiting > 0 && line(t('waitsForWinner', { hours: number(trial.hours, 1) }), parts.waiting)}
        {line(t('messagesSent'), parts.treated, true)}
      </Table.Tbody></Table>
      <Divider />
      <Fields fields={[
        { label: t('takes'), value: t('daysTaken', { count: days }) },
        { label: t('cost'), value: cost === null ? t('costUnknown') : <Group gap={6}>{money(cost, sending.currency)}{over && <Badge color="orange" variant="light">{t('overBudget')}</Badge>}</Group> },
      ]} />
      {sending.sendTime === 'soon' && isQuiet(sending, time) && <Alert color="blue" variant="light" p="xs">{t(at ? 'quietThen' : 'quietNow', { to: sending.quietTo })}</Alert>}
      {holdoutPercent === 0 && <Text size="xs" c="dimmed">{t('noHoldoutNoEffect')}</Text>}
      {special.map((one) => <Alert key={one.id} color="orange" variant="light" p="xs">{t(one.kind === 'holiday' ? 'onHoliday' : 'onBlackout', { name: one.title })}</Alert>)}
      {same.map((one) => <Alert key={one.id} color="orange" variant="light" p="xs"><span dir="auto">{t('sameSegment', { name: one.title, day: day(one.firstDay) })}</span></Alert>)}
      {around.data && special.length + same.length === 0 && <Text size="xs" c="dimmed">{t('nothingCollides')}</Text>}
    </Stack></Card>
  );
}
