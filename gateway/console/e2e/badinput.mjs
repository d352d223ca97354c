// What people do to a page that its makers did not have in mind, and what happens to them while they type.
import { fillIn, gateway, signIn } from './browser.mjs';

const SCRIPT = '<img src=x onerror=alert(1)><script>alert(2)</script>';

export async function badInput({ page, journey, api, register, own, assert, button, field, words }) {
  const [kit, customers, shell, campaigns, lists, service] = await words('kit', 'customers', 'shell', 'campaigns', 'lists', 'service');
  const name = field(customers('name'));
  const named = async (called) => (await api(`/api/customer/v1/customers?q=${encodeURIComponent(called)}`)).items.filter((one) => one.displayName === called);
  const record = /\/customers\/[0-9a-f-]{36}$/;

  await journey('script in every text field is text everywhere', async () => {
    const script = `${SCRIPT} ${own}`;
    const shown = () => page.getByText(script).first().waitFor();
    await page.goto(gateway + '/customers/new');
    for (const input of ['displayName', 'givenName', 'familyName', 'street', 'city', 'province']) await page.locator(`input[name=${input}]`).fill(script);
    await page.locator('input').and(page.getByLabel(customers('tags'))).first().fill('<b>tag</b>');
    await page.keyboard.press('Enter');
    await button(kit('save')).click();
    await page.waitForURL(record);
    const id = page.url().split('/').at(-1);
    await page.getByRole('heading', { name: script }).waitFor();
    await field(customers('noteLabel')).fill(script);
    await button(customers('addNote')).click();
    await page.getByText(customers('noteAdded')).first().waitFor();
    await page.goto(gateway + `/customers?q=${own}`);
    await shown();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: shell('palette') }).fill(script.slice(0, 60));
    await page.keyboard.press('Escape');

    await page.goto(gateway + `/cases/new?customerId=${id}`);
    await field(service('subject')).fill(script);
    await field(service('description')).fill(script);
    await button(service('open')).click();
    await page.waitForURL(/\/cases\/[0-9a-f-]{36}$/);
    await shown();
    await page.goto(gateway + '/lists');
    await button(lists('new')).click();
    await field(lists('name'), page.getByRole('dialog')).fill(script);
    await button(kit('save')).click();
    await page.waitForURL(/\/lists\/[0-9a-f-]{36}$/);
    await shown();
    await page.goto(gateway + '/segments/new');
    await field(campaigns('segmentName')).fill(script);
    await field(campaigns('valueLabel')).fill('1');
    await button(kit('save')).click();
    await page.waitForURL(/\/segments\/[0-9a-f-]{36}$/);
    await shown();
    await page.goto(gateway + '/templates/new');
    await field(campaigns('templateName')).fill(script);
    await field(campaigns('subject')).fill(script);
    await button(kit('save')).click();
    await page.waitForURL(/\/templates\/[0-9a-f-]{36}$/);
    await shown();
  });

  await journey('a name of 10,000 characters is answered in the form; one from right to left is kept and found', async () => {
    await page.goto(gateway + '/customers/new');
    await name.fill('n'.repeat(10_000));
    await button(kit('save')).click();
    await page.getByRole('alert').filter({ hasText: 'displayName' }).waitFor();
    assert(await name.getAttribute('aria-invalid') === 'true' && await name.evaluate((input) => input === document.activeElement), 'the field is not pointed at');
    assert((await name.inputValue()).length === 10_000, 'what was typed is gone');
    const arabic = `محمد عبد الله ${own}`;
    await name.fill(arabic);
    await button(kit('save')).click();
    await page.waitForURL(record);
    const heading = page.getByRole('heading', { name: arabic });
    assert(await heading.evaluate((one) => getComputedStyle(one).direction) === 'rtl', 'the name is not written from right to left');
    await page.goto(gateway + `/customers?q=${encodeURIComponent(arabic)}`);
    await page.getByRole('link', { name: arabic }).first().waitFor();
  });

  await journey('a connection that is lost in the middle of a save loses nothing and saves once', async () => {
    await page.goto(gateway + '/customers/new');
    await name.fill(`Offline ${own}`);
    // The first request arrives and its answer is lost; after that there is no network.
    let asked = 0;
    const path = '**/api/customer/v1/customers';
    await page.route(path, async (route) => {
      if (asked++ === 0) await route.fetch();
      await route.abort('internetdisconnected');
    });
    await button(kit('save')).click();
    await page.getByRole('alert').filter({ hasText: kit('offlineHint') }).waitFor();
    await page.context().setOffline(true);
    await page.getByRole('status').filter({ hasText: shell('offline') }).waitFor();
    await page.context().setOffline(false);
    await page.unroute(path);
    assert(asked === 2 && await name.inputValue() === `Offline ${own}`, `${asked} requests; the form has ${await name.inputValue()}`);
    await button(kit('save')).click();
    await page.waitForURL(record);
    const saved = await named(`Offline ${own}`);
    assert(saved.length === 1, `saved ${saved.length} times`);
  });

  await journey('a session that ends while one types keeps the draft', async () => {
    await page.goto(gateway + '/customers/new');
    await name.fill(`Draft ${own}`);
    await page.locator('input[name=city]').fill('Padang');
    await page.context().clearCookies();
    await button(kit('save')).click();
    const dialog = page.getByRole('dialog', { name: shell('sessionEnded') });
    const [tab] = await Promise.all([page.context().waitForEvent('page'), dialog.getByRole('link', { name: shell('signInAgain') }).click()]);
    await fillIn(tab);
    await tab.close();
    await dialog.waitFor({ state: 'hidden' });
    assert(await name.inputValue() === `Draft ${own}`, 'the form is empty');
    await page.reload();
    assert(await name.inputValue() === `Draft ${own}` && await page.locator('input[name=city]').inputValue() === 'Padang', 'the draft is gone');
    await button(kit('save')).click();
    await page.waitForURL(record);
    assert((await named(`Draft ${own}`)).length === 1, 'not saved');
  });

  await journey('a permission that is taken away while the page is open is told, and what was typed stays', async () => {
    const one = await register({ displayName: `Permission ${own}` });
    await page.goto(gateway + `/customers/${one.id}`);
    await button(kit('edit')).click();
    const city = page.locator('input[name=city]');
    await city.fill('Medan');
    // In another tab somebody signs in who may only read: the same page now asks with that session.
    const editor = await page.context().cookies();
    await page.context().clearCookies();
    try {
      const tab = await page.context().newPage();
      await signIn(tab, 'tuti');
      await tab.getByRole('navigation').first().waitFor();
      await tab.close();
      await button(kit('save')).click();
      await page.getByRole('alert').filter({ hasText: kit('forbiddenTitle') }).waitFor();
      assert(await city.inputValue() === 'Medan', 'what was typed is gone');
    } finally {
      await page.context().clearCookies();
      await page.context().addCookies(editor);
    }
    assert(!(await api(`/api/customer/v1/customers/${one.id}`)).address.city, 'it was saved without the permission');
    await button(kit('save')).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert((await api(`/api/customer/v1/customers/${one.id}`)).address.city === 'Medan', 'not saved');
  });
}
