import { expect, it } from 'vitest';
import { weeksOf } from './weeks';

it('shows whole weeks from Monday', () => {
  const weeks = weeksOf(2026, 1); // February 2026 begins on a Sunday
  expect(weeks[0]![0]).toBe('2026-01-26');
  expect(weeks.at(-1)![6]).toBe('2026-03-01');
  expect(weeks).toHaveLength(5);
});
