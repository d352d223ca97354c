import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, Refused, serve, tidy } from '../test-page';
import { Approvals, ofCampaign, ofJourney } from './Approvals';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/campaign/v1';
const row = (id: string, requestedBy: string, state = 'requested') =>
  ({ id, state, recipients: 20, contacts: 20, comment: null, requestedBy, requestedAt: '2026-11-01T02:00:00Z', decidedBy: null, decidedAt: null, reason: null, changed: [] as string[] });
const pages = { '/campaign': () => <Approvals of={ofCampaign('c1')} />, '/journey': () => <Approvals of={ofJourney('j1')} /> };

it('lets an approver decide what others asked for, not their own', async () => {
  let state = 'requested';
  const asked = serve({
    [`GET ${API}/campaigns/c1/approvals`]: () => ({ items: [row('a1', 'user:2', state), row('a2', 'user:1')], nextCursor: null }),
    [`POST ${API}/campaigns/c1/approvals/a1/approve`]: () => { state = 'approved'; return row('a1', 'user:2', state); },
  }, ['marketing-approver']);
  open('/campaign', pages);
  expect(await screen.findAllByRole('button', { name: 'Approve' })).toHaveLength(1); // user:1 is who looks
  expect(await axeFindings()).toEqual([]);
  await userEvent.click(screen.getByRole('button', { name: 'Approve' }));
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull());
  const post = asked.find((one) => one.method === 'POST')!;
  expect([post.path, post.body, !!post.headers.get('Idempotency-Key')]).toEqual([`${API}/campaigns/c1/approvals/a1/approve`, {}, true]);
});

it('refuses a journey only with a reason, and keeps what was typed when the service does not take it', async () => {
  let refuses = true;
  const asked = serve({
    [`GET ${API}/journeys/j1/approvals`]: { items: [row('a1', 'user:2')], nextCursor: null },
    [`POST ${API}/journeys/j1/approvals/a1/reject`]: () => (refuses ? new Refused(409, 'campaign.approval_void', 'It was changed meanwhile.') : row('a1', 'user:2', 'rejected')),
  }, ['marketing-approver']);
  open('/journey', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Reject' }));
  const dialog = within(await screen.findByRole('dialog'));
  expect(dialog.getByRole('button', { name: 'Reject' })).toBeDisabled();
  await userEvent.type(dialog.getByRole('textbox'), ' Too loud ');
  await userEvent.click(dialog.getByRole('button', { name: 'Reject' }));
  await dialog.findByText('It was changed meanwhile.');
  expect(dialog.getByRole('textbox')).toHaveValue(' Too loud ');
  refuses = false;
  await userEvent.click(dialog.getByRole('button', { name: 'Reject' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(asked.filter((one) => one.method === 'POST').map((one) => one.body)).toEqual([{ reason: 'Too loud' }, { reason: 'Too loud' }]);
});

it('shows those who may not decide no way to', async () => {
  serve({ [`GET ${API}/campaigns/c1/approvals`]: { items: [row('a1', 'user:2')], nextCursor: null } }, ['marketer']);
  open('/campaign', pages);
  await screen.findAllByText(/20/);
  expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
  expect(screen.getByRole('button', { name: /approval/i })).toBeVisible();
});
