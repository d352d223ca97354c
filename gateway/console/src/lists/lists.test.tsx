import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, serve, tidy } from '../test-page';
import { StaticListRecord } from './StaticListRecord';
import { StaticLists } from './StaticLists';

// jsdom lays nothing out, so that no row would be in sight.
vi.mock('@tanstack/react-virtual', () => ({
  useVirtualizer: ({ count }: { count: number }) => ({ getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, start: index * 40 })), getTotalSize: () => count * 40, measure() {}, scrollToIndex() {} }),
}));

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/campaign/v1';
const id = '0199d5a0-0000-7000-8000-000000000001';
const list = { id, name: 'Guests', kind: 'default', members: 2, createdBy: 'user:1', createdAt: '2026-11-01T02:00:00Z' };
const member = (at: number, displayName: string | null) => ({ customerId: `0199d5a0-0000-7000-8000-00000000000${at}`, displayName, addedBy: 'user:1', addedAt: '2026-11-02T02:00:00Z' });
const pages = { '/lists': StaticLists, '/lists/:id': StaticListRecord, '/customers/:id': () => null };
const none = { items: [], nextCursor: null };

it('makes a list of a kind, once, and opens it', async () => {
  const asked = serve({ [`GET ${API}/lists`]: none, [`POST ${API}/lists`]: list, [`GET ${API}/lists/${id}`]: list, [`GET ${API}/lists/${id}/members`]: none }, ['marketer']);
  const { router } = open('/lists', pages);
  await userEvent.click((await screen.findAllByRole('button', { name: 'New list' }))[0]!);
  const dialog = within(await screen.findByRole('dialog', { name: 'New list' }));
  await userEvent.type(dialog.getByRole('textbox', { name: 'Name' }), ' Guests ');
  fireEvent.change(dialog.getByRole('combobox', { name: 'For' }), { target: { value: 'seed' } });
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/lists/${id}`));
  const post = asked.find((one) => one.method === 'POST')!;
  expect(post.body).toEqual({ name: 'Guests', kind: 'seed' });
  expect(post.headers.get('Idempotency-Key')).toBeTruthy();
});

it('shows who is on it, and takes off those that are ticked and nobody else', async () => {
  let on = [member(2, 'Budi'), member(3, 'Sari'), member(4, null)];
  const asked = serve({
    [`GET ${API}/lists/${id}`]: () => ({ ...list, members: on.length }), [`GET ${API}/lists/${id}/members`]: () => ({ items: on, nextCursor: null }),
    [`DELETE ${API}/lists/${id}/members/${member(3, '').customerId}`]: () => { on = on.filter((one) => one.displayName !== 'Sari'); return null; },
  }, ['marketer']);
  open(`/lists/${id}`, pages);
  expect(await screen.findByRole('link', { name: 'No longer in the audience' })).toBeVisible();
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select Sari' }));
  await userEvent.click(screen.getByRole('button', { name: 'Take off' }));
  expect(await screen.findByText('1 taken off the list')).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByText('Sari')).toBeNull());
  expect(asked.filter((one) => one.method === 'DELETE')).toHaveLength(1);
});

it('imports a file and says which lines named nobody', async () => {
  const asked: string[] = [];
  serve({ [`GET ${API}/lists/${id}`]: list, [`GET ${API}/lists/${id}/members`]: none, 'GET /api/customer/v1/customers': none }, ['marketer']);
  const answer = globalThis.fetch;
  vi.stubGlobal('fetch', async (input: Request | string) => {
    if (typeof input === 'string' || !input.url.endsWith('/imports')) return answer(input);
    asked.push(`${input.headers.get('Content-Type')} ${await input.text()}`);
    return new Response(JSON.stringify({ received: 3, added: 1, rejected: 2, problems: [{ line: 3, code: 'unknown_customer', message: '' }, { line: 4, code: 'email_invalid', message: '' }] }), { headers: { 'Content-Type': 'application/json' } });
  });
  open(`/lists/${id}`, pages);
  await screen.findByRole('heading', { name: 'Guests' });
  fireEvent.change(document.querySelector('input[type=file]')!, { target: { files: [new File(['email\na@example.com\n'], 'guests.csv', { type: 'text/csv' })] } });
  await userEvent.click(screen.getByRole('button', { name: 'Import from a file' }));
  expect(await screen.findByText('3 rows read · 1 added · 2 rejected')).toBeVisible();
  expect(within(screen.getByRole('table', { name: 'Rows that were rejected' })).getAllByRole('row').map((row) => row.textContent)).toEqual(['LineReason', '3Nobody in the audience', '4Not an e-mail address']);
  expect(asked).toEqual(['text/csv email\na@example.com\n']);
});

it('gives those who may only read no way to change it', async () => {
  serve({ [`GET ${API}/lists/${id}`]: list, [`GET ${API}/lists/${id}/members`]: { items: [member(2, 'Budi')], nextCursor: null } }, ['analyst']);
  open(`/lists/${id}`, pages);
  expect(await screen.findByText('Budi')).toBeVisible();
  expect(screen.queryByRole('checkbox')).toBeNull();
  expect(document.querySelector('input[type=file]')).toBeNull();
});

it.each(['/lists', `/lists/${id}`])('axe finds nothing: %s', async (address) => {
  serve({ [`GET ${API}/lists`]: { items: [list], nextCursor: null }, [`GET ${API}/lists/${id}`]: list, [`GET ${API}/lists/${id}/members`]: { items: [member(2, 'Budi')], nextCursor: null }, 'GET /api/customer/v1/customers': none }, ['marketer']);
  open(address, pages);
  await screen.findAllByRole('row');
  await waitFor(() => expect(document.querySelector('[aria-busy=true]')).toBeNull());
  expect(await axeFindings()).toEqual([]);
});
