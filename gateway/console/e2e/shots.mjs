// Pictures of every page in both languages and both themes, and axe's findings: node e2e/shots.mjs FOLDER [page ...]
import { mkdirSync, readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { gateway, launch, signIn, takeDist } from './browser.mjs';

export async function pagesOf(page, made = {}) {
  const api = (path) => page.evaluate(async (path) => (await fetch(path)).json(), path);
  const first = async (path) => (await api(path).catch(() => ({}))).items?.[0]?.id;
  const named = async (path, field) => (await api(path).catch(() => ({}))).items?.[0]?.[field];
  const [customer] = (await api('/api/analytics/v1/customer-values?limit=1')).items ?? [];
  const customerId = customer?.customerId ?? (await first('/api/customer/v1/customers?limit=1'));
  const member = await api(`/api/loyalty/v1/members/by-customer/${customerId}`);
  return Object.fromEntries(Object.entries({
    home: '/', customers: '/customers', customer: `/customers/${customerId}`, 'new-customer': '/customers/new', import: '/customers/import',
    campaigns: '/campaigns', calendar: '/campaigns?view=calendar', 'new-campaign': '/campaigns/new', campaign: await first('/api/campaign/v1/campaigns?limit=1').then((id) => id && `/campaigns/${id}`),
    segments: '/segments', segment: await first('/api/campaign/v1/segments?limit=1').then((id) => `/segments/${id ?? 'new'}`),
    lists: '/lists', list: await first('/api/campaign/v1/lists?limit=1').then((id) => id && `/lists/${id}`),
    templates: '/templates', template: await first('/api/campaign/v1/templates?limit=1').then((id) => `/templates/${id ?? 'new'}`),
    journeys: '/journeys', journey: await first('/api/campaign/v1/journeys?limit=1').then((id) => id && `/journeys/${id}`), analytics: '/analytics', ranking: '/analytics?tab=ranking',
    purchases: `/purchases?customerId=${customerId}`, purchase: await first(`/api/sales/v1/purchases?limit=1&customerId=${customerId}`).then((id) => id && `/purchases/${id}`), products: '/products',
    cases: '/cases', case: await first('/api/service/v1/cases?limit=1').then((id) => id && `/cases/${id}`), 'new-case': '/cases/new', accounts: '/accounts', account: await first('/api/customer/v1/accounts?limit=1').then((id) => id && `/accounts/${id}`), duplicates: '/duplicates',
    compare: await api('/api/customer/v1/customers?limit=2').then(({ items }) => items?.[1] && `/duplicates/compare?left=${items[0].id}&right=${items[1].id}`),
    privacy: '/privacy', 'privacy-new': `/privacy?new&customerId=${customerId}`, 'privacy-request': await first('/api/customer/v1/privacy-requests?limit=1').then((id) => id && `/privacy/${id}`), imports: '/imports', 'import-job': await first('/api/customer/v1/import-jobs?limit=1').then((id) => id && `/imports/${id}`),
    alerts: '/alerts', 'alert-effects': '/alerts?tab=effect', 'late-cases': '/cases?breached=true', models: '/analytics?tab=models', 'offer-rules': '/analytics?tab=offers', retention: '/retention', voice: '/voice', 'product-issues': '/product-issues', 'machine-segments': '/machine-segments', reports: '/reports', decisions: '/steering', targets: '/steering?tab=targets', maturity: '/steering?tab=maturity',
    loyalty: '/loyalty', member: member.id && `/loyalty/${member.id}`, ops: '/ops', ...Object.fromEntries(['queues', 'dead-letters', 'outboxes', 'sending', 'jobs', 'events'].map((tab) => ['ops-' + tab, '/ops?tab=' + tab])),
    'custom-fields': '/custom-fields', 'new-package': '/privacy/packages/new', integrations: '/integrations', sources: '/integrations?tab=sources', forms: '/integrations?tab=forms', clients: '/integrations?tab=clients', 'new-webhook': '/integrations/new-webhook', 'new-form': '/integrations/new-form', 'new-client': '/integrations/new-client',
    webhook: await first('/api/customer/v1/webhook-subscriptions?limit=1').then((id) => id && `/integrations/webhooks/${id}`), source: await named('/api/customer/v1/webhook-sources?limit=1', 'name').then((name) => name && `/integrations/sources/${name}`),
    form: await named('/api/customer/v1/registration-forms?limit=1', 'key').then((key) => key && `/integrations/forms/${key}`), client: await named('/api/gateway/v1/clients?limit=1', 'subject').then((subject) => subject && `/integrations/clients/${subject}`),
    package: made.package && `/privacy/packages/${made.package}`, 'no-page': '/nothing/here',
  }).filter(([, path]) => path));
}

const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Serious and critical findings on the page as it is. */
export async function axe(page) {
  // What passes is not described, and no page of its own is opened to gather what was found: a third of the time.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'], runOnly: standards }).analyze();
  return violations.filter((one) => one.impact === 'serious' || one.impact === 'critical').map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ')}`);
}

/** Until nothing loads any more, at most a few seconds. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector('#content') && !document.querySelector('[aria-busy=true]'), null, { timeout: 8000 }).catch(() => {});
  await page.waitForTimeout(350);
}

/** Addresses of App.tsx that none of these pages has. */
export function unseen(pages) {
  const source = readFileSync(new URL('../src/App.tsx', import.meta.url), 'utf8');
  const routes = [...source.matchAll(/path: '([^'*]+)'/g)].map(([, path]) => '/' + path.replace(/^\//, ''));
  const paths = Object.values(pages).map((path) => path.split('?')[0]);
  return routes.filter((route) => !paths.some((path) => new RegExp('^' + route.replace(/:\w+/g, '[^/]+') + '$').test(path)));
}

/** Both languages are gone through side by side; a page is loaded once in each and pictured in both themes. Returns what its pages threw and what axe found. */
export async function pictures(browser, folder, { made, only = [], languages = ['id', 'en'], themes = ['light', 'dark'], storageState } = {}) {
  mkdirSync(folder, { recursive: true });
  const found = [];
  let state = storageState;
  const open = async (language) => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: language === 'id' ? 'id-ID' : 'en-GB', colorScheme: themes[0], storageState: state });
    await takeDist(context);
    await context.addInitScript(`try { localStorage.setItem('language','${language}') } catch { /* a frame without an origin */ }`);
    const page = await context.newPage();
    const thrown = [];
    page.on('pageerror', (error) => thrown.push(`${language} ${page.url()}: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && !/status of (403|404)/.test(message.text()) && thrown.push(`${language} ${page.url()}: ${message.text().slice(0, 300)}`));
    if (!state) { await signIn(page); state = await context.storageState(); }
    await page.goto(gateway + '/');
    return [page, thrown];
  };
  const opened = [];
  for (const language of languages) opened.push([language, ...(await open(language))]);
  const all = await pagesOf(opened[0][1], made);
  if (made) found.push(...unseen(all).map((route) => 'no picture of ' + route));
  const pages = Object.entries(all).filter(([name]) => !only.length || only.includes(name));
  await Promise.all(opened.map(async ([language, page, thrown]) => {
    async function visit(name, path) {
      const faults = thrown.splice(0);
      await page.emulateMedia({ colorScheme: themes[0] });
      await page.goto(gateway + path);
      await settled(page);
      for (const theme of themes) {
        if (theme !== themes[0]) {
          await page.emulateMedia({ colorScheme: theme });
          await page.waitForTimeout(250); // charts are drawn anew
        }
        await page.screenshot({ path: `${folder}/${name}.${language}.${theme}.png` });
        // Each page by all rules in one theme of each language.
        if (process.env.AXE !== '0' && (language === 'en') === (theme === 'light')) for (const one of await axe(page)) faults.push(`${name} ${language} ${theme}: ${one}`);
      }
      return [...faults, ...thrown.splice(0)];
    }
    for (const [name, path] of pages) {
      const faults = await visit(name, path);
      // What a busy service did not answer in time is told; what fails twice is a fault of the page.
      if (faults.length > 0) console.log(`        once more: ${name} (${language}): ${faults.join('; ')}`);
      if (faults.length > 0) found.push(...(await visit(name, path)));
    }
    await page.context().close();
  }));
  return found;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const browser = await launch();
  const found = await pictures(browser, process.argv[2] ?? 'shots', { only: process.argv.slice(3), ...(process.env.FAST && { languages: ['en'], themes: ['light'] }) });
  console.log([...new Set(found)].join('\n'));
  await browser.close();
}
