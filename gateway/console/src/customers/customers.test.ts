import { expect, it } from 'vitest';
import { NOBODY, requestOf } from './details';
import { byDay, leadsTo, tell } from './Timeline';

it('sends empty fields as no value', () => {
  const request = requestOf({ ...NOBODY, displayName: '  Budi ', email: ' ', city: 'Bogor' });
  expect(request).toMatchObject({ displayName: 'Budi', email: null, address: { city: 'Bogor', street: null } });
});

it('groups by day in the order given', () => {
  const days = byDay([{ occurredAt: '2026-06-25T10:00:00Z' }, { occurredAt: '2026-06-25T09:00:00Z' }, { occurredAt: '2026-06-20T09:00:00Z' }]);
  expect(days.map((one) => one.entries.length)).toEqual([2, 1]);
});

it('tells amounts as money and leaves ids out', () => expect(tell({ total: '1250000', currency: 'IDR', campaignId: 'x', subject: '<b>Halo</b>' })).toBe('Rp1.250.000 · <b>Halo</b>'));

it('knows where an entry leads', () => {
  expect(leadsTo('case:1')).toBe('/cases/1');
  expect(leadsTo('nothing:1')).toBeUndefined();
  expect(leadsTo(null)).toBeUndefined();
});
