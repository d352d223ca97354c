import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OfferRules } from '../analytics/OfferRules';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, serve, tidy } from '../test-page';
import { AlertDesk } from './AlertDesk';
import { Drivers } from './Drivers';
import { KINDS } from './kinds';
import { NextOffers } from './NextOffers';

// jsdom draws and lays out nothing.
vi.mock('../kit/Chart', () => ({ default: ({ label }: { label: string }) => <div role="img" aria-label={label} /> }));
vi.mock('@tanstack/react-virtual', () => ({
  useVirtualizer: ({ count }: { count: number }) => ({ getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, start: index * 40 })), getTotalSize: () => count * 40, measure() {}, scrollToIndex() {} }),
}));

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/analytics/v1';
const id = '0199d5a0-0000-7000-8000-000000000001';
const pages = { '/alerts': AlertDesk, '/drivers': Drivers, '/offers': () => <NextOffers id={id} />, '/rules': OfferRules };

const arm = (customers: number, meanRevenue: number, acted = 0) => ({ customers, converted: 3, acted, meanRevenue });
const effect = (kind: string, more = {}) => ({ kind, windowDays: 60, currency: 'IDR', shown: arm(0, 0), heldOut: arm(0, 0), revenue: null, conversion: null, withoutEffect: 'no_finished_windows', confidence: 0.95, formulaVersion: 'alerts/1', asOf: '2026-11-26T00:00:00Z', ...more });

it('says of each kind of alert whether it helps, hurts, or cannot be told from chance', async () => {
  const measured = (value: number, low: number, high: number) => ({ shown: arm(90, 250_000, 40), heldOut: arm(10, 200_000), revenue: { value, low, high, p: 0.01 }, conversion: { value: 0.1, low: 0.02, high: 0.18, p: 0.02 }, withoutEffect: null });
  const given: Record<string, object> = { 'cross-sell': measured(50_000, 10_000, 90_000), 'up-sell': measured(-50_000, -90_000, -10_000), 'switch-sell': measured(5_000, -10_000, 20_000), 'customer-drift': { withoutEffect: 'too_few_customers', shown: arm(1, 0), heldOut: arm(1, 0) } };
  const asked = serve(Object.fromEntries(KINDS.map((kind) => [`GET ${API}/alert-effects/${kind}`, effect(kind, given[kind])])), ['viewer']);
  open('/alerts?tab=effect', pages);
  const notes = within(await screen.findByRole('list', { name: 'What can be said' }));
  expect(notes.getByText('Cross-sell: adds Rp50.000 per customer (Rp10.000 – Rp90.000, 95%).')).toBeVisible();
  expect(notes.getByText('Up-sell: costs Rp50.000 per customer (Rp10.000 – Rp90.000, 95%).')).toBeVisible();
  expect(notes.getByText(/Switch-sell: cannot be told from zero yet/)).toBeVisible();
  expect(notes.getByText('Customer drift: too few customers for an interval.')).toBeVisible();
  expect(notes.getAllByText(/no window has finished/)).toHaveLength(4);
  await userEvent.click(screen.getByRole('button', { name: /^Show rows/ }));
  expect(screen.getByRole('row', { name: /Cross-sell 90 10 40 Rp50.000 Rp10.000 – Rp90.000 0.01 10% 2% – 18% 0.02/ })).toBeVisible();
  expect(await axeFindings()).toEqual([]);
  fireEvent.change(screen.getByRole('combobox', { name: 'Measured over' }), { target: { value: '180' } });
  await waitFor(() => expect(asked.filter((one) => one.query.get('windowDays') === '180')).toHaveLength(KINDS.length));
});

it('shows only the desk to those who may not read effects', async () => {
  serve({ [`GET ${API}/alerts`]: { items: [], nextCursor: null } }, ['sales-rep']);
  open('/alerts?tab=effect', pages);
  expect(await screen.findByText('No alerts')).toBeVisible();
  expect(screen.queryByRole('tab')).toBeNull();
});

it('shows which topics drive sentiment, and says why none does', async () => {
  const driver = { topic: '<b>delivery</b>', n: 40, share: 0.4, difference: -0.5, low: -0.7, high: -0.3, p: 0.0001, impact: -0.2 };
  let drivers = [driver];
  serve({ [`GET ${API}/satisfaction-drivers`]: () => ({ from: '2026-08-27', to: '2026-11-27', n: 100, drivers, reason: drivers.length ? null : 'nothing_significant', formulaVersion: 'drivers/1', asOf: '2026-11-26T00:00:00Z' }) });
  const first = open('/drivers', pages);
  await userEvent.click(await screen.findByRole('button', { name: /^Show rows: What drives sentiment, 27 Aug 2026/ }));
  expect(screen.getByRole('row', { name: '<b>delivery</b> 40 40% -0.5 -0.7 – -0.3 0.0001 -0.2' })).toBeVisible();
  first.unmount();
  drivers = [];
  open('/drivers', pages);
  expect(await screen.findByText('Among 100 texts no topic sounds different beyond chance.')).toBeVisible();
});

const offer = { kind: 'cross-sell', sku: 'TEA', name: 'شاي', category: 'Drinks', because: ['CUP'], probability: 0.25, margin: 20_000, marginBasis: 'assumed_rate', expectedValue: 4_500, reason: { id: 'Karena cangkir', en: 'Because of the cup' }, rule: { baskets: 500, count: 40, support: 0.08, confidence: 0.4, lift: 2.5, p: 0.001 } };
const offers = { customerId: id, currency: 'IDR', channel: 'store', withheld: null, offers: [offer], runId: id, asOf: '2026-11-26T00:00:00Z', formulaVersion: 'offers/1' };

it('offers what is best next with its reason, and records how it was taken', async () => {
  const asked = serve({ [`GET ${API}/customers/${id}/next-best-offers`]: offers, [`POST ${API}/customers/${id}/offer-outcomes`]: { id } }, ['sales-rep']);
  open('/offers', pages);
  const card = within(await screen.findByRole('region', { name: 'شاي' }));
  expect(card.getByText('Because of the cup')).toBeVisible();
  expect(card.getByText('Expected gain Rp4.500')).toBeVisible();
  expect(await axeFindings()).toEqual([]);
  await userEvent.click(card.getByRole('button', { name: 'Declined' }));
  await userEvent.type(card.getByRole('textbox', { name: 'Why' }), 'Too sweet{Enter}');
  await waitFor(() => expect(asked.filter((one) => one.method === 'GET')).toHaveLength(2));
  const told = asked.find((one) => one.method === 'POST')!;
  expect(told.body).toEqual({ sku: 'TEA', kind: 'cross-sell', outcome: 'declined', reason: 'Too sweet' });
  expect(told.headers.get('Idempotency-Key')).toBeTruthy();
});

it('says why no offer may be made on a channel', async () => {
  serve({ [`GET ${API}/customers/${id}/next-best-offers`]: ({ query }: { query: URLSearchParams }) => (query.get('channel') === 'email' ? { ...offers, offers: [], withheld: 'no_consent' } : offers) }, ['viewer']);
  open('/offers', pages);
  expect(await screen.findByText('Because of the cup')).toBeVisible();
  expect(screen.queryByRole('button', { name: 'Accepted' })).toBeNull();
  fireEvent.change(screen.getByRole('combobox', { name: 'Channel of the offer' }), { target: { value: 'email' } });
  expect(await screen.findByText('There is no consent for this channel.')).toBeVisible();
});

it('lists what is bought together, and follows the search for it', async () => {
  let found = false;
  const run = (more = {}) => ({ id, currency: 'IDR', from: '2025-01-01', to: '2026-01-01', status: { state: 'running', phase: null, done: 0, total: 0, attempts: 1, errorCode: null, errorMessage: null, createdAt: '2026-11-26T00:00:00Z', createdBy: 'x', startedAt: null, finishedAt: null, ...more }, result: found ? { baskets: 500, products: 9, itemSets: 20, rules: 1, substitutions: 0, formulaVersion: 'x' } : null });
  serve({
    [`GET ${API}/offer-rules`]: () => ({ items: found ? [{ antecedent: ['CUP', 'POT'], consequent: 'TEA', baskets: 500, count: 40, support: 0.08, confidence: 0.4, lift: 2.5, p: 0.00001 }] : [], nextCursor: null }),
    [`POST ${API}/offer-rule-runs`]: () => run(), [`GET ${API}/offer-rule-runs/${id}`]: () => { found = true; return run({ finishedAt: '2026-11-26T00:01:00Z' }); },
  }, ['analyst']);
  open('/rules', pages);
  expect(await screen.findByText('No rules yet')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Find rules' }));
  expect(await screen.findByText('1 rule from 500 baskets')).toBeVisible();
  expect(await screen.findByRole('row', { name: /CUP \+ POT TEA 40 8% 40% 2.5 < 0.0001/ })).toBeVisible();
});
