// What a customer sees without an account: the preference centre and the confirmation of a consent, in both themes, without a script of ours.
import { gateway } from './browser.mjs';
import { until } from './person.mjs';
import { axe } from './shots.mjs';

const WORDS = {
  id: { save: 'Simpan', saved: 'Pilihan Anda sudah disimpan.', offers: 'Penawaran dan berita', agree: 'Ya, saya setuju', recorded: 'Persetujuan Anda sudah dicatat.' },
  en: { save: 'Save', saved: 'Your choices are saved.', offers: 'Offers and news', agree: 'Yes, I agree', recorded: 'Your consent is recorded.' },
};

export async function publicPages({ page, journey, api, register, own, assert, picture }, language) {
  const words = WORDS[language];
  const shown = await (await page.context().browser().newContext({ locale: language, viewport: { width: 1440, height: 900 } })).newPage();
  const person = await register({ displayName: `Public ${own}`, email: `public.${own}@example.com`, language, consents: [{ channel: 'email', purpose: 'marketing', granted: true, noticeVersion: '2026-01' }] });
  const path = `/api/customer/v1/customers/${person.id}`;
  const granted = async (channel) => (await api(path)).consents.some((one) => one.channel === channel && one.purpose === 'marketing' && one.granted);
  const open = async (asked, body) => shown.goto(gateway + new URL((await api(path + asked, { method: 'POST', body: JSON.stringify(body) })).url).pathname);
  /** Looks at the page in both themes; nothing of it may be hard to read. */
  async function look(name) {
    for (const colorScheme of ['dark', 'light']) {
      await shown.emulateMedia({ colorScheme });
      await picture(`public-${name}-${colorScheme}`, shown);
      const found = await axe(shown);
      assert(found.length === 0, `${name} ${colorScheme}: ${found.join('; ')}`);
    }
  }

  await journey('somebody changes by their own link what they agreed to', async () => {
    await open('/preference-links', {});
    await look('preferences');
    const offers = shown.getByRole('group', { name: words.offers });
    await offers.getByRole('checkbox', { name: 'E-mail' }).uncheck();
    await offers.getByRole('checkbox', { name: 'WhatsApp' }).check();
    await shown.getByRole('button', { name: words.save, exact: true }).click();
    await shown.getByText(words.saved).waitFor();
    await look('preferences-saved');
    assert(!await granted('email') && await granted('whatsapp'), 'the record says otherwise');
  });

  await journey('a consent counts from its confirmation', async () => {
    await open('/consent-requests', { channel: 'sms', purpose: 'marketing', noticeVersion: '2026-01' });
    await shown.getByText('SMS', { exact: true }).waitFor();
    await shown.getByText(words.offers, { exact: true }).waitFor();
    await look('double-opt-in');
    assert(!await granted('sms'), 'it counts before it is confirmed');
    await shown.getByRole('button', { name: words.agree }).click();
    await shown.getByText(words.recorded).waitFor();
    await look('double-opt-in-done');
    await until('the consent counts', () => granted('sms'));
  });
  await shown.context().close();
}
