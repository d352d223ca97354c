import { Group, RingProgress, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { duration, moment } from '../kit/format';
import { clockOf } from './clock';
import { usePrivacyTexts } from './texts';

const COLORS = { late: 'red', urgent: 'orange', soon: 'yellow', calm: 'teal', stopped: 'gray' } as const;

/** The 72 hours as a ring that fills, with what is left in words. */
export function Clock({ dueAt, finishedAt, size = 34 }: { dueAt: string; finishedAt?: string | null; size?: number }) {
  const t = usePrivacyTexts();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (finishedAt) return;
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, [finishedAt]);
  const { left, used, urgency } = clockOf(dueAt, finishedAt, now);
  const time = duration(Math.floor(Math.abs(left) / 60) * 60);
  const words = urgency === 'stopped' ? t(left < 0 ? 'doneLate' : 'doneInTime', { time }) : t(urgency === 'late' ? 'late' : 'left', { time });
  return (
    <Group gap={8} wrap="nowrap" title={moment(dueAt)}>
      <RingProgress size={size} thickness={size / 8} roundCaps sections={[{ value: used * 100, color: COLORS[urgency] }]} aria-hidden />
      <Text size="sm" fw={urgency === 'late' || urgency === 'urgent' ? 650 : 400} c={urgency === 'late' ? 'red.8' : undefined} style={{ fontVariantNumeric: 'tabular-nums' }}>{words}</Text>
    </Group>
  );
}
