import { afterEach, expect, it, vi } from 'vitest';
import { send } from './client';

afterEach(() => vi.unstubAllGlobals());

const post = (key: string, body: object) => new Request('http://localhost/api/customer/v1/customers', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key }, body: JSON.stringify(body) });

it('asks for what was lost under the same key when a person asks again, and under a new one once it was answered', async () => {
  const keys: (string | null)[] = [];
  let reached = false;
  vi.stubGlobal('fetch', async (request: Request) => {
    keys.push(request.headers.get('Idempotency-Key'));
    if (!reached) throw new TypeError('Failed to fetch');
    return new Response('{}', { status: 201 });
  });
  await expect(send(post('first', { name: 'Sari' }))).rejects.toMatchObject({ isOffline: true });
  reached = true;
  await send(post('other', { name: 'Budi' }));
  await send(post('second', { name: 'Sari' }));
  await send(post('third', { name: 'Sari' }));
  expect(keys).toEqual(['first', 'first', 'other', 'first', 'third']);
});
