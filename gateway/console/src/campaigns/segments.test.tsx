import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, serve, tidy } from '../test-page';
import { SegmentBuilder } from './SegmentBuilder';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/campaign/v1';
const label = (en: string) => ({ id: en, en });
const routes = {
  [`GET ${API}/segment-fields`]: [
    { name: 'recencyScore', type: 'number', label: label('Recency'), operators: ['eq', 'gte'], of: [] },
    { name: 'bought.quantity', type: 'number', label: label('Quantity bought'), operators: ['gte'], of: ['sku', 'lastDays'] },
  ],
  [`GET ${API}/segment-operators`]: [{ name: 'eq', value: 'one', label: label('is') }, { name: 'gte', value: 'one', label: label('at least') }],
  [`GET ${API}/lists`]: { items: [{ id: 'l1', name: 'Guests' }], nextCursor: null },
  [`GET ${API}/segments`]: { items: [{ id: 's1', name: 'Sleepers' }], nextCursor: null },
  [`POST ${API}/segments/preview`]: { matching: 4, reachable: 3, excluded: {}, sample: [] },
  [`POST ${API}/segments`]: { id: 'new1', version: 1 },
};
const pages = { '/segments/:id': SegmentBuilder };
const criteriaOf = (asked: ReturnType<typeof serve>) => (asked.findLast((one) => one.method === 'POST' && one.path === `${API}/segments`)?.body as { criteria: unknown } | undefined)?.criteria;

it('begins with the rules that another page leads here with', async () => {
  const criteria = { all: [{ field: 'recencyScore', op: 'eq', value: 5 }] };
  const asked = serve(routes, ['marketer']);
  open(`/segments/new?criteria=${encodeURIComponent(JSON.stringify(criteria))}`, pages);
  expect(await screen.findByRole('textbox', { name: 'Value' })).toHaveValue('5');
  await waitFor(() => expect(asked.find((one) => one.path === `${API}/segments/preview`)?.body).toEqual({ criteria, channel: 'email' }));
});

it('writes exclusions, a list and another segment without a line of JSON', async () => {
  const asked = serve(routes, ['marketer']);
  open('/segments/new?list=l1', pages);
  await waitFor(() => expect(screen.getByRole('combobox', { name: 'On the list' })).toHaveValue('Guests'));
  expect(screen.queryByRole('button', { name: 'Except' })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Include' }));
  expect(screen.getByRole('button', { name: 'Except' })).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Add segment' }));
  await userEvent.click(await screen.findByRole('combobox', { name: 'In the segment' }));
  await userEvent.click(await screen.findByRole('option', { name: 'Sleepers' }));
  await userEvent.type(screen.getByRole('textbox', { name: /Name of the segment/ }), 'All but guests');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(criteriaOf(asked)).toEqual({ all: [{ not: { list: 'l1' } }, { segment: 's1' }] }));
  expect(await axeFindings()).toEqual([]);
});

it('narrows a rule by a product, and cannot be saved while that is empty', async () => {
  const asked = serve(routes, ['marketer']);
  open(`/segments/new?criteria=${encodeURIComponent(JSON.stringify({ field: 'bought.quantity', op: 'gte', value: 1 }))}`, pages);
  await userEvent.type(await screen.findByRole('textbox', { name: /Name of the segment/ }), 'Buyers');
  fireEvent.change(await screen.findByRole('combobox', { name: 'Narrow' }), { target: { value: 'sku' } });
  expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
  const sku = screen.getByRole('textbox', { name: 'Product SKU' });
  await userEvent.type(sku, 'KOPI-1');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(criteriaOf(asked)).toEqual({ all: [{ field: 'bought.quantity', op: 'gte', value: 1, of: { sku: 'KOPI-1' } }] }));
});
