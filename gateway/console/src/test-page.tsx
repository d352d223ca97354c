import { Notifications, notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render } from '@testing-library/react';
import axe from 'axe-core';
import type { ComponentType } from 'react';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { vi } from 'vitest';
import { Themed } from './kit/Themed';
import { SessionProvider } from './shell/session';

export interface Asked { method: string; path: string; query: URLSearchParams; body: unknown; headers: Headers }
type Answer = unknown | ((asked: Asked) => unknown);

/** What a route answers when it refuses. */
export class Refused {
  constructor(readonly status: number, readonly code: string, readonly detail = code, readonly field?: string) {}
}

const json = (status: number, body: unknown) => new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });

/** An API of `METHOD /path` and what it answers; returns what was asked of it, in order. What it does not know is 404. */
export function serve(routes: Record<string, Answer>, roles: string[] = ['ops']): Asked[] {
  const asked: Asked[] = [];
  const session = { subject: 'user:1', name: 'Sari', email: null, unit: null, roles, expiresAt: null };
  vi.stubGlobal('fetch', async (input: Request | string) => {
    const request = typeof input === 'string' ? new Request(new URL(input, location.origin)) : input;
    const url = new URL(request.url);
    if (url.pathname === '/session') return json(200, session);
    const text = await request.text();
    const one: Asked = { method: request.method, path: decodeURIComponent(url.pathname), query: url.searchParams, body: text && JSON.parse(text), headers: request.headers };
    asked.push(one);
    const route = routes[`${one.method} ${one.path}`];
    const answer = typeof route === 'function' ? await route(one) : route;
    if (answer === undefined) return json(404, { code: 'test.no_such_route', detail: `${one.method} ${one.path}` });
    if (answer instanceof Response) return answer;
    return answer instanceof Refused ? json(answer.status, answer) : json(answer === null ? 204 : 200, answer);
  });
  return asked;
}

/** Shows pages by their paths, beginning with one address. */
export function open(address: string, pages: Record<string, ComponentType>) {
  const router = createMemoryRouter(Object.entries(pages).map(([path, Component]) => ({ path, Component })), { initialEntries: [address] });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const page = render(
    <Themed env="test"><QueryClientProvider client={queries}><Notifications /><SessionProvider><RouterProvider router={router} /></SessionProvider></QueryClientProvider></Themed>,
  );
  return { ...page, router };
}

/** Everything of a page that axe can judge without a layout. */
export async function axeFindings(element: Element = document.body) {
  const { violations } = await axe.run(element, { iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], rules: { 'color-contrast': { enabled: false } } });
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`);
}

/** After each test: no page, no API, nothing kept in the tab. */
export function tidy() {
  cleanup();
  notifications.clean();
  vi.unstubAllGlobals();
  sessionStorage.clear();
  localStorage.clear();
}
