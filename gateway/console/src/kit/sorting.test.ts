import { expect, it } from 'vitest';
import { sorted } from './sorting';

const of = (values: (string | number | null)[], descending = false) => sorted(values.map((by) => ({ by })), (row) => row.by, descending).map((row) => row.by);

it('orders numbers by size and texts as people do', () => {
  expect(of([10, 9, -1])).toEqual([-1, 9, 10]);
  expect(of(['C-10', 'C-9', 'c-1'])).toEqual(['c-1', 'C-9', 'C-10']);
  expect(of(['zebra', 'Éclair', 'eclair 2'])).toEqual(['Éclair', 'eclair 2', 'zebra']);
});

it('leaves what has no value at the end, whichever way', () => {
  expect(of([2, null, 1])).toEqual([1, 2, null]);
  expect(of([2, null, 1], true)).toEqual([2, 1, null]);
  expect(of(['', 'b', 'a'], true)).toEqual(['b', 'a', '']);
});

it('leaves what it was given alone', () => {
  const rows = [2, 1];
  sorted(rows, (row) => row, false);
  expect(rows).toEqual([2, 1]);
});
