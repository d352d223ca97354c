// The ops desk while a campaign is sent and its sender is killed.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { gateway } from './browser.mjs';
import { mailsTo, until } from './person.mjs';

const PEOPLE = 800;
const status = process.env.CRM_STATUS ?? 'http://localhost:8090';
const resource = async (name) => (await (await fetch(status + '/api/resources')).json()).find((one) => one.name === name);
/** In a database of the platform, over the server that its status page names. */
async function sql(database, statement) {
  const home = process.env.CRM_HOME ?? new URL('../../../.crm', import.meta.url).pathname;
  const { hostname, port } = new URL((await resource('postgres')).urls[0].url);
  const password = readFileSync(`${home}/secrets/postgres-password`, 'utf8').trim();
  execFileSync('psql', ['-q', '-c', 'SET client_min_messages = warning', '-v', 'ON_ERROR_STOP=1', '-c', statement], { env: { ...process.env, PGHOST: hostname, PGPORT: port, PGUSER: 'postgres', PGPASSWORD: password, PGDATABASE: database } });
}

const pidsOf = (one) => one.replicas.map((replica) => replica.pid).filter(Boolean);

export async function ops({ page, journey, api, register, own, assert, button, field, tile, words, picture }) {
  const [t, campaigns, shell] = await words('ops', 'campaigns', 'shell');

  const post = (path, body) => api('/api/campaign/v1/' + path, { method: 'POST', body: JSON.stringify(body) });

  await journey('a message that cannot be handled is a dead letter, is read, and works when it is replayed', async () => {
    // Campaign's database refuses this one person, as a fault of a release would.
    const refused = `Refused ${own}`;
    await sql('campaign', `CREATE OR REPLACE FUNCTION refuse_e2e() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused on purpose'; END $$; DROP TRIGGER IF EXISTS refused_e2e ON audience; CREATE TRIGGER refused_e2e BEFORE INSERT ON audience FOR EACH ROW WHEN (NEW.display_name = '${refused}') EXECUTE FUNCTION refuse_e2e()`);
    try {
      await register({ displayName: refused, tags: [own + '-refused'] });
      await until('the letter waits', async () => (await api('/api/campaign/v1/operations/dead-letters')).items.some((one) => one.queue === 'campaign-customers-registered'));
      await page.goto(gateway + '/ops?tab=queues');
      await page.getByRole('row', { name: /campaign-customers-registered/ }).getByRole('button').click();
      await page.getByRole('button', { name: 'CustomersRegistered' }).first().click();
      const letter = page.getByRole('dialog');
      await letter.getByText(/refused on purpose/).first().waitFor();
      await letter.getByText(new RegExp(refused)).first().waitFor();
      await picture('ops-dead-letter');
      await sql('campaign', 'DROP TRIGGER refused_e2e ON audience');
      await button(t('replay'), letter).click();
      await page.getByText(t('replayedCount', { count: '1' })).waitFor();
      await page.getByText(t('noDeadLetters')).first().waitFor();
      const criteria = { all: [{ field: 'tags', op: 'contains', value: own + '-refused' }] };
      await until('Campaign knows the person', async () => (await post('segments/preview', { criteria })).matching === 1);
    } finally {
      await sql('campaign', 'DROP TRIGGER IF EXISTS refused_e2e ON audience');
    }
    await page.getByRole('tab', { name: t('events') }).click();
    await field(t('about')).fill(refused);
    await button(t('search')).click();
    await page.getByRole('button', { name: 'CustomersRegistered' }).first().click();
    await page.getByRole('dialog').getByText(new RegExp(refused)).first().waitFor();
    await picture('ops-audit');
    await page.keyboard.press('Escape');
  });

  await journey('an approval that somebody asks for elsewhere shows at once', async () => {
    await page.goto(gateway + '/');
    const waiting = async () => ['approvals', 'journey-approvals'].reduce(async (sum, path) => (await sum) + (await api(`/api/campaign/v1/${path}?limit=20`)).items.filter((one) => one.state === 'requested').length, Promise.resolve(0));
    const before = await waiting();
    const segment = await post('segments', { name: `Asked ${own}`, criteria: { all: [{ field: 'tags', op: 'contains', value: own + '-refused' }] } });
    const template = await post('templates', { name: `Asked ${own}`, channel: 'email', contents: { en: { subject: 'Asked', html: '<p>-</p>' } } });
    const asked = await post('campaigns', { name: `Asked ${own}`, segmentId: segment.id, templateId: template.id, channel: 'email', kind: 'broadcast', senderName: 'Toko', fromAddress: 'halo@example.com', holdoutPercent: 0 });
    await page.getByRole('button', { name: new RegExp(`^${shell('notifications')}`) }).waitFor();
    const shown = async () => Number(/: (\d+)$/.exec(await page.getByRole('button', { name: new RegExp(`^${shell('notifications')}`) }).getAttribute('aria-label'))?.[1] ?? 0);
    // What waits already is there first, else it would be taken for news.
    let was = -1;
    await until('the bell has counted what waits', async () => { const now = await shown(); await page.waitForTimeout(700); const still = now === was; was = now; return still; });
    const begun = Date.now();
    await post(`campaigns/${asked.id}/approvals`, {});
    await until('the bell counts it', async () => (await shown()) === was + 1);
    const took = Date.now() - begun;
    console.log(`        told after ${took} ms`);
    assert(took < 15_000, `only after ${took} ms`);
    assert(await waiting() === before + 1, 'another number of approvals than asked for');
    await page.getByRole('button', { name: new RegExp(`^${shell('notifications')}`) }).click();
    await page.getByRole('link', { name: shell('approvalWaits', { name: `Asked ${own}` }) }).waitFor();
    await picture('notifications');
    await page.keyboard.press('Escape');
    await post(`campaigns/${asked.id}/cancel`, {});
  });

  let campaign;
  let inboxBefore;
  const statistics = () => api(`/api/campaign/v1/campaigns/${campaign}/statistics`);

  await journey('a sender is killed in the middle of a campaign: the desk shows what is left, and another takes its place', async () => {
    // The same people in every run: the second time the file changes nothing.
    const rows = ['sourceId,displayName,email,tags,marketingConsents', ...Array.from({ length: PEOPLE }, (_, at) => `${at},E2E Reader ${at},reader${at}@e2e.example.com,e2e-readers,email`)];
    await api('/api/customer/v1/customer-imports?source=e2e-readers', { method: 'POST', headers: { 'Content-Type': 'text/csv' }, body: rows.join('\n') });
    const criteria = { all: [{ field: 'tags', op: 'contains', value: 'e2e-readers' }] };
    await until('Campaign knows them all', async () => (await post('segments/preview', { criteria })).reachable === PEOPLE);
    const segment = await post('segments', { name: `Readers ${own}`, criteria });
    const template = await post('templates', { name: `News ${own}`, channel: 'email', contents: Object.fromEntries(['id', 'en'].map((one) => [one, { subject: `News ${own}`, html: '<p>{{firstName "-"}}</p>' }])) });
    ({ id: campaign } = await post('campaigns', { name: `News ${own}`, segmentId: segment.id, templateId: template.id, channel: 'email', kind: 'broadcast', senderName: 'Toko Nusantara', fromAddress: 'halo@example.com', holdoutPercent: 0 }));

    inboxBefore = pidsOf(await resource('mail'));
    const killed = pidsOf(await resource('campaign-sender'));
    const desk = await page.context().newPage();
    await desk.goto(gateway + '/ops');
    await desk.getByRole('tab', { name: t('sending') }).click();
    await page.goto(gateway + `/campaigns/${campaign}`);
    await button(campaigns('launch')).click();
    await button(campaigns('launch'), page.getByRole('dialog')).click();
    await until('the first are sent', async () => (await statistics()).sent > 0);
    for (const pid of killed) process.kill(pid, 'SIGKILL');

    const ours = desk.getByRole('link', { name: `News ${own}` });
    await ours.waitFor();
    await picture('campaign-sending');
    const { planned, sending } = await statistics();
    assert(planned + sending > 0, 'the campaign was over before its sender was killed');
    await ours.locator('..').getByText(t('backlog', { count: '' }).trim()).waitFor();
    await until('another sender runs', async () => { const now = await resource('campaign-sender'); return now.health === 'Healthy' && pidsOf(now).length > 0 && !pidsOf(now).some((pid) => killed.includes(pid)); });
    await desk.close();
  });

  // Half a minute passes until the killed sender's lease is over: other journeys are gone through meanwhile.
  return () => journey('the campaign whose sender was killed goes to its end, and nothing is lost or doubled', async () => {
    await page.goto(gateway + `/campaigns/${campaign}`);
    await page.getByText(campaigns('state_finished'), { exact: true }).first().waitFor({ timeout: 90_000 });
    // Whom the killed sender was writing to may have the mail or not: told apart as unknown, and never written to twice.
    const after = await statistics();
    assert(after.recipients === PEOPLE && after.sent + after.unknown === PEOPLE && after.unknown <= PEOPLE / 2, JSON.stringify(after));
    await page.getByRole('tab', { name: campaigns('progress') }).click();
    await tile(campaigns('sent')).getByText(String(after.sent), { exact: true }).waitFor();
    await tile(campaigns('unknown')).getByText(String(after.unknown), { exact: true }).waitFor();
    const written = (await mailsTo('@e2e.example.com')).filter((mail) => mail.subject === `News ${own}`).map((mail) => mail.to[0].address);
    assert(new Set(written).size === written.length, 'somebody was written to twice');
    // MailDev sometimes ends when a sender dies in the middle of an answer (EPIPE), with all mail that it holds: then there is nothing to count.
    if (String(pidsOf(await resource('mail'))) !== String(inboxBefore)) console.log('        the inbox was restarted: its mails are not counted');
    else assert(written.length >= after.sent && written.length <= PEOPLE, `${written.length} mails for ${after.sent} sent and ${after.unknown} unknown`);
    await page.goto(gateway + '/ops');
    await page.getByRole('tab', { name: t('sending') }).click();
    await page.getByRole('tabpanel', { name: t('sending') }).getByText(t('noSending')).or(page.getByRole('tabpanel', { name: t('sending') }).getByRole('link')).first().waitFor();
    assert(await page.getByRole('link', { name: `News ${own}` }).count() === 0, 'the desk still shows it');
    await page.getByRole('table', { name: t('senders') }).getByText(t('sender_lost'), { exact: true }).first().waitFor();
    await page.getByRole('table', { name: t('senders') }).getByText(t('sender_working'), { exact: true }).first().waitFor();
    await picture('ops-senders');
  });
}
