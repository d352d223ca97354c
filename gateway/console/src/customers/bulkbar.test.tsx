import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, Refused, serve, tidy } from '../test-page';
import { BulkBar } from './BulkBar';
import type { Row } from './CustomerList';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const rows = ['Ani', 'بشرى', '<b>Citra</b>'].map((displayName, at) => ({ id: `0199d5a0-0000-7000-8000-00000000000${at}`, version: 1, displayName, number: `C-${at}`, tags: [], lifecycleStage: 'Active' })) as unknown as Row[];
const clear = vi.fn();
const pages = { '/customers': () => <BulkBar rows={rows} clear={clear} />, '/privacy': () => null };
const LISTS = '/api/campaign/v1/lists';
const list = { id: 'l1', name: 'Guests', kind: 'default', members: 4, createdBy: 'x', createdAt: '2026-11-01T00:00:00Z' };

beforeEach(() => clear.mockClear());

it('puts the ticked ones on a new list, leaves out whom Campaign does not know, and takes all off again', async () => {
  const asked = serve({
    [`GET ${LISTS}`]: { items: [list], nextCursor: null }, [`POST ${LISTS}`]: { ...list, id: 'l2', name: 'New' },
    [`POST ${LISTS}/l2/members`]: ({ body }: { body: { customerIds: string[] } }) => { const at = body.customerIds.indexOf(rows[1]!.id); return at >= 0 ? new Refused(422, 'campaign.customers_unknown', 'Unknown.', `customerIds[${at}]`) : { added: body.customerIds.length }; },
    ...Object.fromEntries(rows.map((row) => [`DELETE ${LISTS}/l2/members/${row.id}`, null])),
  }, ['marketer']);
  open('/customers', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Add to a list' }));
  const dialog = within(await screen.findByRole('dialog', { name: '3 customers to a list' }));
  await userEvent.type(await dialog.findByRole('textbox', { name: 'Name of the new list' }), 'New');
  expect(await axeFindings()).toEqual([]);
  await userEvent.click(dialog.getByRole('button', { name: 'Add to a list' }));
  expect(await screen.findByText('2 added · not known to Campaign yet: بشرى')).toBeInTheDocument();
  expect(clear).toHaveBeenCalled();
  const posts = asked.filter((one) => one.path.endsWith('/members'));
  expect(posts.map((one) => (one.body as { customerIds: string[] }).customerIds)).toEqual([rows.map((row) => row.id), [rows[0]!.id, rows[2]!.id]]);
  expect(new Set(posts.map((one) => one.headers.get('Idempotency-Key'))).size).toBe(2);
  await userEvent.click(screen.getByRole('button', { name: 'Undo' }));
  await waitFor(() => expect(asked.filter((one) => one.method === 'DELETE').map((one) => one.path.slice(-36))).toEqual([rows[0]!.id, rows[2]!.id]));
});

it('offers no undo where some were on the list before', async () => {
  serve({ [`GET ${LISTS}`]: { items: [list], nextCursor: null }, [`POST ${LISTS}/l1/members`]: { added: 1 } }, ['marketer']);
  open('/customers', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Add to a list' }));
  await userEvent.click(await screen.findByRole('combobox', { name: 'List' }));
  await userEvent.click(await screen.findByRole('option', { name: 'Guests (4 people)' }));
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Add to a list' }));
  expect(await screen.findByText('1 added · 2 were on it already')).toBeInTheDocument();
  expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
});

it('does not make a second list when the members are refused at first', async () => {
  let refused = false;
  const asked = serve({
    [`GET ${LISTS}`]: () => ({ items: refused ? [{ ...list, id: 'l2', name: 'New', members: 0 }] : [], nextCursor: null }), [`POST ${LISTS}`]: { ...list, id: 'l2', name: 'New' },
    [`POST ${LISTS}/l2/members`]: () => { if (refused) return { added: 3 }; refused = true; return new Refused(503, 'service.unavailable', 'Try again.'); },
  }, ['marketer']);
  open('/customers', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Add to a list' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.type(await dialog.findByRole('textbox', { name: 'Name of the new list' }), 'New');
  await userEvent.click(dialog.getByRole('button', { name: 'Add to a list' }));
  expect(await dialog.findByText('Try again.')).toBeVisible();
  await userEvent.click(dialog.getByRole('button', { name: 'Add to a list' }));
  expect(await screen.findByText('3 added')).toBeInTheDocument();
  expect(asked.filter((one) => one.method === 'POST' && one.path === LISTS)).toHaveLength(1);
});

it('starts an erasure for each only after the number was typed, and names whom it was refused for', async () => {
  const asked = serve(Object.fromEntries(rows.map((row, at) => [`POST /api/customer/v1/customers/${row.id}/privacy-requests`, at === 1 ? new Refused(409, 'customer.legal_hold', 'On legal hold.') : { id: 'r' + at }])), ['ops']);
  open('/customers', pages);
  await userEvent.click(await screen.findByRole('button', { name: /Erase/ }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Erase 3 customers' }));
  await userEvent.type(dialog.getByRole('textbox', { name: /How the identity was checked/ }), 'ID cards shown');
  expect(dialog.getByRole('button', { name: 'Erase' })).toBeDisabled();
  await userEvent.type(dialog.getByRole('textbox', { name: /Type 3 to make sure/ }), '3');
  expect(asked).toHaveLength(0);
  await userEvent.click(dialog.getByRole('button', { name: 'Erase' }));
  expect(await dialog.findByText('2 erasures started.')).toBeVisible();
  expect(dialog.getByText('بشرى: On legal hold.')).toBeVisible();
  expect(asked.map((one) => one.body)).toEqual(Array(3).fill({ kind: 'erasure', verifiedBy: 'ID cards shown' }));
  expect(clear).not.toHaveBeenCalled();
  await userEvent.click(dialog.getByText('Close'));
  expect(clear).toHaveBeenCalled();
});

it('offers to each only what they may', async () => {
  serve({}, ['ops']);
  open('/customers', pages);
  expect(await screen.findByRole('button', { name: /Erase/ })).toBeVisible();
  for (const name of ['Tag', 'Assign to me', 'Add to a list']) expect(screen.queryByRole('button', { name })).toBeNull();
});
