// The main journeys of the console against a running platform. CRM_GATEWAY, CRM_PASSWORD or CRM_HOME; pictures go to the folder given.
import { mkdirSync } from 'node:fs';
import { gateway, launch, signIn } from './browser.mjs';
import { axe, settled } from './shots.mjs';

const folder = process.argv[2] ?? 'shots';
mkdirSync(folder, { recursive: true });
const assert = (holds, words) => { if (!holds) throw new Error(words); };
const browser = await launch();
const errors = [];
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
await context.addInitScript("if (!localStorage.getItem('language')) localStorage.setItem('language', 'en')");
const page = await context.newPage();
page.setDefaultTimeout(30_000);
page.on('pageerror', (error) => errors.push(error.message));
page.on('dialog', (dialog) => { errors.push('a dialog opened: ' + dialog.message()); void dialog.dismiss(); });
const mark = 'e2e' + Date.now().toString(36);
let failed = 0;

async function journey(name, steps) {
  const begun = Date.now();
  try {
    await steps();
    console.log(`passed  ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed++;
    await page.screenshot({ path: `${folder}/failed-${failed}.png` }).catch(() => {});
    console.log(`FAILED  ${name}: ${error.message}`);
  }
}

await signIn(page);

await journey('a customer is registered with script for a name, found by the phone in another notation, and edited', async () => {
  const phone = '0812' + String(Date.now()).slice(-8);
  await page.goto(gateway + '/customers/new');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`<img src=x onerror=alert(1)> ${mark}`);
  await page.locator('input[name=phone]').fill(phone);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(/\/customers\/[0-9a-f-]{36}$/);
  await page.getByRole('heading', { name: `<img src=x onerror=alert(1)> ${mark}` }).waitFor();
  const record = page.url();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).fill('+62 ' + phone.slice(1, 4) + '-' + phone.slice(4, 8) + '-' + phone.slice(8));
  await page.getByRole('option', { name: new RegExp(mark) }).first().waitFor();
  await page.keyboard.press('Escape');
  // Another tab saves first: a 412 shows both values.
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.locator('input[name=city]').fill('Bogor');
  await page.evaluate(async (path) => {
    const { id, version, displayName, language, timeZone } = await (await fetch(path)).json();
    const saved = await fetch(path, { method: 'PUT', headers: { 'X-CSRF': '1', 'Content-Type': 'application/json', 'If-Match': `"${version}"` }, body: JSON.stringify({ displayName, language, timeZone, address: { city: 'Depok' } }) });
    if (!saved.ok) throw new Error(id + ' ' + saved.status);
  }, '/api/customer/v1' + new URL(record).pathname);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Somebody else changed this record').waitFor();
  await page.getByRole('radio', { name: 'Bogor' }).check();
  await page.getByRole('button', { name: 'Save choices' }).click();
  await page.getByText('Bogor').first().waitFor();
});

await journey('the language changes at once, in every part of the page', async () => {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByText('Indonesia', { exact: true }).click();
  await page.getByRole('link', { name: 'Pelanggan' }).first().waitFor();
  await page.getByText('English', { exact: true }).click();
  await page.getByRole('link', { name: 'Customers' }).first().waitFor();
  await page.keyboard.press('Escape');
});

await journey('a segment counts while it is built, and says why people are left out', async () => {
  await page.goto(gateway + '/segments/new');
  await page.getByLabel('Name of the segment').fill('Buyers ' + mark);
  await page.getByRole('textbox', { name: 'Value' }).fill('1');
  await page.getByTestId('reachable').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(/\/segments\/[0-9a-f-]{36}$/);
});

await journey('keys lead everywhere', async () => {
  await page.goto(gateway + '/');
  await settled(page);
  await page.keyboard.press('g');
  await page.keyboard.press('a');
  await page.waitForURL(/\/analytics/);
  await page.keyboard.press('?');
  await page.getByText('Keyboard shortcuts').waitFor();
  await page.keyboard.press('Escape');
});

await journey('the record and the search fit a phone', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ['/customers', '/']) {
    await page.goto(gateway + path);
    await settled(page);
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= 361), `${path} is wider than the screen`);
  }
  await page.screenshot({ path: `${folder}/phone.png` });
  await page.setViewportSize({ width: 1440, height: 900 });
});

for (const [name, path] of [['home', '/'], ['customers', '/customers'], ['segment builder', '/segments/new'], ['value dashboard', '/analytics']]) {
  await journey(`axe finds nothing serious: ${name}`, async () => {
    await page.goto(gateway + path);
    await settled(page);
    await page.screenshot({ path: `${folder}/${name}.png` });
    const found = await axe(page);
    assert(found.length === 0, found.join('; '));
  });
}

await journey('no page threw an error, no script of a name ran', async () => assert(errors.length === 0, errors.join('; ')));
await browser.close();
process.exitCode = failed ? 1 : 0;
