import { describe, expect, it } from 'vitest';
import { certificateFile, clockOf } from './clock';

describe('the clock of three times 24 hours', () => {
  const due = '2026-11-26T12:00:00Z';
  const before = (hours: number) => Date.parse(due) - hours * 3_600_000;
  it.each([[70, 'calm'], [30, 'soon'], [11, 'urgent'], [-1, 'late']] as const)('with %d hours left it is %s', (hours, urgency) => {
    expect(clockOf(due, null, before(hours))).toMatchObject({ left: hours * 3600, urgency });
  });
  it('says which share of the time is used', () => {
    expect(clockOf(due, null, before(36)).used).toBeCloseTo(0.5);
    expect(clockOf(due, null, before(-5)).used).toBe(1);
  });
  it('stands still once the request is done, also when it was done too late', () => {
    expect(clockOf(due, '2026-11-26T11:00:00Z', before(-100))).toMatchObject({ left: 3600, urgency: 'stopped' });
    expect(clockOf(due, '2026-11-26T13:00:00Z', before(-100)).left).toBe(-3600);
  });
});

it('hands over the certificate with its signature', () => expect(certificateFile('Erasure 1\nDone\n', 'abc=')).toBe('Erasure 1\nDone\nHMAC-SHA256 abc=\n'));
