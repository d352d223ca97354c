import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inIndonesian, refusals } from './refusals';

const root = join(import.meta.dirname, '../../../..');
const sources = ['services', 'gateway/Crm.Gateway'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.cs') && !path.includes('/obj/')).map((path) => readFileSync(join(root, folder, path), 'utf8')));
const said = new Set(sources.flatMap((source) => [...source.matchAll(/Error\.(?:Invalid|Unprocessable|NotFound|Conflict|Stale|Forbidden|Unavailable)\(\s*\$?"([a-z_0-9]+\.[a-z_0-9]+)"/g)].map((match) => match[1]!)));

/** What a mail server, a provider or the start of a process is told; no person at the console. */
const NOT_FOR_PEOPLE = /^(inbound\.|auth\.provider_)/;

/** Put together from a beginning and what is wrong with the file; refused below by their whole codes. */
const BEGINNINGS = /^(campaign|customer)\.import_$/;

it('knows every refusal that a service has words for', () => {
  expect(said.size).toBeGreaterThan(400);
  expect([...said].filter((code) => !NOT_FOR_PEOPLE.test(code) && !BEGINNINGS.test(code) && !refusals[code]).sort()).toEqual([]);
});

it('keeps the numbers, and says it in English rather than without them', () => {
  expect(inIndonesian('analytics.facts_out_of_range', 'Send 1 to 500 facts.')).toBe('Kirim 1 sampai 500 fakta sekaligus.');
  expect(inIndonesian('loyalty.insufficient_points', 'Only 1,250 points are available.')).toBe('Hanya 1.250 poin yang tersedia.');
  expect(inIndonesian('loyalty.insufficient_points', 'Too few points.')).toBe('Too few points.');
  expect(inIndonesian('nobody.knows', 'As it was said.')).toBe('As it was said.');
});
