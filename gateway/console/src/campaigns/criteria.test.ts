import { expect, it } from 'vitest';
import { complete, newGroup, newMember, newRule, read, replace, write } from './criteria';

const stored = { all: [{ field: 'purchaseCount', op: 'gte', value: 2 }, { any: [{ field: 'city', op: 'eq', value: 'Bogor' }, { field: 'messages.sent', op: 'eq', value: 0, of: { lastDays: 30 } }] }] };

it('writes what it read', () => expect(write(read(stored)!)).toEqual(stored));
it('puts a single comparison into a group', () => expect(write(read(stored.all[0])!)).toEqual({ all: [stored.all[0]] }));

it('leaves alone what it cannot show', () => {
  for (const other of [{ not: { not: stored } }, { none: [] }, { field: 'a', op: 'eq', value: 1, of: { between: [1, 2] } }, null, 'text']) expect(read(other)).toBeNull();
});

it('keeps exclusions, lists, other segments and what narrows a rule', () => {
  const all = [{ not: { segment: 's' } }, { list: 'l' }, { not: { any: [{ list: 'm' }, { field: 'bought.quantity', op: 'gte', value: 1, of: { sku: 'x', lastDays: 90 } }] } }];
  expect(write(read({ all })!)).toEqual({ all });
  expect(write(read(all[0])!)).toEqual({ all: [all[0]] });
  expect(write(read({ not: stored })!)).toEqual({ all: [{ not: stored }] });
});

it('counts only finished rules', () => {
  expect(complete(newGroup('all', []))).toBe(true); // everybody
  expect(complete(newGroup('all', [newRule('city', 'eq', '')]))).toBe(false);
  expect(complete(newGroup('all', [newRule('age', 'between', [18, ''])]))).toBe(false);
  expect(complete(newGroup('all', [newGroup('any', [])]))).toBe(false);
  expect(complete(newGroup('all', [newRule('isMember', 'eq', false)]))).toBe(true);
  expect(complete(newGroup('all', [newMember('list')]))).toBe(false);
});

it('changes and removes deep inside', () => {
  const rule = newRule('city', 'eq', 'Bogor');
  const root = newGroup('all', [newGroup('any', [rule, newRule('age', 'gt', 3)])]);
  expect(write(replace(root, rule.id, () => null))).toEqual({ all: [{ any: [{ field: 'age', op: 'gt', value: 3 }] }] });
});
