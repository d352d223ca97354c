// Journeys through the frame that all pages share: language, keys, a small screen; and from a report's number to its lines.
import { gateway, signIn, takeDist } from './browser.mjs';
import { settled } from './shots.mjs';
import { wordsOf } from './words.mjs';

export async function pages({ page, api, journey, assert, words, folder, picture }, language) {
  const [shell, insights] = await words('shell', 'insights');
  const other = { id: 'en', en: 'id' }[language];
  const translated = await wordsOf('shell', other);
  const called = { id: 'Indonesia', en: 'English' };

  await journey('the language changes at once, in every part of the page', async () => {
    await page.goto(gateway + '/');
    await page.getByRole('button', { name: shell('account', { name: '' }).trim() }).click();
    await page.getByRole('radiogroup', { name: shell('language') }).getByText(called[other]).click();
    await page.getByRole('link', { name: translated('customers') }).first().waitFor();
    assert(await page.getByRole('link', { name: shell('customers'), exact: true }).count() === 0, 'a link kept its old language');
    await page.getByRole('radiogroup', { name: translated('language') }).getByText(called[language]).click();
    await page.getByRole('link', { name: shell('customers') }).first().waitFor();
    await page.keyboard.press('Escape');
  });

  if (language === 'id') await journey('each role has its home', async () => {
    const homes = { sari: ['alertDesk'], agus: ['openCases'], rina: ['runningCampaigns', 'comingUp', 'runningJourneys'], eko: ['health', 'scoring'] };
    for (const [name, panels] of Object.entries(homes)) {
      const context = await page.context().browser().newContext({ viewport: { width: 1440, height: 900 }, locale: 'id-ID' });
      await takeDist(context);
      const theirs = await context.newPage();
      await signIn(theirs, name);
      await theirs.goto(gateway + '/');
      await settled(theirs);
      for (const panel of Object.values(homes).flat()) assert((await theirs.getByRole('heading', { name: shell(panel), exact: true }).count() > 0) === panels.includes(panel), `${name} and the panel ${panel}`);
      await picture('home-' + name, theirs);
      await context.close();
    }
  });

  await journey('a report leads from a number to its lines', async () => {
    await page.goto(gateway + '/reports');
    await page.getByRole('table', { name: insights('groups') }).getByRole('button').first().click();
    await page.getByRole('dialog').getByRole('row').nth(1).waitFor();
    await page.keyboard.press('Escape');
  });

  await journey('keys lead everywhere', async () => {
    await page.goto(gateway + '/');
    await settled(page);
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.waitForURL(/\/analytics/);
    await page.keyboard.press('?');
    await page.getByText(shell('shortcuts')).waitFor();
    await page.keyboard.press('Escape');
  });

  await journey('the record and the search fit a phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    const [{ id }] = (await api('/api/customer/v1/customers?limit=1')).items;
    for (const path of ['/', '/customers', `/customers/${id}`]) {
      await page.goto(gateway + path);
      await settled(page);
      assert(await page.evaluate(() => document.documentElement.scrollWidth <= 361), `${path} is wider than the screen`);
    }
    await page.screenshot({ path: `${folder}/phone.${language}.png` });
    await page.setViewportSize({ width: 1440, height: 900 });
  });
}
