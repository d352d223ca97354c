// Journeys through the rooms of integrations, data packages, own fields, static lists and offers.
import { gateway } from './browser.mjs';

export async function rooms({ page, journey, api, register, own, assert, button, field, words }, language) {
  const [kit, integrations, privacy, fields, customers, lists, analytics] = await words('kit', 'integrations', 'privacy', 'fields', 'customers', 'lists', 'analytics');

  await journey('a webhook is made, and its secret seen once', async () => {
    await page.goto(gateway + '/integrations/new-webhook');
    await field(integrations('url')).fill(`https://example.com/${own}`);
    await field(integrations('description')).fill(own);
    await button(kit('save')).click();
    const dialog = page.getByRole('dialog', { name: integrations('secret') });
    const secret = await dialog.locator('pre, code').first().textContent();
    assert(/^whsec_[A-Za-z0-9+/=]{20,}$/.test(secret), 'this is no secret: ' + secret);
    await dialog.getByText(kit('close'), { exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
    assert(!(await page.content()).includes(secret), 'the secret stayed on the page');
    assert(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).includes(secret), 'the secret stayed in the browser');
    await button(integrations('remove')).click();
    await button(integrations('remove'), page.getByRole('dialog')).click();
    await page.waitForURL(/\/integrations\?tab=webhooks/);
  });

  await journey('a source of webhooks is registered, and listed', async () => {
    const source = 'e2e-' + own;
    await page.goto(gateway + '/integrations?tab=sources');
    await field(integrations('sourceName')).fill(source);
    await button(integrations('openSource')).click();
    await button(`${integrations('register')}: ${source}`).click();
    await page.getByRole('dialog', { name: integrations('secret') }).waitFor();
    await page.keyboard.press('Escape');
    await page.goto(gateway + '/integrations?tab=sources');
    await page.getByRole('grid').waitFor();
    const all = [];
    for (let cursor = ''; cursor !== null;) {
      const some = await api(`/api/customer/v1/webhook-sources?limit=200${cursor && '&cursor=' + encodeURIComponent(cursor)}`);
      all.push(...some.items);
      cursor = some.nextCursor;
    }
    assert(all.some((one) => one.name === source && one.isActive), 'the source is not listed');
  });

  await journey('what all services hold about a person is gathered and downloaded', async () => {
    const person = await register({ displayName: `Package ${own}`, email: `package${own}@example.com` });
    await page.goto(gateway + `/privacy/packages/new?customerId=${person.id}`);
    await page.locator('#content button[type=submit]').click();
    await page.waitForURL(/\/privacy\/packages\/[0-9a-f-]{36}$/);
    await page.getByText(privacy('complete'), { exact: true }).first().waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), button(privacy(`packageHtml_${language}`)).click()]);
    assert(download.suggestedFilename().endsWith(`.${language}.html`), download.suggestedFilename());
  });

  await journey('an own field is named, filled with a new customer, and shown', async () => {
    // One field for all runs: there is no way to take a definition back.
    const label = `E2E ${own}`;
    const known = (await api('/api/customer/v1/custom-fields/customer')).some((one) => one.name === 'e2eHobby');
    await page.goto(gateway + '/custom-fields');
    await button(known ? fields('change', { name: 'e2eHobby' }) : fields('new')).first().click();
    const dialog = page.getByRole('dialog');
    if (!known) await field(fields('name'), dialog).fill('e2eHobby');
    await field(fields('labelId'), dialog).fill(label);
    await field(fields('labelEn'), dialog).fill(label);
    await button(kit('save'), dialog).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.goto(gateway + '/customers/new');
    await field(customers('name')).fill(`Hobby ${own}`);
    await field(label).fill('padel');
    await button(kit('save')).click();
    await page.waitForURL(/\/customers\/[0-9a-f-]{36}$/);
    await page.getByText('padel', { exact: true }).first().waitFor();
    await page.getByText(label, { exact: true }).first().waitFor();
  });

  await journey('people who are ticked go on a static list, and off it', async () => {
    const person = await register({ displayName: `Listed ${own}`, email: `listed${own}@example.com` });
    // Campaign hears of a new customer a moment later.
    const probe = await api('/api/campaign/v1/lists', { method: 'POST', body: JSON.stringify({ name: `Probe ${own}`, kind: 'test' }) });
    for (let attempt = 0; ; attempt++) {
      const heard = await api(`/api/campaign/v1/lists/${probe.id}/members`, { method: 'POST', body: JSON.stringify({ customerIds: [person.id] }) }).catch((error) => { if (attempt === 60) throw error; });
      if (heard) break;
      await page.waitForTimeout(500);
    }
    await page.goto(gateway + `/customers?q=${encodeURIComponent('Listed ' + own)}`);
    await page.getByRole('checkbox', { name: kit('tick', { name: `Listed ${own}` }) }).check();
    await button(customers('addToList')).click();
    const dialog = page.getByRole('dialog');
    await field(customers('newListName'), dialog).fill(`Guests ${own}`);
    await button(customers('addToList'), dialog).click();
    await page.getByText(customers('addedToList', { count: 1 })).first().waitFor();
    await page.goto(gateway + '/lists');
    await page.getByRole('link', { name: `Guests ${own}` }).click();
    await page.waitForURL(/\/lists\/[0-9a-f-]{36}$/);
    await page.getByRole('checkbox', { name: kit('tick', { name: `Listed ${own}` }) }).check();
    await button(lists('remove')).click();
    await page.getByText(lists('noMembers')).waitFor();
  });

  await journey('rules of what is bought together are searched for', async () => {
    await page.goto(gateway + '/analytics?tab=offers');
    await button(analytics('mine')).click();
    const [before, after] = analytics('mined', { count: 'RULES', baskets: 'BASKETS' }).split(/RULES.*BASKETS/);
    await page.getByRole('status').filter({ hasText: before.trim() || after.trim() }).waitFor({ timeout: 60_000 });
  });
}
