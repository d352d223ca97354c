import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, Refused, serve, tidy } from '../test-page';
import { ClientRecord, NewClient } from './ClientRecord';
import { embedOf } from './embed';
import { FormRecord, moved, NewForm } from './FormRecord';
import { Integrations } from './Integrations';
import { SourceRecord } from './SourceRecord';
import { isSource } from './sources';
import { NewWebhook, WebhookRecord } from './WebhookRecord';

// jsdom lays nothing out, so that no row would be in sight.
vi.mock('@tanstack/react-virtual', () => ({
  useVirtualizer: ({ count }: { count: number }) => ({ getVirtualItems: () => Array.from({ length: count }, (_, index) => ({ index, start: index * 40 })), getTotalSize: () => count * 40, measure() {}, scrollToIndex() {} }),
}));

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const pages = {
  '/integrations': Integrations, '/integrations/new-webhook': NewWebhook, '/integrations/webhooks/:id': WebhookRecord, '/integrations/sources/:source': SourceRecord,
  '/integrations/new-form': NewForm, '/integrations/forms/:key': FormRecord, '/integrations/new-client': NewClient, '/integrations/clients/:subject': ClientRecord,
};
const CUSTOMER = '/api/customer/v1';
const id = '0199d5a0-0000-7000-8000-000000000001';
const webhook = { id, version: 3, url: 'https://erp.example/hook', description: 'ERP', eventTypes: ['customers.changed'], isActive: true, secretGeneration: 1, previousUntil: null, createdAt: '2026-11-01T02:00:00Z' };
const delivery = { id: id.replace(/1$/, '2'), eventId: id, type: 'customers.changed', body: '{"type":"customers.changed"}', state: 'dead', attempts: 12, nextAttemptAt: '2026-11-02T02:00:00Z', lastStatus: 503, lastFailure: 'status', createdAt: '2026-11-01T03:00:00Z', deliveredAt: null };
const none = { items: [], nextCursor: null };

describe('webhooks out', () => {
  it('makes a subscription once, shows its secret, and forgets the secret when the dialog is closed', async () => {
    const asked = serve({
      [`POST ${CUSTOMER}/webhook-subscriptions`]: { ...webhook, version: 1 }, [`GET ${CUSTOMER}/webhook-subscriptions/${id}`]: webhook, [`GET ${CUSTOMER}/webhook-subscriptions/${id}/deliveries`]: none,
      [`GET ${CUSTOMER}/webhook-subscriptions/${id}/secret`]: { value: 'whsec_c2VjcmV0' },
    });
    open('/integrations/new-webhook', pages);
    await userEvent.type(await screen.findByRole('textbox', { name: /Receiver address/ }), 'https://erp.example/hook');
    await userEvent.click(screen.getByRole('checkbox', { name: /Consent changed/ }));
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    const dialog = await screen.findByRole('dialog', { name: 'Signing secret' });
    expect(within(dialog).getByText('whsec_c2VjcmV0')).toBeVisible();
    const made = asked.find((one) => one.method === 'POST')!;
    expect(made.body).toEqual({ url: 'https://erp.example/hook', description: null, eventTypes: ['customers.registered', 'customers.changed', 'consent.changed'], isActive: true });
    expect(made.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/);
    await userEvent.click(within(dialog).getByText('Close'));
    await waitFor(() => expect(screen.queryByText('whsec_c2VjcmV0')).toBeNull());
    expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain('whsec_');
  });

  it('shows why a delivery was given up and sends it again', async () => {
    const asked = serve({
      [`GET ${CUSTOMER}/webhook-subscriptions/${id}`]: webhook, [`GET ${CUSTOMER}/webhook-subscriptions/${id}/deliveries`]: { items: [delivery], nextCursor: null },
      [`POST ${CUSTOMER}/webhook-deliveries/${delivery.id}/replay`]: { ...delivery, state: 'waiting', attempts: 0 },
    });
    open(`/integrations/webhooks/${id}`, pages);
    expect(await screen.findByRole('gridcell', { name: 'status 503' })).toBeVisible();
    await userEvent.click(screen.getByRole('button', { name: 'Customers changed' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Send again' }));
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Send again' })).toBeNull());
    expect(asked.find((one) => one.path.endsWith('/replay'))!.headers.get('Idempotency-Key')).toBeTruthy();
  });

  it('asks which values count when somebody saved first, and keeps what only they changed', async () => {
    const theirs = { ...webhook, version: 4, url: 'https://other.example/', isActive: false };
    let saved = 0;
    const asked = serve({
      [`GET ${CUSTOMER}/webhook-subscriptions/${id}`]: () => (saved ? theirs : webhook), [`GET ${CUSTOMER}/webhook-subscriptions/${id}/deliveries`]: none,
      [`PUT ${CUSTOMER}/webhook-subscriptions/${id}`]: ({ body }: { body: object }) => (saved++ ? { ...theirs, ...body, version: 5 } : new Refused(412, 'customer.record_stale')),
    });
    open(`/integrations/webhooks/${id}`, pages);
    const url = await screen.findByRole('textbox', { name: /Receiver address/ });
    await userEvent.clear(url);
    await userEvent.type(url, 'https://mine.example/');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    const dialog = await screen.findByRole('dialog', { name: 'Somebody else changed this record' });
    await userEvent.click(within(dialog).getByRole('radio', { name: 'https://mine.example/' }));
    await userEvent.click(within(dialog).getByRole('button', { name: 'Save choices' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    const puts = asked.filter((one) => one.method === 'PUT');
    expect(puts.map((one) => one.headers.get('If-Match'))).toEqual(['"3"', '"4"']);
    expect(puts[1]!.body).toEqual({ url: 'https://mine.example/', description: 'ERP', eventTypes: ['customers.changed'], isActive: false });
  });

  it('removes only after it was asked twice', async () => {
    const asked = serve({ [`GET ${CUSTOMER}/webhook-subscriptions/${id}`]: webhook, [`GET ${CUSTOMER}/webhook-subscriptions/${id}/deliveries`]: none, [`GET ${CUSTOMER}/webhook-subscriptions`]: none, [`DELETE ${CUSTOMER}/webhook-subscriptions/${id}`]: null });
    const { router } = open(`/integrations/webhooks/${id}`, pages);
    await userEvent.click(await screen.findByRole('button', { name: 'Remove the subscription' }));
    expect(asked.some((one) => one.method === 'DELETE')).toBe(false);
    await userEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Remove the subscription' }));
    await waitFor(() => expect(router.state.location.pathname).toBe('/integrations'));
    expect(await screen.findByText('No subscriptions yet')).toBeVisible();
  });
});

it('registers a source that is not known, shows its secret, and lists it afterwards', async () => {
  let known = false;
  const source = { name: 'shop', isActive: true, secretGeneration: 1, previousUntil: null, url: 'https://crm.example/p/webhooks/shop' };
  const asked = serve({
    [`GET ${CUSTOMER}/webhook-sources`]: () => ({ items: known ? [source] : [], nextCursor: null }),
    [`GET ${CUSTOMER}/webhook-sources/shop`]: () => (known ? source : new Refused(404, 'customer.webhook_source_not_found')), [`PUT ${CUSTOMER}/webhook-sources/shop`]: () => { known = true; return source; },
    [`GET ${CUSTOMER}/webhook-sources/shop/secret`]: { value: 'whsec_c2hvcA==' }, [`POST ${CUSTOMER}/webhook-sources/shop/secret-rotations`]: { ...source, secretGeneration: 2, previousUntil: '2999-01-01T00:00:00Z' },
  });
  const { router } = open('/integrations?tab=sources', pages);
  expect(await screen.findByText('No sources yet')).toBeVisible();
  await userEvent.type(screen.getByRole('textbox', { name: 'Name of the source' }), 'shop');
  await userEvent.click(screen.getByRole('button', { name: 'Open or register' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Register: shop' }));
  expect(await screen.findByText('whsec_c2hvcA==')).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await userEvent.click(await screen.findByRole('button', { name: 'Replace the secret' }));
  await userEvent.click(within(await screen.findByRole('dialog', { name: 'Replace the secret' })).getByRole('button', { name: 'Replace the secret' }));
  expect(await screen.findByText(/Secret no. 2 · The secret before it is valid until/)).toBeInTheDocument();
  expect(asked.find((one) => one.path.endsWith('/secret-rotations'))!.headers.get('Idempotency-Key')).toBeTruthy();
  await router.navigate('/integrations?tab=sources');
  expect(await screen.findByRole('link', { name: 'shop' })).toHaveAttribute('href', '/integrations/sources/shop');
  expect(screen.getByRole('gridcell', { name: source.url })).toBeVisible();
});

it.each([['shop', true], ['a.b_c-1', true], ['Shop', false], ['-x', false], ['../x', false], ['', false], ['a'.repeat(51), false]])('takes %s as a source: %s', (name, is) => expect(isSource(name)).toBe(is));

const SCRIPT = '"><script>alert(1)</script>';
const RTL = 'أدخل الاسم الكامل';
const LONG = 'x'.repeat(10_000);
const form = {
  key: 'join', version: 2, isActive: true, url: 'https://crm.example/p/forms/join',
  definition: { name: SCRIPT, language: 'en', fields: [{ name: 'displayName', label: RTL, required: true }, { name: 'preference.size', label: SCRIPT, required: false }], consents: [{ channel: 'email', purpose: 'marketing', noticeVersion: '1', text: `${LONG}${SCRIPT}`, required: true, key: 'email.marketing' }], allowedOrigins: ['https://shop.example'], redirectUrl: null },
};

describe('registration forms', () => {
  it('puts a form on a site without a script: names, texts and address are text', () => {
    const page = new DOMParser().parseFromString(embedOf('https://crm.example/p/forms/join?a=1&b="', form.definition), 'text/html');
    expect(page.querySelectorAll('script')).toHaveLength(0);
    expect(page.querySelector('form')!.getAttribute('action')).toBe('https://crm.example/p/forms/join?a=1&b="');
    expect([...page.querySelectorAll('[name]')].map((one) => one.getAttribute('name'))).toEqual(['email', 'displayName', 'preference.size', 'consents', 'website']);
    expect(page.querySelectorAll('label')[1]!.textContent).toBe(RTL);
    expect(page.querySelectorAll('label')[2]!.textContent).toBe(SCRIPT);
    expect((page.querySelector('[name=consents]') as HTMLInputElement).value).toBe('email.marketing');
    expect(page.querySelector('[name=displayName]')!.hasAttribute('required')).toBe(true);
  });

  it('speaks the language of the form, not of the person who makes it', async () => {
    await changeLanguage('en');
    expect(embedOf('https://x.example', { ...form.definition, language: 'id' })).toContain('>Kirim</button>');
    expect(embedOf('https://x.example', form.definition)).toContain('>Send</button>');
  });

  it('shows long, right-to-left and script texts as they are, and saves them untouched', async () => {
    const asked = serve({ [`GET ${CUSTOMER}/registration-forms/join`]: form, [`PUT ${CUSTOMER}/registration-forms/join`]: ({ body }: { body: object }) => ({ ...form, ...body, version: 3 }) }, ['marketer']);
    open('/integrations/forms/join', pages);
    expect(await screen.findByRole('heading', { name: SCRIPT })).toHaveAttribute('dir', 'auto');
    expect(document.querySelectorAll('script')).toHaveLength(0);
    const label = screen.getAllByRole('textbox', { name: 'Label' })[0]!;
    expect(label).toHaveValue(RTL);
    expect(label.closest('[dir=auto]')).not.toBeNull();
    expect(screen.getByTitle('Preview')).toHaveAttribute('sandbox', '');
    expect(new DOMParser().parseFromString(screen.getByTitle('Preview').getAttribute('srcdoc')!, 'text/html').querySelectorAll('script')).toHaveLength(0);
    await userEvent.click(screen.getByRole('button', { name: `Move ${SCRIPT} up` }));
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(asked.some((one) => one.method === 'PUT')).toBe(true));
    const put = asked.find((one) => one.method === 'PUT')!;
    expect(put.headers.get('If-Match')).toBe('"2"');
    const { definition } = put.body as { definition: typeof form.definition };
    expect(definition.fields.map((field) => field.name)).toEqual(['preference.size', 'displayName']);
    expect(definition.name).toBe(SCRIPT);
    expect(definition.consents[0]).toEqual({ channel: 'email', purpose: 'marketing', noticeVersion: '1', text: LONG + SCRIPT, required: true });
  });

  it('cuts what is pasted to what the API takes', async () => {
    serve({});
    open('/integrations/new-form', pages);
    const name = await screen.findByRole('textbox', { name: 'Name' });
    await userEvent.click(name);
    await userEvent.paste(LONG);
    expect((name as HTMLInputElement).value).toHaveLength(100);
    await userEvent.click(screen.getByRole('button', { name: 'Add a consent' }));
    await userEvent.click(screen.getByRole('textbox', { name: 'Text that is agreed to' }));
    await userEvent.paste(LONG);
    expect((screen.getByRole('textbox', { name: 'Text that is agreed to' }) as HTMLTextAreaElement).value).toHaveLength(2000);
  });

  it('makes a new one only under a key that is free', async () => {
    const asked = serve({ [`PUT ${CUSTOMER}/registration-forms/join`]: new Refused(412, 'customer.record_stale') });
    open('/integrations/new-form', pages);
    await userEvent.type(await screen.findByRole('textbox', { name: /Key/ }), 'join');
    await userEvent.type(screen.getByRole('textbox', { name: 'Name' }), 'Join us');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(await screen.findByText(/That name is taken/)).toBeVisible();
    expect(asked[0]!.headers.get('If-Match')).toBeNull();
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  it('keeps what is typed when the page is left', async () => {
    serve({});
    const first = open('/integrations/new-form', pages);
    await userEvent.type(await screen.findByRole('textbox', { name: 'Name' }), 'Half a na');
    first.unmount();
    open('/integrations/new-form', pages);
    expect(await screen.findByRole('textbox', { name: 'Name' })).toHaveValue('Half a na');
  });

  it('moves one to another place', () => expect([moved([1, 2, 3], 0, 2), moved([1, 2, 3], 2, 1)]).toEqual([[2, 3, 1], [1, 3, 2]]));
});

const client = { subject: 'client:till', version: 7, name: 'Tills', department: 'Retail', scopes: ['sales:write'], perMinute: 600, perDay: 1000, isActive: true, changedAt: '2026-11-01T02:00:00Z', changedBy: 'user:1' };

describe('API clients', () => {
  it('registers a client with scopes and quotas', async () => {
    const asked = serve({ 'PUT /api/gateway/v1/clients/client:till': client, 'GET /api/gateway/v1/clients/client:till': client, 'GET /api/gateway/v1/clients/client:till/usage': [] });
    const { router } = open('/integrations/new-client', pages);
    await userEvent.type(await screen.findByRole('textbox', { name: /Subject/ }), 'till');
    await userEvent.type(screen.getByRole('textbox', { name: 'Name' }), 'Tills');
    await userEvent.type(screen.getByRole('textbox', { name: 'Department' }), 'Retail');
    expect(screen.getByRole('button', { name: 'Save' })).toBeDisabled();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Sales: Write' }));
    await userEvent.click(screen.getByRole('checkbox', { name: 'Customer: Read' }));
    fireEvent.change(screen.getByRole('textbox', { name: 'Calls a minute' }), { target: { value: '60' } });
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(decodeURIComponent(router.state.location.pathname)).toBe('/integrations/clients/client:till'));
    expect(asked[0]).toMatchObject({ method: 'PUT', path: '/api/gateway/v1/clients/client:till', body: { name: 'Tills', department: 'Retail', scopes: ['customer:read', 'sales:write'], perMinute: 60, perDay: 100_000, isActive: true } });
    expect(asked[0]!.headers.get('If-Match')).toBeNull();
  });

  it('shows what it did today against its quota, and changes the version that was seen', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const asked = serve({ 'GET /api/gateway/v1/clients/client:till': client, 'GET /api/gateway/v1/clients/client:till/usage': [{ day: today, calls: 250, refused: 4 }], 'PUT /api/gateway/v1/clients/client:till': { ...client, isActive: false, version: 8 } });
    open('/integrations/clients/client%3Atill', pages);
    expect(await screen.findByText("25% of the day's quota")).toBeVisible();
    await userEvent.click(screen.getByRole('switch', { name: 'Active' }));
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(screen.getAllByText('Off').length).toBeGreaterThan(0));
    expect(asked.find((one) => one.method === 'PUT')!.headers.get('If-Match')).toBe('"7"');
  });
});

it('shows somebody who may not manage them only the forms', async () => {
  serve({ [`GET ${CUSTOMER}/registration-forms`]: none }, ['marketer']);
  open('/integrations?tab=clients', pages);
  expect(await screen.findByText('No forms yet')).toBeVisible();
  expect(screen.getAllByRole('tab').map((tab) => tab.textContent)).toEqual(['Registration forms']);
});

it('says that a list could not be loaded', async () => {
  serve({ [`GET ${CUSTOMER}/webhook-subscriptions`]: new Refused(403, 'auth.forbidden') });
  open('/integrations', pages);
  expect(await screen.findByText('You do not have access to this part')).toBeVisible();
});

it.each(['/integrations', '/integrations?tab=sources', '/integrations/new-webhook', `/integrations/webhooks/${id}`, '/integrations/new-form', '/integrations/forms/join', '/integrations/new-client', '/integrations/clients/client%3Atill'])('axe finds nothing: %s', async (address) => {
  serve({
    [`GET ${CUSTOMER}/webhook-sources`]: { items: [{ name: 'shop', isActive: true, secretGeneration: 1, previousUntil: null, url: 'https://crm.example/p/webhooks/shop' }], nextCursor: null },
    [`GET ${CUSTOMER}/webhook-subscriptions`]: { items: [webhook], nextCursor: null }, [`GET ${CUSTOMER}/webhook-subscriptions/${id}`]: webhook, [`GET ${CUSTOMER}/webhook-subscriptions/${id}/deliveries`]: { items: [delivery], nextCursor: null },
    [`GET ${CUSTOMER}/registration-forms/join`]: form, 'GET /api/gateway/v1/clients/client:till': client, 'GET /api/gateway/v1/clients/client:till/usage': [],
  });
  open(address, pages);
  await screen.findAllByRole('heading', { level: 1 });
  await waitFor(() => expect(document.querySelector('[aria-busy=true]')).toBeNull());
  expect(await axeFindings()).toEqual([]);
});
