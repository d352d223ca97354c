import { day, moment, money, number } from '../kit/format';
import type { Translate } from '../kit/i18n';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** What an entry of the history says, as one line in the person's words: amounts, points and days as people write them, no key of a machine. */
export function tell(args: Record<string, string>, t: Translate<string>): string {
  const rest = { ...args };
  const parts: string[] = [];
  const has = (name: string) => rest[name] !== undefined && rest[name] !== '';
  const pull = (name: string) => { const value = rest[name]!; delete rest[name]; return value; };
  const worded = (prefix: string, value: string) => { const word = t(prefix + value.toLowerCase()); return word === prefix + value.toLowerCase() ? value : word; };
  for (const name of ['total', 'amount', 'returned']) if (has(name) && Number.isFinite(Number(rest[name]))) parts.push(money(Number(pull(name)), rest.currency));
  delete rest.currency;
  if (has('from') && has('to')) parts.push(`${worded('stage_', pull('from'))} → ${worded('stage_', pull('to'))}`);
  if (has('points')) { const points = Number(pull('points')); parts.push(t('tellPoints', { points: (points > 0 ? '+' : '') + number(points) })); }
  if (has('tier')) parts.push(t('tellTier', { tier: pull('tier') }));
  if (has('balance')) parts.push(t('tellBalance', { points: number(Number(pull('balance'))) }));
  if (has('lines')) { const count = Number(pull('lines')); parts.push(t('tellLines', { count })); }
  if (has('purchases')) { const count = Number(pull('purchases')); delete rest.reason; parts.push(t('tellPurchases', { count })); }
  if (has('lastPurchasedAt')) parts.push(t('tellLast', { day: day(pull('lastPurchasedAt')) }));
  if (has('source') && has('sourceId')) parts.push(`${pull('source')} ${pull('sourceId')}`);
  // purchase:shop:C000022-42: the entry's own name says what it is, its number is what people look for.
  if (has('reference')) { const told = pull('reference').split(':').slice(1).filter((one) => !UUID.test(one)).join(' '); if (told) parts.push(told); }
  for (const [name, value] of Object.entries(rest)) {
    if (!value || /Id$|^id$/.test(name) || UUID.test(value)) continue;
    parts.push(/^\d{4}-\d\d-\d\dT/.test(value) ? moment(value) : value);
  }
  return parts.join(' · ');
}
