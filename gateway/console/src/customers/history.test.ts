import { expect, it } from 'vitest';
import { differences } from './history';

it('tells what a record was and is, what changed first, without the machinery', () => {
  expect(differences({ id: '1', version: 1, city: 'Bogor', tags: ['a'], phone: null, displayName: 'Ani' }, { id: '1', version: 2, city: 'Depok', tags: ['a', 'b'], phone: null, displayName: 'Ani' })).toEqual([
    { field: 'city', then: 'Bogor', now: 'Depok', changed: true }, { field: 'tags', then: 'a', now: 'a, b', changed: true }, { field: 'displayName', then: 'Ani', now: 'Ani', changed: false },
  ]);
});

it('says own fields as name and value', () => expect(differences({}, { customFields: [{ name: 'hobby', text: 'padel' }] })[0]).toMatchObject({ now: 'hobby: padel', changed: true }));
