// The journeys of the console against a running platform, each in both languages. CRM_GATEWAY, CRM_HOME or CRM_PASSWORD, CRM_MAIL (inbox), CRM_STATUS
// (status page); pictures go to the folder given. ONLY=campaigns,ops runs these subjects only, DIST=dist takes the console from there.
import { mkdirSync } from 'node:fs';
import { badInput } from './badinput.mjs';
import { launch, signIn, takeDist } from './browser.mjs';
import { campaigns } from './campaigns.mjs';
import { customers } from './customers.mjs';
import { examples } from './examples.mjs';
import { ops } from './ops.mjs';
import { pages } from './pages.mjs';
import { person } from './person.mjs';
import { privacy } from './privacy.mjs';
import { publicPages } from './publicpages.mjs';
import { rooms } from './rooms.mjs';
import { pictures } from './shots.mjs';
import { wordsOf } from './words.mjs';

const folder = process.argv[2] ?? 'shots';
mkdirSync(folder, { recursive: true });
const assert = (holds, words) => { if (!holds) throw new Error(words); };
const browser = await launch();
const errors = [];
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
// A tab that is still empty has no storage.
await context.addInitScript("if (location.origin !== 'null' && !localStorage.getItem('language')) localStorage.setItem('language', 'en')");
context.setDefaultTimeout(30_000);
await takeDist(context);
context.on('weberror', (error) => errors.push(error.error().message));
context.on('dialog', (dialog) => { errors.push('a dialog opened: ' + dialog.message()); void dialog.dismiss(); });
const page = await context.newPage();
const mark = 'e2e' + Date.now().toString(36);
let failed = 0;

async function journey(name, steps, language = 'en') {
  const begun = Date.now();
  try {
    await steps();
    console.log(`passed  ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed++;
    await page.screenshot({ path: `${folder}/failed-${failed}.png` }).catch(() => {});
    console.log(`FAILED  ${name}: ${error.message}`);
    // What a failed journey leaves behind must not fail the next.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await context.setOffline(false);
    await page.evaluate((to) => localStorage.setItem('language', to), language).catch(() => {});
    for (const tab of context.pages()) if (tab !== page) await tab.close();
  }
}

await signIn(page);

const api = (path, init = {}) => page.evaluate(async ([path, init]) => {
  const answer = await fetch(path, { ...init, headers: { 'X-CSRF': '1', 'Idempotency-Key': crypto.randomUUID(), 'Content-Type': 'application/json', ...init.headers } });
  if (!answer.ok) throw new Error(path + ' ' + answer.status + ' ' + await answer.text());
  return answer.json();
}, [path, init]);
const register = (details) => api('/api/customer/v1/customers', { method: 'POST', body: JSON.stringify(details) });

/** A picture of a moment that no address leads to; the same name once in each language. */
const picture = (language) => async (name, of = page) => {
  await of.waitForTimeout(350); // what opens or closes has done so
  await of.screenshot({ path: `${folder}/${name}.${language}.png` });
};

const subjects = { customers, privacy, campaigns, ops, badInput, pages, rooms, publicPages };
const only = process.env.ONLY?.split(',');
for (const language of ['id', 'en']) {
  await page.evaluate((to) => localStorage.setItem('language', to), language);
  const run = {
    page, api, register, assert, folder, picture: picture(language), own: mark + language, ...person(page),
    journey: (name, steps) => journey(`${language}: ${name}`, steps, language),
    words: (...features) => Promise.all(features.map((feature) => wordsOf(feature, language))),
  };
  // What a subject returns is looked at after the others, because it takes its time.
  const later = [];
  for (const [name, subject] of Object.entries(subjects)) if (!only || only.includes(name)) later.push(await subject(run, language));
  for (const ends of later) await ends?.();
}

if (!only || only.includes('pictures')) {
  await journey('every page, in both languages and themes, has its picture, and axe finds nothing serious', async () => {
    const made = await examples(api);
    const found = await pictures(browser, `${folder}/pages`, { made, storageState: await context.storageState() });
    assert(found.length === 0, [...new Set(found)].join('\n'));
  });
}

await journey('no page threw an error, no script of a name ran', async () => assert(errors.length === 0, errors.join('; ')));
await browser.close();
process.exitCode = failed ? 1 : 0;
