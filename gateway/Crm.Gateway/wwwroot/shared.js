// Texts in both languages, requests to our own API, and the head of every page.
export const language = localStorage.getItem('language') ?? (navigator.language.startsWith('id') ? 'id' : 'en');
document.documentElement.lang = language;

export const texts = (all) => (key, values = {}) =>
  (all[key]?.[language === 'id' ? 0 : 1] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '–');

const t = texts({
  product: ['Platform CRM', 'CRM platform'],
  home: ['Pelanggan', 'Customers'],
  docs: ['Acuan API', 'API reference'],
  signOut: ['Keluar', 'Sign out'],
  failed: ['Permintaan gagal', 'The request failed'],
});

const locale = language === 'id' ? 'id-ID' : 'en-GB';
export const number = (value, digits = 0) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
export const money = ({ amount, currency }) =>
  new Intl.NumberFormat(locale, { style: 'currency', currency, ...(currency === 'IDR' && { minimumFractionDigits: 0, maximumFractionDigits: 0 }) }).format(amount);
export const day = (instant) => instant ? new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(instant)) : '–';
export const moment = (instant) => instant ? new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(instant)) : '–';

/** An element; strings become text, never markup. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** A request with the session; without one the browser goes to the sign-in. */
export async function request(path, options = {}) {
  const method = options.method ?? 'GET';
  const headers = { Accept: 'application/json', ...(method !== 'GET' && { 'X-CSRF': '1' }), ...options.headers };
  const response = await fetch(path, { ...options, method, headers, redirect: 'manual' });
  if (response.status === 401) {
    location.assign('/signin?returnUrl=' + encodeURIComponent(location.pathname + location.search));
    await new Promise(() => {});
  }
  return response;
}

export async function getJson(path) {
  const response = await request(path);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(`${t('failed')}: ${body.detail ?? body.title ?? response.status} (${body.code ?? response.status})`);
  return body;
}

async function signOut() {
  const response = await request('/signout', { method: 'POST' });
  location.assign((await response.json()).location);
}

/** Fills <header class="top">: navigation, who is signed in, language. */
export async function showHeader() {
  const session = await getJson('/session');
  const other = language === 'id' ? 'en' : 'id';
  document.querySelector('header.top').replaceChildren(
    make('strong', {}, t('product')),
    make('nav', {}, make('a', { href: '/' }, t('home')), make('a', { href: '/docs' }, t('docs'))),
    make('span', { title: session.roles.join(', ') }, session.name),
    make('button', { lang: other, onclick: () => { localStorage.setItem('language', other); location.reload(); } }, other === 'id' ? 'Bahasa Indonesia' : 'English'),
    make('button', { onclick: signOut }, t('signOut')));
}
