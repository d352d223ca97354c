import { expect, it } from 'vitest';
import { layout } from './graph';

it('puts each step below all that lead to it, and survives a circle', () => {
  const { places, edges, rows } = layout({
    start: 'a',
    nodes: [{ id: 'a', kind: 'branch', branches: [{ next: 'b' }], otherwise: 'c' }, { id: 'b', kind: 'wait', next: 'c' }, { id: 'c', kind: 'waitUntil', next: 'a', otherwise: 'd' }, { id: 'd', kind: 'exit' }, { id: 'lost', kind: 'exit' }],
  });
  expect([...'abcd'].map((id) => places.get(id)!.row)).toEqual([0, 1, 2, 3]);
  expect(edges).toHaveLength(5);
  expect(rows).toBe(5);
});
