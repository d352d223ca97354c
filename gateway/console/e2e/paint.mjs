// Where the time until the first page goes, without a platform: node e2e/paint.mjs [path ...]
// The files of `dist` (or DIST) come from a server as the gateway's, every answer of the API after DELAY ms (30). SLOW (1) divides the speed of the page's scripts; ROUNDS (5).
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { launch } from './browser.mjs';

const dist = process.env.DIST ?? new URL('../dist', import.meta.url).pathname;
const [delay, slow, rounds] = [Number(process.env.DELAY ?? 30), Number(process.env.SLOW ?? 1), Number(process.env.ROUNDS ?? 5)];
const STATIC = '/static.html';
const paths = process.argv.length > 2 ? process.argv.slice(2) : ['/', '/customers', '/analytics', '/integrations'];
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

const session = { subject: 'demo', name: 'Sari Demo', email: 'demo@example.com', unit: null, expiresAt: null, roles: ['ops', 'analyst', 'marketer', 'marketing-approver', 'service-agent', 'service-supervisor', 'sales-rep', 'sales-manager', 'loyalty-manager'] };
const customers = (from) => ({
  nextCursor: String(from + 100),
  items: Array.from({ length: 100 }, (_, at) => ({ id: `019a0000-0000-7000-8000-${String(from + at).padStart(12, '0')}`, version: 1, number: `C-${from + at}`, displayName: `Bench Person ${from + at}`, phone: null, email: `bench${from + at}@example.com`, city: `Kota ${(from + at) % 300}`, lifecycleStage: 'New', tags: [], registeredAt: '2026-01-01T00:00:00Z' })),
});
function answer(url) {
  if (url.pathname === '/session') return session;
  if (url.pathname === '/api/customer/v1/customers') return customers(Number(url.searchParams.get('cursor') ?? 0));
  if (url.pathname === '/api/customer/v1/customers/count') return { count: 10_000, isExact: false };
  if (/\/(views|custom-fields\/\w+)$/.test(url.pathname)) return [];
  return { items: [], nextCursor: null };
}

const types = { '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };
const links = existsSync(join(dist, 'preload.json')) ? JSON.parse(readFileSync(join(dist, 'preload.json'), 'utf8')) : [];
const asked = [];
const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/console/assets/')) {
    const file = join(dist, url.pathname.slice('/console/'.length));
    const packed = existsSync(file + '.br');
    response.writeHead(200, { 'Content-Type': types[extname(file)], 'Cache-Control': 'public, max-age=31536000, immutable', ...(packed && { 'Content-Encoding': 'br' }) });
    response.end(readFileSync(packed ? file + '.br' : file));
  } else if (url.pathname === STATIC) {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><h1>The sign-in did not succeed</h1><p>Start it again from the first page.</p>');
  } else if (url.pathname === '/session' || url.pathname.startsWith('/api/')) {
    asked.push(request.url);
    setTimeout(() => response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(answer(url))), delay);
  } else {
    const page = links.find((one) => new RegExp(one.path).test(url.pathname));
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-cache', ...(page && { Link: page.link }) }).end(readFileSync(join(dist, 'index.html')));
  }
}).listen(0);
const origin = `http://localhost:${server.address().port}`;

/** In the page: largest paints and tasks over 50 ms. */
const observe = () => {
  window.__paints = [];
  window.__tasks = [];
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.__paints.push({ at: one.startTime, size: one.size, what: one.element ? `${one.element.tagName.toLowerCase()} "${(one.element.textContent ?? '').slice(0, 50)}"` : '' }); }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.__tasks.push([one.startTime, one.duration]); }).observe({ type: 'longtask', buffered: true });
};

const browser = await launch();
async function load(path) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
  await context.addInitScript(observe);
  await context.addInitScript("localStorage.setItem('language', 'en')");
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log('  ' + error.message));
  if (slow > 1) await (await context.newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slow });
  asked.length = 0;
  await page.goto(origin + path);
  if (path !== STATIC) await page.waitForFunction(() => document.querySelector('#content h1') && !document.querySelector('[aria-busy=true]'), null, { timeout: 30_000 });
  await page.waitForTimeout(400 * slow);
  const seen = await page.evaluate(() => {
    const resources = performance.getEntriesByType('resource');
    const scripts = resources.filter((one) => /\.js$/.test(one.name));
    const first = (test) => resources.find((one) => test.test(new URL(one.name).pathname));
    const span = (one) => one && [one.startTime, one.responseEnd];
    return {
      html: performance.getEntriesByType('navigation')[0].responseEnd,
      scripts: [Math.min(...scripts.map((one) => one.startTime)), Math.max(...scripts.map((one) => one.responseEnd))],
      entry: span(scripts.find((one) => /\/index-/.test(one.name))), style: span(first(/\/index-.*\.css$/)), session: span(first(/^\/session$/)), api: span(first(/^\/api\//)),
      fcp: performance.getEntriesByName('first-contentful-paint')[0]?.startTime, paints: window.__paints, tasks: window.__tasks,
    };
  });
  const twice = asked.filter((one, at) => asked.indexOf(one) !== at);
  await context.close();
  return { ...seen, twice };
}

for (const path of [STATIC, ...paths]) {
  const all = [];
  for (let round = 0; round < rounds; round++) all.push(await load(path));
  const lcp = (one) => one.paints.at(-1)?.at ?? NaN;
  const mid = all.find((one) => lcp(one) === median(all.map(lcp)));
  const ms = (value) => (Array.isArray(value) ? value.map(ms).join('-') : value === undefined ? 'none' : Math.round(value));
  console.log(`${path}: largest paint ${ms(lcp(mid))} ms (${ms(all.map(lcp)).replaceAll('-', ' ')}), first ${ms(mid.fcp)}`);
  if (path === STATIC) continue;
  console.log(`  html ${ms(mid.html)}, style ${ms(mid.style)}, entry ${ms(mid.entry)}, scripts ${ms(mid.scripts)}, session ${ms(mid.session)}, first of the API ${ms(mid.api)}${mid.twice.length ? `, asked twice ${mid.twice}` : ''}`);
  console.log(`  paints ${mid.paints.map((one) => `${ms(one.at)} ${one.what}`).join(', ')}`);
  console.log(`  long tasks ${mid.tasks.map(([at, lasts]) => `${ms(at)} +${ms(lasts)}`).join(', ')}`);
}
await browser.close();
server.close();
