// The main journeys of the console against a running platform. CRM_GATEWAY, CRM_PASSWORD or CRM_HOME; pictures go to the folder given.
import { mkdirSync } from 'node:fs';
import { gateway, launch, signIn } from './browser.mjs';
import { rooms } from './rooms.mjs';
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

const api = (path, init = {}) => page.evaluate(async ([path, init]) => {
  const answer = await fetch(path, { ...init, headers: { 'X-CSRF': '1', 'Idempotency-Key': crypto.randomUUID(), 'Content-Type': 'application/json', ...init.headers } });
  if (!answer.ok) throw new Error(path + ' ' + answer.status);
  return answer.json();
}, [path, init]);
const register = (details) => api('/api/customer/v1/customers', { method: 'POST', body: JSON.stringify(details) });

await journey('two records are merged field by field, and the merge is undone', async () => {
  const [one, other] = [await register({ displayName: `Merge One ${mark}`, email: `one${mark}@example.com` }), await register({ displayName: `Merge Two ${mark}`, email: `two${mark}@example.com` })];
  await page.goto(gateway + `/duplicates/compare?left=${one.id}&right=${other.id}`);
  await page.getByRole('radio', { name: 'This record survives' }).first().check();
  await page.getByRole('radio', { name: `E-mail: two${mark}@example.com` }).check();
  await page.getByRole('button', { name: 'Merge', exact: true }).click();
  await page.getByRole('heading', { name: 'Now one record' }).waitFor();
  const merged = await api(`/api/customer/v1/customers/${one.id}`);
  assert(merged.displayName === one.displayName && merged.email === `two${mark}@example.com`, 'the plan was not followed: ' + JSON.stringify(merged));
  await page.getByRole('button', { name: 'Undo the merge' }).click();
  await page.getByRole('heading', { name: 'Two records again' }).waitFor();
  const [back, restored] = [await api(`/api/customer/v1/customers/${one.id}`), await api(`/api/customer/v1/customers/${other.id}`)];
  assert(back.email === `one${mark}@example.com` && restored.id === other.id, 'the undo left something: ' + JSON.stringify([back, restored]));
});

await journey('a file is mapped, tried, imported with its errors, and taken back', async () => {
  await page.goto(gateway + '/customers/import');
  await page.getByRole('textbox', { name: 'Source' }).fill('e2e' + mark);
  await page.locator('input[type=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(`Kode;Nama Lengkap;No HP;Catatan\n1;Import A ${mark};0812${String(Date.now()).slice(-8)};x\n2;Import B ${mark};;y\n3;;;no name\n`) });
  await page.getByRole('button', { name: 'Go on' }).click();
  assert(await page.getByLabel('Means: Nama Lengkap').inputValue() === 'displayName', 'the name was not recognised');
  await page.getByRole('button', { name: 'Try without saving' }).click();
  await page.getByText('Would create').waitFor();
  await page.getByText('Rows that were not taken').waitFor();
  await page.getByRole('button', { name: 'Import now' }).click();
  await page.waitForURL(/\/imports\/[0-9a-f-]{36}$/);
  await page.getByRole('button', { name: 'Download the error file' }).waitFor();
  await page.getByRole('button', { name: 'Undo the import' }).click();
  await page.getByText(/2 taken back/).waitFor();
});

await journey('an erasure runs through all services to its certificate; a hold keeps another from it', async () => {
  const held = await register({ displayName: `Held ${mark}` });
  await api(`/api/customer/v1/customers/${held.id}/legal-holds`, { method: 'POST', body: JSON.stringify({ reason: 'Dispute' }) });
  const gone = await register({ displayName: `Gone ${mark}` });
  for (const one of [held, gone]) {
    await page.goto(gateway + `/privacy?new&customerId=${one.id}`);
    await page.getByRole('combobox', { name: 'Request' }).selectOption('erasure');
    await page.getByRole('textbox', { name: 'How the identity was checked' }).fill('ID card shown');
    await page.getByRole('checkbox', { name: /I have checked the identity/ }).check();
    await page.getByRole('button', { name: 'Receive', exact: true }).click();
    if (one === held) await page.getByText('customer.legal_hold').waitFor();
  }
  await page.waitForURL(/\/privacy\/[0-9a-f-]{36}$/);
  await page.getByText('6 of 6 services have confirmed').waitFor({ timeout: 90_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the certificate' }).click()]);
  assert(download.suggestedFilename().startsWith('erasure-'), download.suggestedFilename());
});

await journey('a cell changes in place; a tag goes to those that are ticked', async () => {
  const one = await register({ displayName: `Inline ${mark}`, address: { city: 'Solo' } });
  await page.goto(gateway + `/customers?q=${encodeURIComponent('Inline ' + mark)}`);
  await page.getByRole('gridcell', { name: 'Solo' }).first().dblclick();
  await page.getByRole('textbox', { name: 'City' }).fill('Malang');
  await page.keyboard.press('Enter');
  await page.getByRole('gridcell', { name: 'Malang' }).first().waitFor();
  await page.getByRole('checkbox', { name: `Select Inline ${mark}` }).check();
  await page.getByRole('button', { name: 'Tag', exact: true }).click();
  await page.getByRole('textbox', { name: 'Tag' }).fill('e2e');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('1 customer changed').waitFor();
  const saved = await api(`/api/customer/v1/customers/${one.id}`);
  assert(saved.address.city === 'Malang' && saved.tags.includes('e2e'), JSON.stringify(saved));
});

await journey('a report leads from a number to its lines', async () => {
  await page.goto(gateway + '/reports');
  await page.getByRole('table', { name: 'Result' }).getByRole('button').first().click();
  await page.getByRole('dialog').getByRole('row').nth(1).waitFor();
  await page.keyboard.press('Escape');
});

await journey('the language changes at once, in every part of the page', async () => {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('radiogroup', { name: 'Language' }).getByText('Indonesia').click();
  await page.getByRole('link', { name: 'Pelanggan' }).first().waitFor();
  await page.getByRole('radiogroup', { name: 'Bahasa' }).getByText('English').click();
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

for (const language of ['id', 'en']) await rooms({ page, journey, api, register, mark, assert }, language);

for (const [name, path] of [['home', '/'], ['customers', '/customers'], ['segment builder', '/segments/new'], ['value dashboard', '/analytics'],
  ['duplicates', '/duplicates'], ['privacy desk', '/privacy?new'], ['imports', '/imports'], ['accounts', '/accounts'], ['alerts', '/alerts'], ['retention', '/retention'], ['voice', '/voice'], ['reports', '/reports'], ['maturity', '/steering?tab=maturity'], ['integrations', '/integrations'], ['static lists', '/lists'], ['new form', '/integrations/new-form']]) {
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
