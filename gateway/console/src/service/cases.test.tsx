import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, serve, tidy } from '../test-page';
import { CaseList } from './CaseList';
import { CaseRecord } from './CaseRecord';

// jsdom lays nothing out, so that no row would be in sight.
vi.mock('@tanstack/react-virtual', () => ({
  useVirtualizer: ({ count }: { count: number }) => ({ getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, start: index * 40 })), getTotalSize: () => count * 40, measure() {}, scrollToIndex() {} }),
}));

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/service/v1';
const id = '0199d5a0-0000-7000-8000-000000000001';
const clock = (name: string, more: object) => ({ clock: name, status: 'running', targetSeconds: 3600, elapsedSeconds: 900, pausedSeconds: 0, dueAt: null, isWarned: false, isBreached: false, isNeverDue: false, stoppedAt: null, ...more });
const item = (more: object) => ({ id, number: 'CASE-1', customerId: id, type: 'question', priority: 'normal', status: 'new', subject: 'Where is it?', assignee: null, openedAt: '2026-11-01T02:00:00Z', resolvedAt: null, version: 1, nextDueAt: null, isBreached: false, clocks: [], ...more });
const pages = { '/cases': CaseList, '/cases/:id': CaseRecord, '/cases/new': () => null };

it('lists what is due, asks for the order and for overdue ones, and keeps both in the address', async () => {
  const soon = new Date(Date.now() + 2.4 * 3600_000).toISOString();
  const asked = serve({ [`GET ${API}/cases`]: { items: [item({ nextDueAt: soon }), item({ id: id.replace(/1$/, '2'), subject: 'Broken', nextDueAt: soon, isBreached: true })], nextCursor: null } }, ['service-agent']);
  const { router } = open('/cases', pages);
  expect(await screen.findByText('in 2 hours')).toBeVisible();
  expect(screen.getByText('Overdue')).toBeVisible();
  fireEvent.change(screen.getByRole('combobox', { name: 'Order' }), { target: { value: 'due' } });
  await userEvent.click(screen.getByRole('checkbox', { name: 'Overdue only' }));
  await waitFor(() => expect(Object.fromEntries(asked.filter((one) => one.path === `${API}/cases`).at(-1)!.query)).toMatchObject({ Sort: 'due', Breached: 'true' }));
  expect(router.state.location.search).toBe('?sort=due&breached=true');
  expect(asked.find((one) => one.path === `${API}/cases`)!.query.has('Sort')).toBe(false);
});

it('shows how much of each promise is used, which was not kept, and nothing for a case without clocks', async () => {
  const one = { ...item({}), description: 'Long', channel: 'web', resolution: null, isOpen: true };
  let clocks = [clock('firstResponse', { isBreached: true, elapsedSeconds: 7200 }), clock('resolution', { status: 'paused' })];
  serve({ [`GET ${API}/cases/${id}`]: () => ({ case: one, comments: [], history: [], clocks, slaPolicyVersion: 1, calendarVersion: 1 }) }, ['service-agent']);
  const { unmount } = open(`/cases/${id}`, pages);
  expect(await screen.findByText('First response')).toBeVisible();
  expect(screen.getByText('Overdue')).toBeVisible();
  expect(screen.getByText('Paused')).toBeVisible();
  expect(screen.getByText('15 min of 1 h working time used')).toBeVisible();
  expect(within(document.body).getAllByRole('progressbar').map((bar) => bar.getAttribute('aria-valuenow'))).toEqual(['100', '25']);
  expect(await axeFindings()).toEqual([]);
  unmount();
  clocks = [];
  open(`/cases/${id}`, pages);
  expect(await screen.findByText('Long')).toBeVisible();
  expect(screen.queryByText('Service promise')).toBeNull();
});
