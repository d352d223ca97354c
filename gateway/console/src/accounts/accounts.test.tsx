import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, Refused, serve, tidy } from '../test-page';
import { AccountRecord } from './AccountRecord';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/customer/v1';
const id = '0199d5a0-0000-7000-8000-000000000001';
const account = {
  id, version: 4, number: 'A-1', kind: 'organisation', displayName: 'Toko Maju', parentId: null, email: null, phone: '+62215550100', website: null, industry: 'Retail', tags: ['key'],
  address: { street: null, city: 'Bandung', province: null, postalCode: null, country: 'ID' }, customFields: [{ name: 'seats', text: null, number: 12, date: null, flag: null }],
  ownerId: 'user:9', ownerName: 'Budi', ownerUnit: 'West', isInternal: true, registeredAt: '2026-11-01T02:00:00Z', changedAt: '2026-11-01T02:00:00Z',
};
const none = { items: [], nextCursor: null };
const routes = {
  [`GET ${API}/accounts/${id}`]: account, [`GET ${API}/accounts/${id}/hierarchy`]: [{ id, displayName: 'Toko Maju', level: 0 }], [`GET ${API}/accounts/${id}/contacts`]: none, [`GET ${API}/custom-fields/account`]: [], [`GET ${API}/accounts`]: none, [`GET ${API}/customers`]: none,
};
const pages = { '/accounts/:id': AccountRecord };

it('changes what was typed and keeps everything else, the owner included', async () => {
  const asked = serve({ ...routes, [`PUT ${API}/accounts/${id}`]: ({ body }: { body: object }) => ({ ...account, ...body, version: 5 }) }, ['sales-rep']);
  open(`/accounts/${id}`, pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Edit' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Change Toko Maju' }));
  expect(await axeFindings()).toEqual([]);
  const city = dialog.getByRole('textbox', { name: 'City' });
  await userEvent.clear(city);
  await userEvent.type(city, 'Cimahi');
  fireEvent.change(dialog.getByRole('combobox', { name: 'Kind' }), { target: { value: 'partner' } });
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const put = asked.find((one) => one.method === 'PUT')!;
  expect(put.headers.get('If-Match')).toBe('"4"');
  expect(put.body).toEqual({
    kind: 'partner', displayName: 'Toko Maju', parentId: null, email: null, phone: '+62215550100', website: null, industry: 'Retail', tags: ['key'],
    address: { street: null, city: 'Cimahi', province: null, postalCode: null, country: 'ID' }, customFields: [{ name: 'seats', number: 12 }], ownerId: 'user:9', ownerName: 'Budi', ownerUnit: 'West', isInternal: true,
  });
});

it('shows both values when somebody saved first, and keeps the owner that they set', async () => {
  const theirs = { ...account, version: 5, industry: 'Wholesale', ownerId: 'user:7', ownerName: 'Sari' };
  let refused = false;
  const asked = serve({
    ...routes, [`GET ${API}/accounts/${id}`]: () => (refused ? theirs : account),
    [`PUT ${API}/accounts/${id}`]: ({ body }: { body: object }) => { if (refused) return { ...theirs, ...body, version: 6 }; refused = true; return new Refused(412, 'customer.account_stale'); },
  }, ['sales-rep']);
  open(`/accounts/${id}`, pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Edit' }));
  const industry = within(await screen.findByRole('dialog')).getByRole('textbox', { name: 'Industry' });
  await userEvent.clear(industry);
  await userEvent.type(industry, 'Export{Enter}');
  const dialog = within(await screen.findByRole('dialog', { name: 'Somebody else changed this record' }));
  await userEvent.click(dialog.getByRole('radio', { name: 'Wholesale' }));
  await userEvent.click(dialog.getByRole('button', { name: 'Save choices' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const puts = asked.filter((one) => one.method === 'PUT');
  expect(puts.map((one) => one.headers.get('If-Match'))).toEqual(['"4"', '"5"']);
  expect(puts[1]!.body).toMatchObject({ industry: 'Wholesale', ownerId: 'user:7', ownerName: 'Sari' });
});

it('says at its field why an account cannot be there in the tree, and keeps what was typed', async () => {
  serve({ ...routes, [`PUT ${API}/accounts/${id}`]: new Refused(422, 'customer.account_cycle', 'An account cannot be above itself.', 'parentId') }, ['sales-rep']);
  open(`/accounts/${id}`, pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Edit' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.type(dialog.getByRole('textbox', { name: 'Street' }), 'Jl. Braga 1');
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
  expect((await dialog.findAllByText('An account cannot be above itself.')).length).toBeGreaterThan(0);
  expect(dialog.getByRole('textbox', { name: 'Street' })).toHaveValue('Jl. Braga 1');
});

it('gives somebody who may only read no way to change it', async () => {
  serve(routes, ['viewer']);
  open(`/accounts/${id}`, pages);
  await screen.findByRole('heading', { name: 'Toko Maju' });
  expect(screen.queryByRole('button', { name: 'Edit' })).toBeNull();
});
