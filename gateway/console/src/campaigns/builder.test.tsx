import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { type Asked, open, Refused, serve, tidy } from '../test-page';
import { CampaignBuilder } from './CampaignBuilder';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/campaign/v1';
const segment = { id: 's', name: 'Shoppers', criteria: { all: [] } };
const templates = { items: [{ id: 't', name: 'Sale', channel: 'email', languages: ['id', 'en'] }], nextCursor: null };
const person = { customerId: 'c', displayName: 'Sari', city: null, purchaseCount: 1, exclusion: null, pAlive: null };

/** A platform whose campaigns are numbered as they are made; `refusals` come first from the launch and the plan. */
function platform(refusals: { plan?: Refused[]; launch?: Refused[] }) {
  let made = 0;
  const draft = (id: string, version: number) => ({ id, version, name: '', state: 'draft' });
  const routes: Record<string, unknown> = {
    [`GET ${API}/segments`]: { items: [segment], nextCursor: null }, [`GET ${API}/templates`]: templates,
    [`POST ${API}/segments/preview`]: { matching: 3, reachable: 2, excluded: { no_consent: 1 }, sample: [person] }, [`GET ${API}/segments/s/count`]: { matching: 3, reachable: 2, excluded: { no_consent: 1 } },
    [`POST ${API}/templates/t/preview`]: ({ body }: Asked) => ({ subject: `Hi Sari (${(body as { language: string }).language})`, html: null, text: 'Hi' }),
    [`GET ${API}/calendar`]: { entries: [], conflicts: [], journeys: [], audiencesCompared: true },
    [`POST ${API}/campaigns`]: () => draft('k' + ++made, 1),
  };
  for (const id of ['k1', 'k2']) {
    Object.assign(routes, {
      [`GET ${API}/campaigns/${id}`]: draft(id, 7), [`PUT ${API}/campaigns/${id}/pacing`]: { version: 8 }, [`PUT ${API}/campaigns/${id}/plan`]: () => refusals.plan?.shift() ?? { version: 9 },
      [`POST ${API}/campaigns/${id}/launch`]: () => refusals.launch?.shift() ?? draft(id, 10), [`POST ${API}/campaigns/${id}/cancel`]: draft(id, 9),
    });
  }
  return serve(routes, ['marketer']);
}

const next = () => userEvent.click(screen.getByRole('button', { name: 'Next' }));
const did = (asked: Asked[]) => asked.filter((one) => one.path.startsWith(`${API}/campaigns`) && one.method !== 'GET').map((one) => `${one.method} ${one.path.slice(API.length)}`);

async function upToReview() {
  await screen.findByTestId('reachable');
  await next();
  await userEvent.click(screen.getByRole('combobox', { name: /Template/ }));
  await userEvent.click(await screen.findByRole('option', { name: /Sale/, hidden: true }));
  expect(await screen.findByText('Hi Sari (id)')).toBeVisible();
  expect(await screen.findByText('Hi Sari (en)')).toBeVisible();
  await userEvent.type(screen.getByRole('textbox', { name: /^Name/ }), 'Sale in June');
  await userEvent.type(screen.getByRole('textbox', { name: /Sender name/ }), 'Toko');
  await userEvent.type(screen.getByRole('textbox', { name: /From address/ }), 'halo@toko.example');
  await next();
  await userEvent.type(screen.getByRole('textbox', { name: /Cost per message/ }), '150');
  await next();
  await next();
  await screen.findByRole('region', { name: 'Simulation' });
}

it('writes a draft with its limits and cost, shows what would happen, and launches it', async () => {
  const asked = platform({});
  const { router } = open('/campaigns/new?segment=s', { '/campaigns/new': CampaignBuilder, '/campaigns/:id': () => null });
  await upToReview();
  expect(await screen.findByText('Rp300')).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: 'Create and launch' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/campaigns/k1'));
  expect(did(asked)).toEqual(['POST /campaigns', 'PUT /campaigns/k1/pacing', 'PUT /campaigns/k1/plan', 'POST /campaigns/k1/launch']);
  expect(asked.find((one) => one.path.endsWith('/pacing'))!.body).toMatchObject({ quietHours: { from: '21:00', to: '08:00' }, overCap: 'defer', warmUp: null });
  expect(asked.find((one) => one.path.endsWith('/plan'))!.body).toMatchObject({ launch: null, currency: 'IDR', messageCosts: { email: 150 } });
  expect(asked.filter((one) => one.method === 'PUT').map((one) => one.headers.get('If-Match'))).toEqual(['"1"', '"8"']);
  expect(asked.find((one) => one.path.endsWith('/launch'))!.headers.get('If-Match')).toBe('"9"');
});

it('goes on with the draft of a refused attempt, and gives it up where what it was made of has changed', async () => {
  const plan = [new Refused(422, 'campaign.cost_invalid', 'A cost is not negative.'), new Refused(422, 'campaign.cost_invalid', 'A cost is not negative.')];
  const asked = platform({ plan });
  const { router } = open('/campaigns/new?segment=s', { '/campaigns/new': CampaignBuilder, '/campaigns/:id': () => null });
  await upToReview();
  const create = () => userEvent.click(screen.getByRole('button', { name: 'Create draft' }));
  await create();
  expect(await screen.findByText(/A cost is not negative/)).toBeVisible();
  await create();
  await waitFor(() => expect(did(asked)).toEqual(['POST /campaigns', 'PUT /campaigns/k1/pacing', 'PUT /campaigns/k1/plan', 'PUT /campaigns/k1/pacing', 'PUT /campaigns/k1/plan']));
  expect(asked.filter((one) => one.path.endsWith('/pacing')).map((one) => one.headers.get('If-Match'))).toEqual(['"1"', '"7"']);
  for (let back = 0; back < 3; back++) await userEvent.click(screen.getByRole('button', { name: 'Back' }));
  await userEvent.type(screen.getByRole('textbox', { name: /^Name/ }), ' again');
  for (let step = 0; step < 3; step++) await next();
  await create();
  await waitFor(() => expect(router.state.location.pathname).toBe('/campaigns/k2'));
  expect(asked.find((one) => one.path.endsWith('/cancel'))!.headers.get('If-Match')).toBe('"7"');
  expect(did(asked).slice(5)).toEqual(['POST /campaigns/k1/cancel', 'POST /campaigns', 'PUT /campaigns/k2/pacing', 'PUT /campaigns/k2/plan']);
});

it('keeps the draft of a refused launch, and tells its page why', async () => {
  platform({ launch: [new Refused(409, 'campaign.approval_required', 'Somebody else has to approve it.')] });
  const { router } = open('/campaigns/new?segment=s', { '/campaigns/new': CampaignBuilder, '/campaigns/:id': () => null });
  await upToReview();
  await userEvent.click(screen.getByRole('button', { name: 'Create and launch' }));
  await waitFor(() => expect(router.state.location.pathname).toBe('/campaigns/k1'));
  expect(router.state.location.state).toEqual({ status: 409, code: 'campaign.approval_required', detail: 'Somebody else has to approve it.' });
});
