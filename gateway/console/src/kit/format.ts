import { language } from './i18n';

const locale = () => (language() === 'id' ? 'id-ID' : 'en-GB');
const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
let rupiah: Intl.NumberFormat | undefined;

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = 'n' + locale() + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Intl.NumberFormat(locale(), options));
  return cache.get(key) as Intl.NumberFormat;
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = 'd' + locale() + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Intl.DateTimeFormat(locale(), options));
  return cache.get(key) as Intl.DateTimeFormat;
}

export const NONE = '–';

export const number = (value: number | null | undefined, digits = 0) =>
  value == null || !Number.isFinite(value) ? NONE : numbers({ maximumFractionDigits: digits }).format(value);

export const percent = (share: number | null | undefined, digits = 0) =>
  share == null || !Number.isFinite(share) ? NONE : numbers({ style: 'percent', minimumFractionDigits: 0, maximumFractionDigits: digits }).format(share);

/** Money as people here write it: `Rp1.250.000` in both languages for rupiah (no decimals), other currencies by the locale. */
export function money(amount: number | null | undefined, currency: string | null | undefined) {
  if (amount == null || !Number.isFinite(amount)) return NONE;
  if (!currency) return number(amount, 2);
  if (currency === 'IDR') {
    rupiah ??= new Intl.NumberFormat('id-ID', { maximumFractionDigits: 0 });
    const whole = rupiah.format(Math.abs(amount));
    return (amount < 0 && whole !== '0' ? '-' : '') + 'Rp' + whole;
  }
  try {
    return numbers({ style: 'currency', currency }).format(amount);
  } catch {
    return `${number(amount, 2)} ${currency}`; // an ill-formed code must not take the page away
  }
}

export const compact = (value: number) => numbers({ notation: 'compact', maximumFractionDigits: 1 }).format(value);

let own: string | undefined;
let ofBrowser: string | undefined;

/** The person's zone: the one chosen, else the browser's. A machine that is set to no zone is taken for one in Jakarta, where the enterprise is. */
export function zone() {
  if (own) return own;
  // Asked of the browser once: that takes as long as drawing several rows.
  ofBrowser ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  const chosen = globalThis.localStorage?.getItem('zone');
  return (own = chosen && chosen in INDONESIAN ? chosen : /^(Etc\/)?(UTC|GMT|Unknown)$/.test(ofBrowser) ? 'Asia/Jakarta' : ofBrowser);
}

export function chooseZone(timeZone: string) {
  localStorage.setItem('zone', timeZone);
  own = undefined;
}

const INDONESIAN: Record<string, string> = {
  'Asia/Jakarta': 'WIB', 'Asia/Pontianak': 'WIB', 'Asia/Makassar': 'WITA', 'Asia/Ujung_Pandang': 'WITA', 'Asia/Jayapura': 'WIT',
};
/** Hours ahead of UTC; none of them knows summer time. */
const AHEAD: Record<string, number> = { WIB: 7, WITA: 8, WIT: 9 };

/** WIB, WITA and WIT; for the rest of the world what the browser calls it. */
export function zoneName(timeZone: string, at = new Date()) {
  if (INDONESIAN[timeZone]) return INDONESIAN[timeZone];
  try {
    return dates({ timeZone, timeZoneName: 'short' }).formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? timeZone;
  } catch {
    return timeZone;
  }
}

const MONTHS = {
  id: ['Jan', 'Feb', 'Mar', 'Apr', 'Mei', 'Jun', 'Jul', 'Agu', 'Sep', 'Okt', 'Nov', 'Des'],
  en: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
};

/** `25 Jun 2026`, in the person's zone unless another is named. A plain date (`2026-06-25`) is that day everywhere. */
export function day(value: string | number | Date | null | undefined, timeZone = zone()) {
  if (value == null || value === '') return NONE;
  const plain = typeof value === 'string' && /^(\d{4})-(\d\d)-(\d\d)$/.exec(value);
  if (plain) return `${Number(plain[3])} ${MONTHS[language()][Number(plain[2]) - 1]} ${plain[1]}`;
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) return NONE;
  // A list draws hundreds of them; what the date itself knows costs a hundredth of what a formatter does.
  const ahead = AHEAD[INDONESIAN[timeZone] ?? ''];
  if (ahead !== undefined) {
    const there = new Date(at.getTime() + ahead * 3_600_000);
    return `${there.getUTCDate()} ${MONTHS[language()][there.getUTCMonth()]} ${there.getUTCFullYear()}`;
  }
  if (timeZone === ofBrowser) return `${at.getDate()} ${MONTHS[language()][at.getMonth()]} ${at.getFullYear()}`;
  const parts = Object.fromEntries(dates({ timeZone, day: 'numeric', month: 'numeric', year: 'numeric' }).formatToParts(at).map((part) => [part.type, part.value]));
  return `${Number(parts.day)} ${MONTHS[language()][Number(parts.month) - 1]} ${parts.year}`;
}

/** `Jun 2026` for `2026-06` or any day of it. */
export function month(value: string | null | undefined) {
  const [, year, at] = /^(\d{4})-(\d\d)/.exec(value ?? '') ?? [];
  return year ? `${MONTHS[language()][Number(at) - 1]} ${year}` : NONE;
}

/** `14.05` in Indonesian, `14:05` in English. */
export function clock(value: string | number | Date | null | undefined, timeZone = zone()) {
  if (value == null) return NONE;
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? NONE : dates({ timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

/** `25 Jun 2026 14.05 WIB` */
export const moment = (value: string | number | Date | null | undefined, timeZone = zone()) =>
  value == null || Number.isNaN(new Date(value).getTime()) ? NONE : `${day(new Date(value), timeZone)} ${clock(value, timeZone)} ${zoneName(timeZone, new Date(value))}`;

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3_600], ['minute', 60]];

/** "3 days ago"; the exact time belongs into the title beside it. */
export function ago(value: string | Date | null | undefined, now = Date.now()) {
  if (value == null) return NONE;
  const seconds = (new Date(value).getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  return format.format(Math.round(seconds), 'second');
}

/** `2 h 5 min` */
export function duration(seconds: number | null | undefined) {
  if (seconds == null || !Number.isFinite(seconds)) return NONE;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.round(seconds % 60)];
  const words = language() === 'id' ? ['j', 'mnt', 'dtk'] : ['h', 'min', 's'];
  const parts = hours ? [[hours, words[0]], [minutes, words[1]]] : minutes ? [[minutes, words[1]], [rest, words[2]]] : [[rest, words[2]]];
  return parts.filter(([amount], at) => at === 0 || amount !== 0).map(([amount, word]) => `${amount} ${word}`).join(' ');
}

/** Who did it: a person by the name of the account, another system as one. */
export function actor(value: string | null | undefined) {
  if (!value) return NONE;
  const [kind, name] = value.includes(':') ? [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)] : ['', value];
  return kind === 'client' ? `${name} (${language() === 'id' ? 'sistem' : 'system'})` : kind === 'user' ? name : value;
}

/** `+62 812-3456-7890`: an Indonesian mobile number in groups, any other as it is. */
export function phone(value: string | null | undefined) {
  if (!value) return NONE;
  const [, rest] = /^\+62(8\d{7,12})$/.exec(value) ?? [];
  return rest ? `+62 ${rest.slice(0, 3)}-${rest.slice(3).replace(/(\d{4})(?=\d)/g, '$1-')}` : value;
}
