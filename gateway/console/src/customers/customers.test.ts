import { beforeAll, expect, it } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { NOBODY, requestOf } from './details';
import { tell } from './tell';
import { texts } from './texts';
import { byDay, leadsTo } from './Timeline';

const t = (key: string, values: Record<string, unknown> = {}) => {
  const pair = (texts as Record<string, readonly string[]>)[key] ?? (texts as Record<string, readonly string[]>)[`${key}_other`];
  return pair ? pair[0]!.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name])) : key;
};

beforeAll(() => changeLanguage('id'));

it('sends empty fields as no value', () => {
  const request = requestOf({ ...NOBODY, displayName: '  Budi ', email: ' ', city: 'Bogor' });
  expect(request).toMatchObject({ displayName: 'Budi', email: null, address: { city: 'Bogor', street: null } });
});

it('groups by day in the order given', () => {
  const days = byDay([{ occurredAt: '2026-06-25T10:00:00Z' }, { occurredAt: '2026-06-25T09:00:00Z' }, { occurredAt: '2026-06-20T09:00:00Z' }]);
  expect(days.map((one) => one.entries.length)).toEqual([2, 1]);
});

it('tells amounts as money and leaves ids out', () => expect(tell({ total: '1250000', currency: 'IDR', campaignId: 'x', subject: '<b>Halo</b>' }, t)).toBe('Rp1.250.000 · <b>Halo</b>'));

it('tells points, stages and sources in words, and no key of a machine', () => {
  expect(tell({ points: '-5', balance: '2415', reference: 'return:01a2195f-dd1c-7002-a701-0960ed0e13fb' }, t)).toBe('-5 poin · saldo 2.415');
  expect(tell({ points: '50', balance: '2420', reference: 'purchase:shop:C000022-42' }, t)).toBe('+50 poin · saldo 2.420 · shop C000022-42');
  expect(tell({ from: 'Prospect', to: 'Active', reason: 'purchases', purchases: '42', lastPurchasedAt: '2026-06-20T04:40:04.0000000+00:00' }, t)).toBe('Calon → Aktif · 42 pembelian · terakhir 20 Jun 2026');
  expect(tell({ total: '507100', currency: 'IDR', lines: '5', source: 'shop', sourceId: 'C000022-42' }, t)).toBe('Rp507.100 · 5 barang · shop C000022-42');
});

it('knows where an entry leads', () => {
  expect(leadsTo('case:1')).toBe('/cases/1');
  expect(leadsTo('nothing:1')).toBeUndefined();
  expect(leadsTo(null)).toBeUndefined();
});
