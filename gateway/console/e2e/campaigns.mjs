// Journeys of marketing: from a segment to the result of its campaign, a journey on the canvas, a drift list as a segment.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { gateway, signIn, takeDist } from './browser.mjs';
import { inbox, mailsTo, until } from './person.mjs';
import { axe } from './shots.mjs';

export async function campaigns({ page, journey, api, register, own, assert, button, field, choose, tile, words, picture }, language) {
  const [kit, t, customers, insights, lists] = await words('kit', 'campaigns', 'customers', 'insights', 'lists');
  const shop = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<h1>Sale</h1>')).listen(0, '127.0.0.1');
  await once(shop, 'listening');
  const address = `http://127.0.0.1:${shop.address().port}/sale`;
  const agrees = [{ channel: 'email', purpose: 'marketing', granted: true, noticeVersion: '2026-01' }];

  await journey('a segment becomes a campaign, its mail is opened in the inbox, and the result shows the click', async () => {
    const people = [['Sari', 'id', agrees], ['Amy', 'en', agrees], ['Tono', 'id', []]];
    for (const [name, speaks, consents] of people) await register({ displayName: `${name} ${own}`, email: `${name}.${own}@example.com`.toLowerCase(), language: speaks, tags: [own], consents });
    const criteria = { all: [{ field: 'tags', op: 'contains', value: own }] };
    await until('Campaign knows the three', async () => { const now = await api('/api/campaign/v1/segments/preview', { method: 'POST', body: JSON.stringify({ criteria }) }); return now.matching === 3 && now.reachable === 2; });

    await page.goto(gateway + '/templates/new');
    await field(t('templateName')).fill(`Sale ${own}`);
    const texts = { indonesian: ['Kami rindu Anda, {{firstName}}', 'Halo', 'Ke toko'], english: ['We miss you, {{firstName}}', 'Hello', 'To the shop'] };
    for (const [name, [subject, hello, link]] of Object.entries(texts)) {
      const section = page.getByRole('region', { name: t(name) });
      await field(t('subject'), section).fill(subject);
      await field(t('body'), section).fill(`<p>${hello} {{firstName "-"}}</p><p><a href="${address}">${link}</a></p>`);
    }
    await button(kit('save')).click();
    await page.waitForURL(/\/templates\/[0-9a-f-]{36}$/);

    const [tags] = (await api('/api/campaign/v1/segment-fields')).filter((one) => one.name === 'tags');
    await page.goto(gateway + '/segments/new');
    await field(t('segmentName')).fill(`Shoppers ${own}`);
    await choose(t('field'), tags.label[language]);
    await field(t('valueLabel')).fill(own);
    await page.getByTestId('reachable').getByText('2', { exact: true }).waitFor();
    await page.getByTestId('matching').getByText('3', { exact: true }).waitFor();
    await page.getByText(t('reason_no_consent')).first().waitFor();
    await picture('segment-counted');
    await button(kit('save')).click();
    await page.waitForURL(/\/segments\/[0-9a-f-]{36}$/);

    await page.getByRole('link', { name: t('useInCampaign') }).click();
    await page.getByTestId('reachable').getByText('2', { exact: true }).waitFor();
    await picture('builder-1-audience');
    await button(t('next')).click();
    await choose(t('template'), `Sale ${own}`);
    await field(t('name')).fill(`Sale ${own}`);
    await field(t('senderName')).fill('Toko Nusantara');
    await field(t('fromAddress')).fill('halo@example.com');
    // Both languages, as somebody of the segment would read them.
    for (const [subject] of Object.values(texts)) await page.getByRole('region', { name: t('preview') }).getByText(new RegExp(subject.split('{{')[0] + '(Sari|Amy)')).waitFor();
    await picture('builder-2-content');
    await button(t('next')).click();
    await page.getByRole('switch', { name: t('quietHours') }).uncheck({ force: true }); // at night the mails would wait
    await field(t('messageCost')).fill('150');
    await picture('builder-3-schedule');
    await button(t('next')).click();
    await field(t('holdout')).fill('0');
    await picture('builder-4-test');
    await button(t('next')).click();
    const simulation = page.getByRole('region', { name: t('simulation') });
    await simulation.getByRole('row', { name: `${t('messagesSent')} 2`, exact: true }).waitFor();
    await simulation.getByText('Rp300', { exact: true }).waitFor();
    await picture('builder-5-review');
    await button(t('createAndLaunch')).click();
    await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}$/);
    await page.getByText(t('state_finished'), { exact: true }).first().waitFor({ timeout: 60_000 });
    await tile(t('sent')).getByText('2', { exact: true }).waitFor();

    const mails = await until('two mails in the inbox', async () => { const all = await mailsTo(own); return all.length >= 2 && all; });
    const subjects = Object.fromEntries(mails.map((mail) => [mail.to[0].address, mail.subject]));
    assert(mails.length === 2 && subjects[`sari.${own}@example.com`] === 'Kami rindu Anda, Sari' && subjects[`amy.${own}@example.com`] === 'We miss you, Amy', JSON.stringify(subjects));
    const mail = mails.find((mail) => mail.to[0].address.startsWith({ id: 'sari', en: 'amy' }[language]));
    await readMail(page, mail, texts[{ id: 'indonesian', en: 'english' }[language]][2], address);

    const path = '/api/campaign/v1' + new URL(page.url()).pathname;
    await until('the click is judged', async () => (await api(path + '/statistics')).clicked.unique === 1);
    await page.reload();
    await tile(t('clicked')).getByText(`${t('filtered')} 1 · ${t('raw')} 1`).waitFor();
    await page.getByRole('row', { name: `${address} 1` }).waitFor();
    await picture('campaign-result');
    await page.getByRole('tab', { name: t('recipients') }).click();
    await page.getByRole('link', { name: `Amy ${own}` }).waitFor();
    await picture('campaign-recipients');
    await publicPages(page, mail, language, picture, assert);
  });

  await journey('a campaign with two texts and a time is on the schedule, and off it', async () => {
    const criteria = { all: [{ field: 'tags', op: 'contains', value: own }] };
    const post = (path, body) => api('/api/campaign/v1/' + path, { method: 'POST', body: JSON.stringify(body) });
    const segment = await post('segments', { name: `Later ${own}`, criteria });
    for (const name of ['First', 'Second']) await post('templates', { name: `${name} ${own}`, channel: 'email', contents: Object.fromEntries(['id', 'en'].map((one) => [one, { subject: `${name} {{firstName "-"}}`, html: '<p>Hi</p>' }])) });
    await page.goto(gateway + '/campaigns/new?segment=' + segment.id);
    await page.getByTestId('reachable').waitFor();
    await button(t('next')).click();
    await choose(t('template'), `First ${own}`);
    await field(t('name')).fill(`Later ${own}`);
    await field(t('senderName')).fill('Toko Nusantara');
    await field(t('fromAddress')).fill('halo@example.com');
    await button(t('next')).click();
    await page.getByText(t('sendLater'), { exact: true }).click();
    const day = field(t('launchDay'));
    await day.fill({ id: '17 Agu 2030', en: '17 Aug 2030' }[language]);
    await day.press('Enter');
    await page.getByRole('switch', { name: t('warmUp') }).check({ force: true });
    await picture('builder-3-scheduled');
    await button(t('next')).click();
    await button(t('addVariant')).click();
    await choose(t('variant', { name: 'B' }), `Second ${own}`);
    await picture('builder-4-two-texts');
    await button(t('next')).click();
    await button(t('createAndSchedule')).click();
    await page.getByText(t('state_scheduled'), { exact: true }).first().waitFor();
    const path = '/api/campaign/v1' + new URL(page.url()).pathname;
    const { launch } = await api(path + '/plan');
    assert(launch.local === '2030-08-17T09:00' && launch.zone === 'Asia/Jakarta', JSON.stringify(launch));
    assert((await api(path + '/experiment')).variants.length === 2, 'the second text is missing');
    assert((await api(path + '/pacing')).warmUp?.firstDay === 1000, 'the warm-up is missing');
    await page.getByRole('tab', { name: t('plan') }).click();
    await picture('campaign-scheduled');
    await button(t('unschedule')).click();
    await page.getByText(t('state_draft'), { exact: true }).first().waitFor();
    await page.getByRole('region', { name: t('limits') }).waitFor();
    await picture('campaign-plan');
  });

  await journey('what one person puts up for approval another approves, and the first one sees it', async () => {
    // The draft of before; who asks may not decide.
    await page.getByRole('tab', { name: t('approvals') }).click();
    await button(t('requestApproval')).click();
    await page.getByText(t('approval_requested'), { exact: true }).waitFor();
    assert(await button(t('approve')).count() === 0, 'whoever asked may decide');
    const context = await page.context().browser().newContext({ viewport: { width: 1440, height: 900 }, locale: { id: 'id-ID', en: 'en-GB' }[language] });
    await takeDist(context);
    const other = await context.newPage();
    await signIn(other, 'hendra');
    await other.evaluate((to) => localStorage.setItem('language', to), language);
    await other.goto(page.url());
    await other.getByRole('tab', { name: t('approvals') }).click();
    await button(t('approve'), other).click();
    await other.getByText(t('approval_approved'), { exact: true }).waitFor();
    await picture('approval-given', other);
    await context.close();
    await page.reload();
    await page.getByRole('tab', { name: t('approvals') }).click();
    await page.getByText(t('approval_approved'), { exact: true }).waitFor();
  });

  let running;
  await journey('a journey is drawn on the canvas, runs, and does what was drawn', async () => {
    await api('/api/campaign/v1/templates', { method: 'POST', body: JSON.stringify({ name: `Welcome ${own}`, channel: 'email', contents: Object.fromEntries(['id', 'en'].map((one) => [one, { subject: `Hi ${own} ${one}`, html: '<p>{{firstName "-"}}</p>' }])) }) });
    const { name } = (await api('/api/campaign/v1/journey-templates')).find((one) => one.key === 'welcome');
    await page.goto(gateway + '/journeys');
    await button(t('useThis'), page.locator('#content div').filter({ has: page.getByText(name[language], { exact: true }) }).filter({ has: button(t('useThis')) }).last()).click();
    for (const step of ['greeting', 'reminder']) await choose(t('textFor', { step }), `Welcome ${own}`);
    const dialog = page.getByRole('dialog');
    await field(t('senderName'), dialog).fill('Toko Nusantara');
    await field(t('fromAddress'), dialog).fill('halo@example.com');
    await button(t('createDraft'), dialog).click();
    await page.waitForURL(/\/journeys\/[0-9a-f-]{36}$/);

    const canvas = page.getByRole('region', { name: t('canvas') });
    const node = (id) => canvas.getByRole('button', { name: new RegExp(`${id}\\b`) });
    const add = async (kind) => { await button(t('addNode')).click(); await page.getByRole('menuitem', { name: t('kind_' + kind), exact: true }).click(); };
    await node('greeting').click();
    // Behind the greeting a label, behind the label a day of waiting.
    await add('tag');
    await node('tag-7').waitFor();
    await page.getByRole('combobox', { name: t('step_add') }).fill('welcomed' + own);
    await page.keyboard.press('Enter');
    await add('wait');
    await node('wait-8').waitFor();
    await button(kit('save')).click();
    await page.getByText(t('saved'), { exact: true }).first().waitFor();
    await button(t('activate')).click();
    const active = page.getByText(t('state_active'), { exact: true }).first();
    // Where the platform has many customers a second person has to agree.
    const refused = page.getByRole('alert').getByText('campaign.approval_required');
    await active.or(refused).first().waitFor();
    if (await refused.count()) {
      await button(t('requestApproval')).first().click();
      await page.getByText(t('approval_requested'), { exact: true }).first().waitFor();
      const context = await page.context().browser().newContext();
      const other = await context.newPage();
      await signIn(other, 'hendra');
      await other.evaluate((to) => localStorage.setItem('language', to), language);
      await other.goto(page.url());
      await button(t('approve'), other).first().click();
      await other.getByText(t('approval_approved'), { exact: true }).first().waitFor();
      await context.close();
      await page.reload();
      await button(t('activate')).click();
    }
    await active.waitFor();
    running = '/api/campaign/v1' + new URL(page.url()).pathname;

    const one = await register({ displayName: `Wati ${own}`, email: `wati.${own}@example.com`, language, consents: agrees });
    const [mail] = await until('the greeting is in the inbox', async () => { const all = (await mailsTo(own)).filter((one) => one.to[0].address.startsWith('wati')); return all.length > 0 && all; });
    assert(mail.subject === `Hi ${own} ${language}`, mail.subject);
    await until('the label is on the customer', async () => (await api(`/api/customer/v1/customers/${one.id}`)).tags.includes('welcomed' + own));
    await node('wait-8').filter({ hasText: /\/ [1-9]/ }).waitFor();
    await button(t('pause')).click();
    await page.getByText(t('state_paused'), { exact: true }).first().waitFor();
  });
  // It greets whoever is registered: left running after a failure it would meddle with the journeys that follow.
  if (running) {
    const { state, version } = await api(running);
    if (state === 'active') await api(running + '/pause', { method: 'POST', headers: { 'If-Match': `"${version}"` } });
  }

  await journey('the list of who drifts away becomes a segment of as many people', async () => {
    await page.goto(gateway + '/alerts');
    await button(insights('scan')).click();
    await page.getByText(insights('scanStarted')).first().waitFor();
    const drifting = () => api('/api/analytics/v1/alerts?kind=customer-drift&state=open&limit=100');
    await until('somebody drifts', async () => (await drifting()).items.length > 0);
    await page.reload();
    await Promise.all([page.waitForResponse(/alerts\?.*kind=customer-drift/), page.getByRole('combobox', { name: insights('kind') }).selectOption('customer-drift')]);
    await page.getByRole('gridcell', { name: insights('customer-drift') }).first().waitFor();
    await page.getByRole('checkbox', { name: kit('tickAll') }).check();
    const ticked = Number((await page.getByRole('toolbar').getAttribute('aria-label')).match(/\d+/)[0]);
    assert(ticked === (await drifting()).items.length, `${ticked} are ticked`);
    await button(insights('addToList')).click();
    const dialog = page.getByRole('dialog');
    await field(customers('newListName'), dialog).fill(`Drift ${own}`);
    await button(customers('addToList'), dialog).click();
    await page.getByText(customers('addedToList', { count: ticked })).first().waitFor();
    await page.goto(gateway + '/lists');
    await page.getByRole('link', { name: `Drift ${own}` }).click();
    await page.getByRole('link', { name: lists('makeSegment') }).click();
    await field(t('segmentName')).fill(`Drift ${own}`);
    await page.getByTestId('matching').getByText(String(ticked), { exact: true }).waitFor();
    await button(kit('save')).click();
    await page.waitForURL(/\/segments\/[0-9a-f-]{36}$/);
    await page.getByTestId('matching').getByText(String(ticked), { exact: true }).waitFor();
  });
  shop.close();
}

/** Opens a mail in the inbox and follows its link, in a browser that does not say it is a program: the bot filter counts people. */
async function readMail(page, mail, link, address) {
  const agent = (await page.evaluate(() => navigator.userAgent)).replace('Headless', '');
  const context = await page.context().browser().newContext({ userAgent: agent });
  const reader = await context.newPage();
  await reader.goto(`${inbox}/email/${mail.id}/html`);
  await reader.getByRole('link', { name: link }).click();
  await reader.waitForURL(address + '**');
  await reader.getByRole('heading', { name: 'Sale' }).waitFor();
  await context.close();
}

/** The pages that a mail leads its reader to, each looked at by axe: why it came, how not to get another. */
async function publicPages(page, mail, language, picture, assert) {
  const links = [...new Set([...mail.html.matchAll(/href="([^"]+)"/g)].map(([, link]) => link.replaceAll('&amp;', '&')))];
  const shown = await page.context().newPage();
  for (const name of ['unsubscribe', 'why', 'preferences']) {
    const link = links.find((one) => one.includes(`/p/${name}/`));
    if (!link && name === 'preferences') continue; // in mails of Customer only
    assert(link, `the mail has no link to ${name}: ${links.join(' ')}`);
    const answer = await shown.goto(new URL(new URL(link).pathname, gateway).href);
    assert(answer.status() === 200, `${link} answers ${answer.status()}`);
    assert(await shown.locator('html').getAttribute('lang') === language, `${name} is in another language than the mail`);
    for (const colorScheme of ['dark', 'light']) {
      await shown.emulateMedia({ colorScheme });
      await picture(`public-${name}-${colorScheme}`, shown);
      const found = await axe(shown);
      assert(found.length === 0, `${name} ${colorScheme}: ${found.join('; ')}`);
    }
  }
  await shown.close();
}
