import { describe, expect, it } from 'vitest';
import { instantOf, localOf, parseDay } from './days';

describe('a day that is typed', () => {
  it.each([
    ['25 Jun 2026', '2026-06-25'], ['1 Mei 2026', '2026-05-01'], ['1 May 2026', '2026-05-01'], ['17 agustus 2026', '2026-08-17'], ['17 Agu 2026', '2026-08-17'], ['9 Des 2026', '2026-12-09'],
    ['25/6/2026', '2026-06-25'], ['25-06-2026', '2026-06-25'], ['25.6.2026', '2026-06-25'], ['2026-06-25', '2026-06-25'], ['29 Feb 2028', '2028-02-29'],
  ])('%s is %s', (text, day) => expect(parseDay(text)).toBe(day));

  it.each(['', '31 Feb 2026', '29/2/2026', '25/13/2026', 'tomorrow', '25 Foo 2026', '25/6/26', '0/1/2026'])('%s is none', (text) => expect(parseDay(text)).toBeNull());

  it('is the same whatever way it is written', () => {
    for (let at = Date.UTC(2023, 0, 1); at < Date.UTC(2029, 0, 1); at += 86_400_000 * 3) {
      const plain = new Date(at).toISOString().slice(0, 10);
      const [year, month, day] = plain.split('-').map(Number);
      expect(parseDay(`${day}/${month}/${year}`)).toBe(plain);
      for (const language of ['id-ID', 'en-GB']) expect(parseDay(new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(at))).toBe(plain);
    }
  });
});

describe('a time of a place', () => {
  it.each([
    ['2026-06-25T14:05', 'Asia/Jakarta', '2026-06-25T07:05:00.000Z'], ['2026-06-25T14:05', 'Asia/Jayapura', '2026-06-25T05:05:00.000Z'], ['2026-06-25T02:00', 'America/New_York', '2026-06-25T06:00:00.000Z'],
    ['2026-12-25T02:00', 'America/New_York', '2026-12-25T07:00:00.000Z'], ['2026-01-01T00:00', 'Asia/Kathmandu', '2025-12-31T18:15:00.000Z'], ['2026-03-29T04:00', 'Europe/Berlin', '2026-03-29T02:00:00.000Z'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'], // skipped: half an hour after the change
  ])('%s in %s is %s', (local, place, instant) => expect(instantOf(local, place)).toBe(instant));

  it('comes back', () => {
    for (const place of ['Asia/Jakarta', 'Europe/Berlin', 'America/St_Johns', 'Asia/Jayapura'])
      for (let at = Date.UTC(2026, 0, 1, 3, 7); at < Date.UTC(2027, 0, 1); at += 5_000_000_0) {
        const minute = Math.floor(at / 60_000) * 60_000;
        const there = localOf(minute, place);
        // An hour that comes twice is the first or the second of both: what the clocks show is the same.
        expect(localOf(instantOf(there, place), place)).toBe(there);
      }
  });

  it('of nothing is nothing', () => expect(instantOf('')).toBe(''));
});
