import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { analyticsApi, take } from '../../api/client';
import { day, duration, number } from '../../kit/format';
import { Panel } from '../../kit/Record';
import { Loaded } from '../../kit/States';
import { deadOf, isStuck, queuesOf, useOperations } from '../../ops/operations';
import { useShellTexts } from '../texts';
import { All } from './All';

/** Whether every service answers, and what stands in its way. */
export function Health() {
  const t = useShellTexts();
  const query = useOperations(true, 30_000);
  return (
    <Panel title={t('health')} action={<All to="/ops" />}>
      <Loaded query={query}>
        {({ services }) => (
          <Stack gap={6}>
            {services.map((one) => {
              const [dead, waiting, stuck] = [deadOf(one), one.state?.outbox.pending ?? 0, queuesOf([one]).filter(isStuck).length];
              return (
                <Group key={one.service} justify="space-between" wrap="nowrap" gap="xs">
                  <Text size="sm">{one.service}</Text>
                  <Group gap={6} wrap="nowrap">
                    {dead > 0 && <Anchor component={Link} to="/ops?tab=dead-letters" size="xs">{t('deadLetters', { count: dead, number: number(dead) })}</Anchor>}
                    {waiting > 0 && <Text size="xs" c="dimmed">{t('outboxWaits', { number: number(waiting), lag: duration(one.state!.outbox.lagSeconds) })}</Text>}
                    {stuck > 0 && <Badge size="sm" color="red" variant="light">{t('nobodyTakes', { count: stuck })}</Badge>}
                    <Badge size="sm" variant="light" color={one.state ? 'teal' : 'red'}>{t(one.state ? 'answers' : 'silent')}</Badge>
                  </Group>
                </Group>
              );
            })}
          </Stack>
        )}
      </Loaded>
    </Panel>
  );
}

export function Scoring() {
  const t = useShellTexts();
  const query = useQuery({ queryKey: ['home', 'scoring'], queryFn: () => take(analyticsApi.GET('/api/analytics/v1/scoring-runs', { params: { query: { limit: 1 } } })) });
  return (
    <Panel title={t('scoring')} action={<All to="/analytics" />}>
      <Loaded query={query}>
        {(page) => {
          const run = page.items[0];
          return !run ? <Text size="sm" c="dimmed">{t('noScoring')}</Text> : (
            <Stack gap={4}><Text size="sm" fw={600}>{run.result ? t('scored', { count: run.result.customers, number: number(run.result.customers) }) : run.status.state}</Text><Text size="xs" c="dimmed">{day(run.asOf)} · {run.currency}</Text></Stack>
          );
        }}
      </Loaded>
    </Panel>
  );
}
