import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, serve, tidy } from '../test-page';
import { OpsDesk } from './OpsDesk';
import { SERVICES } from './operations';

vi.mock('@tanstack/react-virtual', () => ({
  useVirtualizer: ({ count }: { count: number }) => ({ getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, start: index * 40 })), getTotalSize: () => count * 40, measure() {}, scrollToIndex() {} }),
}));

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const letter = (id: string) => ({ id, queue: 'sales-things', messageId: id, messageType: 'Crm.Test.ThingHappened', errorType: 'System.Exception', error: `broken ${id}`, state: 'waiting', failures: 2, firstFailedAt: '2026-11-01T02:00:00Z', failedAt: '2026-11-02T02:00:00Z' });
const state = (service: string, waiting: number) => ({
  service, at: '2026-11-02T02:00:00Z', outbox: { pending: 0, lagSeconds: 0, scheduled: 0, failing: [] }, queues: [{ name: `${service}-things`, ready: 0, consumers: 1, exists: true }],
  deadLetters: waiting ? [{ queue: `${service}-things`, waiting, oldestAt: '2026-11-01T02:00:00Z' }] : [],
});
const routes = (letters: () => ReturnType<typeof letter>[]) => ({
  ...Object.fromEntries(SERVICES.map((one) => [`GET /api/${one}/v1/operations`, () => state(one, one === 'sales' ? letters().length : 0)])),
  'GET /api/sales/v1/operations/dead-letters': () => ({ items: letters(), nextCursor: null }),
  'GET /api/customer/v1/operations/dead-letters': { items: [], nextCursor: null },
});
const pages = { '/ops': OpsDesk };

it('leads from a queue to its dead letters and sends those that are ticked back', async () => {
  let letters = ['a', 'b', 'c'].map(letter);
  const asked = serve({ ...routes(() => letters), 'POST /api/sales/v1/operations/dead-letters/replay': () => { letters = letters.slice(2); return { replayed: 2, tooOld: 0, notWaiting: 0 }; } });
  open('/ops?tab=queues', pages);
  await userEvent.click(await screen.findByRole('button', { name: '3' }));
  await screen.findByText('broken a');
  for (const box of screen.getAllByRole('checkbox').slice(1, 3)) await userEvent.click(box);
  await userEvent.click(screen.getByRole('button', { name: 'Replay' }));
  await screen.findByText('2 sent back to their queues.');
  await waitFor(() => expect(screen.queryByText('broken a')).toBeNull());
  const post = asked.find((one) => one.method === 'POST')!;
  expect([post.body, !!post.headers.get('Idempotency-Key')]).toEqual([{ ids: ['a', 'b'] }, true]);
});

it('gives up only with a reason', async () => {
  const asked = serve({ ...routes(() => [letter('a')]), 'POST /api/sales/v1/operations/dead-letters/discard': { discarded: 1, notWaiting: 0 } });
  open('/ops?tab=queues', pages);
  await userEvent.click(await screen.findByRole('button', { name: '1' }));
  await screen.findByText('broken a');
  await userEvent.click(screen.getAllByRole('checkbox')[1]!);
  await userEvent.click(screen.getByRole('button', { name: 'Discard' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByRole('button', { name: 'Discard' })).toBeDisabled();
  await userEvent.type(dialog.getByRole('textbox', { name: /Reason/ }), ' its record is gone ');
  expect(await axeFindings()).toEqual([]);
  await userEvent.click(dialog.getByRole('button', { name: 'Discard' }));
  await waitFor(() => expect(asked.find((one) => one.method === 'POST')?.body).toEqual({ ids: ['a'], reason: 'its record is gone' }));
});

it('tells of a service that does not answer, beside the others', async () => {
  const all = routes(() => []);
  delete (all as Record<string, unknown>)['GET /api/loyalty/v1/operations'];
  serve(all);
  open('/ops?tab=queues', pages);
  await screen.findByText('No word about the queues of: loyalty');
  await screen.findByText('All queues are empty');
});
