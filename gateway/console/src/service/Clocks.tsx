import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import type { components } from '../api/generated/service';
import { ago, duration, moment } from '../kit/format';
import { Panel } from '../kit/Record';
import { useServiceTexts } from './texts';

export type Clock = components['schemas']['ClockResponse'];

/** When the next promise of a case is due, in words; red once it was not kept. */
export function Due({ at, isBreached }: { at: string | null; isBreached: boolean }) {
  const t = useServiceTexts();
  if (isBreached) return <Badge size="sm" color="red" variant="light" title={at ? moment(at) : undefined}>{t('overdue')}</Badge>;
  return at ? <Text span size="sm" title={moment(at)}>{ago(at)}</Text> : <Text span size="sm" c="dimmed">–</Text>;
}

/** The clocks of a case: how much of the promised open time is used, and when the rest ends. */
export function Clocks({ clocks }: { clocks: readonly Clock[] }) {
  const t = useServiceTexts();
  if (clocks.length === 0) return null;
  return (
    <Panel title={t('clocks')}>
      <Stack gap="sm">
        {clocks.map((one) => {
          const share = one.targetSeconds > 0 ? Math.min(100, (one.elapsedSeconds / one.targetSeconds) * 100) : 100;
          const color = one.isBreached ? 'red' : one.isWarned ? 'orange' : one.status === 'stopped' ? 'teal' : undefined;
          return (
            <div key={one.clock}>
              <Group justify="space-between" wrap="nowrap">
                <Text size="sm" fw={550}>{t('clock_' + one.clock)}</Text>
                <Badge size="sm" variant="light" color={color ?? 'gray'}>{one.isBreached ? t('overdue') : t('clock_' + one.status)}</Badge>
              </Group>
              <Progress size="sm" my={4} value={share} color={color} aria-label={t('clock_' + one.clock)} />
              <Text size="xs" c="dimmed">
                {t('usedOf', { used: duration(one.elapsedSeconds), target: duration(one.targetSeconds) })}
                {one.status === 'running' && one.dueAt && ` · ${t('due')} ${moment(one.dueAt)}`}
                {one.isNeverDue && ` · ${t('neverDue')}`}
              </Text>
            </div>
          );
        })}
      </Stack>
    </Panel>
  );
}
