import { zone } from './format';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'mei|may', 'jun', 'jul', 'agu|agt|aug', 'sep', 'okt|oct', 'nov', 'des|dec'];

/** A day as people here type it (`25 Jun 2026`, `25/6/2026`, `25-06-2026`, `2026-06-25`; months in either language): `2026-06-25`, or null where it is no day. */
export function parseDay(text: string): string | null {
  const [, y, m, d] = /^\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*$/.exec(text) ?? [];
  if (y) return dayOf(Number(y), Number(m), Number(d));
  const [, day, month = '', year] = /^\s*(\d{1,2})[\s./-]+(\d{1,2}|[a-z]{3,})[\s./,-]+(\d{4})\s*$/i.exec(text) ?? [];
  if (!day) return null;
  const named = MONTHS.findIndex((one) => new RegExp(`^(${one})`, 'i').test(month)) + 1;
  return dayOf(Number(year), named || Number(month), Number(day));
}

function dayOf(year: number, month: number, day: number) {
  const at = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.toISOString().slice(0, 10) : null;
}

/** What the clocks of a zone show at an instant: `2026-06-25T14:05`. */
export function localOf(instant: string | number | Date, timeZone = zone()) {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    .formatToParts(new Date(instant)).map((part) => [part.type, part.value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/** The instant at which they show it; of a time that they skip the one as long after the change. Empty for what is no time. */
export function instantOf(local: string, timeZone = zone()) {
  const wanted = Date.parse(local + 'Z');
  if (Number.isNaN(wanted)) return '';
  let at = wanted;
  // The zone's offset at the guess, then at what follows from it: differs where the clocks change in between.
  for (let round = 0; round < 2; round++) at = wanted - (Date.parse(localOf(at, timeZone) + 'Z') - Math.floor(at / 60_000) * 60_000);
  return new Date(at).toISOString();
}
