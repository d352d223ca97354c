import { expect, it } from 'vitest';
import { byRecencyAndFrequency, paretoOf } from './curves';

it('turns a Lorenz curve round', () => {
  const curve = paretoOf([0, 0.1, 0.3, 0.6, 1]);
  expect(curve.map(([customers]) => customers)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  [0, 0.4, 0.7, 0.9, 1].forEach((share, index) => expect(curve[index]![1]).toBeCloseTo(share, 12));
});

it('adds cells up over monetary value and keeps the segment of most', () => {
  const cell = { recency: 5, frequency: 4, netSpend: 10, clv: 1 };
  const [sum] = byRecencyAndFrequency([{ ...cell, segment: 'loyalCustomers', customers: 2 }, { ...cell, segment: 'champions', customers: 3 }, { ...cell, frequency: null, segment: 'lost', customers: 9 }]);
  expect(sum).toMatchObject({ customers: 5, netSpend: 20, clv: 2, segment: 'champions' });
});
