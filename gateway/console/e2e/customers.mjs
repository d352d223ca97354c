// Journeys of those who keep customers: register and find, merge, import, change many.
import { gateway } from './browser.mjs';
import { until } from './person.mjs';

export async function customers({ page, journey, api, register, own, assert, button, field, words }) {
  const [kit, t, shell, identity, imports] = await words('kit', 'customers', 'shell', 'identity', 'imports');

  await journey('a customer is found by the phone in another notation, and two tabs that edit it see each other', async () => {
    const phone = '0812' + String(Date.now()).slice(-8);
    await page.goto(gateway + '/customers/new');
    await field(t('name')).fill(`Dewi ${own}`);
    await page.locator('input[name=phone]').fill(phone);
    await button(kit('save')).click();
    await page.waitForURL(/\/customers\/[0-9a-f-]{36}$/);
    await page.getByRole('heading', { name: `Dewi ${own}` }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: shell('palette') }).fill('+62 ' + phone.slice(1, 4) + '-' + phone.slice(4, 8) + '-' + phone.slice(8));
    await page.getByRole('option', { name: new RegExp(own) }).first().waitFor();
    await page.keyboard.press('Escape');
    await button(kit('edit')).click();
    await page.locator('input[name=city]').fill('Bogor');
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await button(kit('edit'), tab).click();
    await tab.locator('input[name=city]').fill('Depok');
    await button(kit('save'), tab).click();
    await tab.getByText('Depok').first().waitFor();
    await tab.close();
    await button(kit('save')).click();
    await page.getByText(kit('conflictTitle')).waitFor();
    await page.getByRole('radio', { name: 'Depok' }).waitFor();
    await page.getByRole('radio', { name: 'Bogor' }).check();
    await button(kit('keepChosen')).click();
    await page.getByText('Bogor').first().waitFor();
    const saved = await api('/api/customer/v1' + new URL(page.url()).pathname);
    assert(saved.address.city === 'Bogor', JSON.stringify(saved.address));
  });

  await journey('two records are merged field by field, and the merge is undone', async () => {
    const [one, other] = [await register({ displayName: `Merge One ${own}`, email: `one${own}@example.com` }), await register({ displayName: `Merge Two ${own}`, email: `two${own}@example.com` })];
    await page.goto(gateway + `/duplicates/compare?left=${one.id}&right=${other.id}`);
    await page.getByRole('radio', { name: identity('survives') }).first().check();
    await page.getByRole('radio', { name: `${identity('email')}: two${own}@example.com` }).check();
    await button(identity('merge')).click();
    await page.getByRole('heading', { name: identity('mergedTitle') }).waitFor();
    const merged = await api(`/api/customer/v1/customers/${one.id}`);
    assert(merged.displayName === one.displayName && merged.email === `two${own}@example.com`, 'the plan was not followed: ' + JSON.stringify(merged));
    await button(identity('undoMerge')).click();
    await page.getByRole('heading', { name: identity('undoneTitle') }).waitFor();
    const [back, restored] = [await api(`/api/customer/v1/customers/${one.id}`), await api(`/api/customer/v1/customers/${other.id}`)];
    assert(back.email === `one${own}@example.com` && restored.id === other.id, 'the undo left something: ' + JSON.stringify([back, restored]));
  });

  await journey('a file is mapped, tried, imported with its errors, and taken back', async () => {
    await page.goto(gateway + '/customers/import');
    await field(imports('source')).fill(own);
    await page.locator('input[type=file]').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(`Kode;Nama Lengkap;No HP;Catatan\n1;Import A ${own};0812${String(Date.now()).slice(-8)};x\n2;Import B ${own};;y\n3;;;no name\n`) });
    await button(imports('goOn')).click();
    assert(await page.getByLabel(`${imports('means')}: Nama Lengkap`).inputValue() === 'displayName', 'the name was not recognised');
    await button(imports('try')).click();
    await page.getByText(imports('wouldCreate')).waitFor();
    await page.getByText(imports('problems')).waitFor();
    await button(imports('run')).click();
    await page.waitForURL(/\/imports\/[0-9a-f-]{36}$/);
    await page.getByRole('button', { name: imports('errorFile') }).or(page.getByRole('link', { name: imports('errorFile') })).waitFor();
    const found = async () => (await api(`/api/customer/v1/customers?q=${encodeURIComponent(`Import A ${own}`)}`)).items.filter((one) => one.displayName === `Import A ${own}`).length;
    await until('the first row is imported', async () => await found() === 1);
    await button(imports('undo')).click();
    await page.getByText(imports('undone', { count: 2 })).waitFor();
    assert(await found() === 0, 'the first row is still there');
  });

  await journey('a cell changes in place; a tag goes to those that are ticked', async () => {
    const one = await register({ displayName: `Inline ${own}`, address: { city: 'Solo' } });
    await page.goto(gateway + `/customers?q=${encodeURIComponent('Inline ' + own)}`);
    await page.getByRole('gridcell', { name: 'Solo' }).first().dblclick();
    await field(t('city')).fill('Malang');
    await page.keyboard.press('Enter');
    await page.getByRole('gridcell', { name: 'Malang' }).first().waitFor();
    await page.getByRole('checkbox', { name: kit('tick', { name: `Inline ${own}` }) }).check();
    await button(t('tag'), page.getByRole('toolbar')).click();
    await field(t('tag')).fill('e2e');
    await button(t('addTag')).click();
    await page.getByText(t('changedSome', { count: 1 })).first().waitFor();
    const saved = await api(`/api/customer/v1/customers/${one.id}`);
    assert(saved.address.city === 'Malang' && saved.tags.includes('e2e'), JSON.stringify(saved));
  });
}
