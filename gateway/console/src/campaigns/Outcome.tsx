import { Alert, Badge, SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { campaignApi, take } from '../api/client';
import { Tile } from '../kit/ChartCard';
import { moment, money, number, percent } from '../kit/format';
import { Panel } from '../kit/Record';
import { Loaded } from '../kit/States';
import { experimentOf } from './sending';
import { useCampaignTexts } from './texts';

/** Cost, revenue, and the return that the hold-out shows. */
export function Figures({ id }: { id: string }) {
  const t = useCampaignTexts();
  const query = useQuery({ queryKey: ['campaign', id, 'figures'], queryFn: () => take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/figures', { params: { path: { id } } })) });
  return (
    <Panel title={t('returns')}>
      <Text size="xs" c="dimmed" mb="xs">{t('returnsDefinition')}</Text>
      <Loaded query={query} rows={2}>
        {(figures) => (
          <Stack gap="sm">
            <SimpleGrid cols={{ base: 1, sm: 3 }}>
              <Tile label={t('roi')} value={figures.effect?.roi ? percent(figures.effect.roi.value, 1) : '–'}
                hint={figures.effect?.roi ? t('interval', { low: percent(figures.effect.roi.low, 1), high: percent(figures.effect.roi.high, 1) }) : figures.roiReason ? t('roi_' + figures.roiReason) : undefined} />
              {figures.money.map((one) => <Tile key={one.currency} label={`${t('spent')} (${one.currency})`} value={money(one.spent, one.currency)} hint={[one.budget !== null && t('ofBudget', { amount: money(one.budget, one.currency) }), one.committed > 0 && t('committed', { amount: money(one.committed, one.currency) })].filter(Boolean).join(' · ') || undefined} />)}
              {figures.money.map((one) => one.actualRevenue !== null && <Tile key={one.currency} label={t('creditedRevenue')} value={money(one.actualRevenue, one.currency)} hint={one.expectedRevenue !== null ? t('ofExpected', { amount: money(one.expectedRevenue, one.currency) }) : undefined} />)}
            </SimpleGrid>
            {figures.uncosted.length > 0 && <Text size="xs" c="dimmed">{t('uncosted', { what: figures.uncosted.map((one) => (t('channel_' + one) === 'channel_' + one ? t('cost_' + one) : t('channel_' + one))).join(', ') })}</Text>}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

/** The texts that competed; nothing where there was one only. */
export function Experiment({ id }: { id: string }) {
  const t = useCampaignTexts();
  const query = useQuery({
    queryKey: ['campaign', id, 'experiment'],
    queryFn: () => experimentOf(id),
  });
  const one = query.data;
  if (!one) return null;
  const outcome = one.result.outcome === 'winner' ? t('testWinner', { name: one.result.winner }) : t('test_' + (one.result.reason ?? 'not_significant'), { count: number(one.minimumSample) });
  return (
    <Panel title={t('stepTest')}>
      <Stack gap="sm">
        <Alert variant="light" color={one.result.outcome === 'winner' ? 'teal' : 'gray'} p="xs">{outcome} {one.preliminary ? t('testPreliminary', { time: moment(one.decidesAt) }) : t('testDecided', { time: moment(one.decidedAt), name: one.chosen })}</Alert>
        <Table.ScrollContainer minWidth={480}><Table fz="sm">
          <Table.Thead><Table.Tr><Table.Th>{t('text')}</Table.Th><Table.Th ta="right">{t('sent')}</Table.Th><Table.Th ta="right">{t(one.metric === 'converted' ? 'converted' : 'clicked')}</Table.Th><Table.Th ta="right">{t('share')}</Table.Th><Table.Th ta="right">{t('interval95')}</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>{one.result.arms.map((arm) => <Table.Tr key={arm.variant}><Table.Td>{arm.variant} {arm.variant === (one.chosen ?? one.result.winner) && <Badge size="xs" variant="light" color="teal">{t('chosen')}</Badge>}</Table.Td><Table.Td ta="right">{number(arm.sent)}</Table.Td><Table.Td ta="right">{number(arm.successes)}</Table.Td><Table.Td ta="right">{percent(arm.rate, 2)}</Table.Td><Table.Td ta="right">{percent(arm.low, 2)}–{percent(arm.high, 2)}</Table.Td></Table.Tr>)}</Table.Tbody>
        </Table></Table.ScrollContainer>
        {one.result.comparisons.map((pair) => <Text key={pair.variant + pair.against} size="xs" c="dimmed">{t('compared', { variant: pair.variant, against: pair.against, difference: percent(pair.difference, 2), low: percent(pair.low, 2), high: percent(pair.high, 2), p: number(pair.adjustedP, 4) })}</Text>)}
      </Stack>
    </Panel>
  );
}
