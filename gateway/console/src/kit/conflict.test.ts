import { expect, it } from 'vitest';
import { conflicts, merge } from './conflict';

const base = { name: 'Budi', city: 'Bandung', tags: ['a'] };

it('asks only about what both changed, differently', () => {
  expect(conflicts(base, { ...base, name: 'Budi S', city: 'Bogor' }, { ...base, name: 'Budi T', tags: ['b'] })).toEqual(['name']);
  expect(conflicts(base, { ...base, name: 'Budi S' }, { ...base, name: 'Budi S' })).toEqual([]);
});

it('keeps what either side alone changed, and what was chosen', () => {
  const theirs = { ...base, name: 'Budi S', city: 'Bogor' };
  const mine = { ...base, name: 'Budi T', tags: ['b'] };
  expect(merge(base, theirs, mine, { name: 'theirs' })).toEqual({ name: 'Budi S', city: 'Bogor', tags: ['b'] });
  expect(merge(base, theirs, mine, { name: 'mine' })).toEqual({ name: 'Budi T', city: 'Bogor', tags: ['b'] });
});
