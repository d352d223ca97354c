import { expect, it } from 'vitest';
import { heatOf, intervalOf } from './heat';

it('makes cells of cohorts, without the month that is the whole cohort and without what is undefined', () => {
  expect(heatOf([{ month: '2026-01-01', rates: [{ value: 1 }, { value: 0.5 }, { value: null }] }, { month: '2026-02-01', rates: [{ value: 1 }, { value: 0.25 }] }]))
    .toEqual({ months: ['2026-01', '2026-02'], ages: [1, 2], cells: [[0, 0, 0.5], [0, 1, 0.25]], most: 0.5 });
  expect(heatOf([])).toEqual({ months: [], ages: [], cells: [], most: 0 });
});

it('writes an interval only where there is one', () => {
  expect(intervalOf({ low: 0, high: 0.5 }, String)).toBe('0 – 0.5');
  expect(intervalOf({ low: null, high: 1 }, String)).toBeNull();
});
