import createClient, { type Middleware } from 'openapi-fetch';
import type { paths as AnalyticsPaths } from './generated/analytics';
import type { paths as CampaignPaths } from './generated/campaign';
import type { paths as CustomerPaths } from './generated/customer';
import type { paths as Customer360Paths } from './generated/customer360';
import type { paths as LoyaltyPaths } from './generated/loyalty';
import type { paths as SalesPaths } from './generated/sales';
import type { paths as ServicePaths } from './generated/service';
import { Problem, problemOf } from './problems';

type Listener = () => void;
const sessionEnded = new Set<Listener>();

/** Called when the gateway no longer knows the session: the page stays as it is, so that nothing typed is lost. */
export function onSessionEnded(listener: Listener) {
  sessionEnded.add(listener);
  return () => void sessionEnded.delete(listener);
}

/** Keys of what was asked and not answered, by what it was: it may have arrived, so the same asked again by hand goes under the same key. */
const unanswered = new Map<string, string>();

/** A request with the session's cookie. What the network loses is asked for once more: the idempotency key makes that harmless. */
export async function send(input: Request): Promise<Response> {
  const key = input.headers.get('Idempotency-Key');
  const what = key && input.headers.get('Content-Type') === 'application/json' ? `${input.method} ${input.url} ${await input.clone().text()}` : null;
  if (what && unanswered.has(what)) input.headers.set('Idempotency-Key', unanswered.get(what)!);
  const again = input.clone();
  const response = await fetch(input).catch(async (cause: unknown) => {
    if (input.signal.aborted) throw cause;
    await new Promise((resolve) => setTimeout(resolve, 400));
    return fetch(again).catch(() => {
      if (what) unanswered.set(what, input.headers.get('Idempotency-Key')!);
      throw new Problem(0, 'offline', '');
    });
  });
  if (what && response.ok) unanswered.delete(what);
  else if (what && response.status >= 500) unanswered.set(what, input.headers.get('Idempotency-Key')!);
  if (response.status === 401) sessionEnded.forEach((listener) => listener());
  return response;
}

const ours: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('X-CSRF', '1');
    return request;
  },
};

function client<Paths extends object>() {
  const made = createClient<Paths>({ baseUrl: globalThis.location?.origin ?? 'http://localhost', fetch: send });
  made.use(ours);
  return made;
}

export const customerApi = client<CustomerPaths>();
export const customer360Api = client<Customer360Paths>();
export const salesApi = client<SalesPaths>();
export const serviceApi = client<ServicePaths>();
export const loyaltyApi = client<LoyaltyPaths>();
export const campaignApi = client<CampaignPaths>();
export const analyticsApi = client<AnalyticsPaths>();

/** The answer's body, or the refusal as a {@link Problem}. */
export async function take<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response.status, error);
  return data as T;
}

/** For requests that a client's types cannot say: files in, files out. */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (init.method && init.method !== 'GET') headers.set('X-CSRF', '1');
  const response = await send(new Request(new URL(path, globalThis.location.origin), { ...init, headers }));
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response;
}

/** A key for one intended effect; the same request sent twice with it has that effect once. */
export const once = () => ({ 'Idempotency-Key': crypto.randomUUID() });
export const seen = (version: number) => ({ 'If-Match': `"${version}"` });
export const onceSeen = (version: number) => ({ ...once(), ...seen(version) });
