import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { type Asked, open, Refused, serve, tidy } from '../test-page';
import { CampaignRecord } from './CampaignRecord';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const path = '/api/campaign/v1/campaigns/k';
const arm = (name: string, templateId: string, weight: number) => ({ name, templateId, weight, subjects: { en: 'Subject ' + name } });
const experiment = { campaignId: 'k', salt: 'salt', metric: 'clicked', alpha: 0.01, testPercent: 20, decidesAt: null, horizonMinutes: 60, minimumSample: 100, defaultVariant: 'A', variants: [arm('A', 't', 3), arm('B', 'u', 1)] };
const writes = (asked: Asked[]) => asked.filter((one) => one.method !== 'GET' && one.path.startsWith(path));

/** A draft with settings of which the form shows a part only. */
function draft(more: Record<string, unknown> = {}) {
  let version = 3;
  const changed = () => ({ version: ++version });
  return serve({
    [`GET ${path}`]: () => ({ id: 'k', version, name: 'Sale', kind: 'broadcast', segmentId: 's', templateId: 't', channel: 'email', senderName: 'Toko', fromAddress: 'halo@toko.example', holdoutPercent: 10, state: 'draft', createdBy: 'user:1', createdAt: '2026-06-01T00:00:00Z', launchedAt: null, finishedAt: null }),
    [`GET ${path}/plan`]: () => ({ campaignId: 'k', version, launch: { at: '2099-03-01T02:00:00Z', local: '2099-03-01T09:00', zone: 'Asia/Jakarta' }, endsAt: null, currency: 'IDR', budget: null, expectedRevenue: null, messageCosts: { sms: 300 }, pointCost: null, owner: 'rina', goal: null, tags: ['a'], schedule: null }),
    [`GET ${path}/pacing`]: () => ({ campaignId: 'k', version, timeZone: 'Asia/Jakarta', quietHours: null, sendTime: 'soon', localHour: null, warmUp: null, overCap: 'defer', onUnknown: 'resend' }),
    [`GET ${path}/experiment`]: experiment, [`GET ${path}/approvals`]: { items: [], nextCursor: null },
    'GET /api/campaign/v1/segments/s': { id: 's', name: 'Shoppers', criteria: { all: [] } }, 'GET /api/campaign/v1/segments/s/count': { matching: 3, reachable: 2, excluded: {} }, 'POST /api/campaign/v1/segments/preview': { matching: 3, reachable: 2, excluded: {}, sample: [] },
    'GET /api/campaign/v1/templates': { items: ['t', 'u', 'v'].map((id) => ({ id, name: 'Text ' + id, channel: 'email', languages: ['id'] })), nextCursor: null }, 'GET /api/campaign/v1/templates/t': { id: 't', name: 'Text t' },
    'GET /api/campaign/v1/calendar': { entries: [], conflicts: [], journeys: [], audiencesCompared: true },
    [`PUT ${path}/pacing`]: changed, [`PUT ${path}/variants`]: changed, [`PUT ${path}/plan`]: changed, ...more,
  }, ['marketer']);
}

async function plan() {
  open('/campaigns/k', { '/campaigns/:id': CampaignRecord });
  await userEvent.click(await screen.findByRole('tab', { name: 'Plan' }));
  return screen.findByRole('textbox', { name: /Goal/ });
}

it('changes what its form shows and nothing else', async () => {
  const asked = draft();
  await userEvent.type(await plan(), 'Win them back');
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(writes(asked).map((one) => one.path.slice(path.length))).toEqual(['/pacing', '/plan'])); // the texts were not touched
  expect(writes(asked)[0]!.body).toMatchObject({ onUnknown: 'resend', quietHours: null });
  expect(writes(asked)[1]!.body).toMatchObject({ goal: 'Win them back', currency: 'IDR', messageCosts: { sms: 300 }, owner: 'rina', tags: ['a'], launch: { local: '2099-03-01T09:00', zone: 'Asia/Jakarta' } });
});

it('keeps weights and subjects of the texts that stay', async () => {
  const asked = draft();
  await plan();
  await userEvent.click(screen.getByRole('button', { name: 'Add a text' }));
  await userEvent.click(screen.getByRole('combobox', { name: /Text C/ }));
  await userEvent.click((await screen.findAllByRole('option', { name: /Text v/, hidden: true })).at(-1)!); // of the list that was opened last
  await userEvent.click(screen.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(writes(asked).some((one) => one.path.endsWith('/plan'))).toBe(true));
  expect(writes(asked).find((one) => one.path.endsWith('/variants'))!.body).toMatchObject({ salt: 'salt', alpha: 0.01, variants: [arm('A', 't', 3), arm('B', 'u', 1), { name: 'C', templateId: 'v', weight: 1 }] });
});

it('says why it was not scheduled, keeps what was typed, and goes on from what was saved', async () => {
  const refusals = [new Refused(409, 'campaign.approval_required', 'Somebody else has to approve it.')];
  const asked = draft({ [`POST ${path}/schedule`]: () => refusals.shift() ?? {} });
  await userEvent.type(await plan(), 'Win them back');
  const schedule = () => userEvent.click(screen.getByRole('button', { name: 'Save and schedule' }));
  await schedule();
  expect(await screen.findByText(/Somebody else has to approve it/)).toBeVisible();
  await waitFor(() => expect(asked.filter((one) => one.path === `${path}/plan` && one.method === 'GET').length).toBeGreaterThan(1)); // the page has asked anew
  expect(screen.getByText(/Somebody else has to approve it/)).toBeVisible();
  expect(screen.getByRole('textbox', { name: /Goal/ })).toHaveValue('Win them back');
  await schedule();
  await waitFor(() => expect(writes(asked).filter((one) => one.path.endsWith('/schedule'))).toHaveLength(2));
  expect(writes(asked).map((one) => one.headers.get('If-Match'))).toEqual(['"3"', '"4"', '"5"', '"5"', '"6"', '"7"']);
});
