import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, Refused, serve, tidy } from '../test-page';
import { NewPackage, PackageRecord } from './AccessPackage';
import { PrivacyRequest } from './PrivacyRequest';

const saved = vi.hoisted(() => [] as { name: string; content: Blob }[]);
vi.mock('../kit/csv', () => ({ saveFile: (name: string, content: Blob) => saved.push({ name, content }) }));

beforeEach(async () => { saved.length = 0; await changeLanguage('en'); });
afterEach(tidy);

const API = '/api/customer/v1';
const [customerId, packageId, newId, requestId] = [1, 2, 3, 4].map((last) => `0199d5a0-0000-7000-8000-00000000000${last}`) as [string, string, string, string];
const source = (service: string, more = {}) => ({ service, gatheredAt: '2026-11-26T01:00:00Z', rows: 3, attempts: 1, lastFailure: null, ...more });
const complete = { id: packageId, customerId, requestId, state: 'complete', createdAt: '2026-11-26T00:00:00Z', expiresAt: '2026-12-10T00:00:00Z', sources: ['analytics', 'campaign', 'customer', 'loyalty', 'sales', 'service'].map((one) => source(one)) };
const gathering = { ...complete, state: 'gathering', sources: complete.sources.map((one) => (one.service === 'loyalty' ? source('loyalty', { gatheredAt: null, rows: 0, attempts: 4, lastFailure: 'Unavailable' }) : one)) };
const request = { id: requestId, customerId, kind: 'access', state: 'open', verifiedBy: 'ID card', note: null, receivedAt: '2026-11-26T00:00:00Z', dueAt: '2026-11-29T00:00:00Z', overdue: false, handledBy: 'Sari', finishedAt: null, outcome: null, certificate: null, signature: null, confirmedBy: [], packageId };
const pages = { '/privacy/packages/new': NewPackage, '/privacy/packages/:id': PackageRecord, '/privacy/:id': PrivacyRequest };
const customer = { id: customerId, version: 1, displayName: 'Budi', number: 'C-1' };

it('shows on the request how far its package is and which service keeps it waiting, and follows it until it is complete', async () => {
  let asked = 0;
  serve({ [`GET ${API}/privacy-requests/${requestId}`]: request, [`GET ${API}/access-packages/${packageId}`]: () => (asked++ ? complete : gathering), [`GET ${API}/customers/${customerId}`]: customer, [`GET ${API}/customers/${customerId}/legal-holds`]: [] });
  open(`/privacy/${requestId}`, pages);
  expect(await screen.findByText(/5 of 6 services have handed theirs over/)).toBeVisible();
  expect(screen.getByText('asked 4 times; last: Unavailable')).toBeVisible();
  expect(screen.getByText(/it says which parts are missing/)).toBeVisible();
  expect(await screen.findByText(/6 of 6 services have handed theirs over/)).toBeVisible();
  expect(screen.queryByText(/it says which parts are missing/)).toBeNull();
  expect(await axeFindings()).toEqual([]);
});

it('hands over the document in the form and language that was chosen', async () => {
  const asked = serve({ [`GET ${API}/access-packages/${packageId}`]: complete, [`GET ${API}/access-packages/${packageId}/document`]: () => new Response('<h1>Data Anda</h1>', { headers: { 'Content-Type': 'text/html' } }), [`GET ${API}/customers/${customerId}`]: customer });
  open(`/privacy/packages/${packageId}`, pages);
  await userEvent.click(await screen.findByRole('button', { name: 'To print (Indonesian)' }));
  await waitFor(() => expect(saved.map((one) => one.name)).toEqual([`package-${packageId}.id.html`]));
  expect(await saved[0]!.content.text()).toBe('<h1>Data Anda</h1>');
  expect(Object.fromEntries(asked.find((one) => one.path.endsWith('/document'))!.query)).toEqual({ format: 'html', language: 'id' });
});

it('says why nothing was downloaded', async () => {
  serve({ [`GET ${API}/access-packages/${packageId}`]: complete, [`GET ${API}/access-packages/${packageId}/document`]: new Refused(404, 'customer.access_package_not_found', 'Its time is over.'), [`GET ${API}/customers/${customerId}`]: customer });
  open(`/privacy/packages/${packageId}`, pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Download the package (JSON)' }));
  expect(await screen.findByText('Its time is over.')).toBeVisible();
  expect(saved).toEqual([]);
});

it('gathers anew what is no longer kept', async () => {
  const asked = serve({
    [`GET ${API}/privacy-requests/${requestId}`]: request, [`GET ${API}/access-packages/${packageId}`]: new Refused(404, 'customer.access_package_not_found'), [`GET ${API}/access-packages/${newId}`]: { ...complete, id: newId },
    [`POST ${API}/customers/${customerId}/access-packages`]: { ...gathering, id: newId }, [`GET ${API}/customers/${customerId}`]: customer, [`GET ${API}/customers/${customerId}/legal-holds`]: [],
  });
  open(`/privacy/${requestId}`, pages);
  await userEvent.click(await screen.findByRole('button', { name: "Gather somebody's data" }));
  expect(await screen.findByText(/of 6 services have handed theirs over/)).toBeVisible();
  expect(asked.find((one) => one.method === 'POST')!.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/);
});

it('gathers for somebody without a request', async () => {
  serve({ [`GET ${API}/customers/${customerId}`]: customer, [`GET ${API}/customers`]: { items: [], nextCursor: null }, [`POST ${API}/customers/${customerId}/access-packages`]: { ...gathering, id: newId }, [`GET ${API}/access-packages/${newId}`]: { ...complete, id: newId } });
  const { router } = open(`/privacy/packages/new?customerId=${customerId}`, pages);
  expect(await screen.findByRole('heading', { name: "Gather somebody's data" })).toBeVisible();
  await userEvent.click(screen.getByRole('button', { name: "Gather somebody's data" }));
  await waitFor(() => expect(router.state.location.pathname).toBe(`/privacy/packages/${newId}`));
  expect(await screen.findByRole('heading', { name: 'Data package' })).toBeVisible();
});
