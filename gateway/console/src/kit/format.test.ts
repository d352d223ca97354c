import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { actor, ago, chooseZone, clock, day, duration, moment, money, month, number, percent, phone, zoneName } from './format';
import { changeLanguage } from './i18n';

describe.each(['id', 'en'] as const)('formats in %s', (language) => {
  beforeEach(() => changeLanguage(language));

  it('writes rupiah without decimals, with points', () => {
    expect(money(1_250_000, 'IDR')).toBe('Rp1.250.000');
    expect(money(-1_250_000.4, 'IDR')).toBe('-Rp1.250.000');
    expect(money(-0.2, 'IDR')).toBe('Rp0');
  });

  it('takes days as days, wherever one is', () => expect(day('2026-06-25')).toBe('25 Jun 2026'));

  it('turns instants into the day and the time of the zone', () => {
    expect(day('2026-06-25T20:30:00Z', 'Asia/Jayapura')).toBe('26 Jun 2026');
    expect(moment('2026-06-25T07:05:00Z', 'Asia/Jakarta')).toBe(`25 Jun 2026 ${language === 'id' ? '14.05' : '14:05'} WIB`);
  });

  it('says nothing for what is not there', () => {
    for (const nothing of [null, undefined, '']) expect(day(nothing)).toBe('–');
    expect(day('rubbish')).toBe('–');
    expect(money(null, 'IDR')).toBe('–');
    expect(number(Number.NaN)).toBe('–');
    expect(clock('rubbish')).toBe('–');
  });
});

describe('where the person is', () => {
  afterEach(() => { localStorage.removeItem('zone'); chooseZone('Asia/Jakarta'); });
  it('writes days and hours of the zone that was chosen', () => {
    chooseZone('Asia/Jayapura');
    expect(day('2026-06-25T15:30:00Z')).toBe('26 Jun 2026');
    chooseZone('Asia/Jakarta');
    expect(day('2026-06-25T15:30:00Z')).toBe('25 Jun 2026');
    expect(moment('2026-06-25T07:05:00Z')).toMatch(/^25 Jun 2026 14[.:]05 WIB$/);
  });
});

it('writes numbers to call in groups, and leaves others as they are', () => {
  expect(phone('+6281234567890')).toBe('+62 812-3456-7890');
  expect(phone('+6281090797769')).toBe('+62 810-9079-7769');
  expect(phone('+62215550100')).toBe('+62215550100');
  expect(phone('+4915112345678')).toBe('+4915112345678');
  expect(phone(null)).toBe('–');
});

describe('words of the language', () => {
  afterEach(() => changeLanguage('en'));

  it('names Indonesian months, zones and shares', async () => {
    await changeLanguage('id');
    expect(day('2026-08-17')).toBe('17 Agu 2026');
    expect(['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'].map((zone) => zoneName(zone))).toEqual(['WIB', 'WITA', 'WIT']);
    expect(percent(0.125, 1)).toBe('12,5%');
    expect(duration(7500)).toBe('2 j 5 mnt');
    expect(duration(28_800)).toBe('8 j');
    expect(duration(0)).toBe('0 dtk');
    expect(month('2025-12')).toBe('Des 2025');
    expect(actor('client:seed')).toBe('seed (sistem)');
    expect(actor('sari')).toBe('sari');
    expect(ago('2026-06-22T00:00:00Z', Date.parse('2026-06-25T00:00:00Z'))).toBe('3 hari yang lalu');
  });

  it('and English ones', async () => {
    await changeLanguage('en');
    expect(day('2026-08-17')).toBe('17 Aug 2026');
    expect(percent(0.125, 1)).toBe('12.5%');
    expect(ago('2026-06-22T00:00:00Z', Date.parse('2026-06-25T00:00:00Z'))).toBe('3 days ago');
    expect(money(10, 'not a code')).toBe('10 not a code');
  });
});
