// Journeys of the privacy desk.
import { gateway } from './browser.mjs';

export async function privacy({ page, journey, api, register, own, assert, button, field, words }) {
  const [t] = await words('privacy');

  await journey('an erasure runs through all services to its certificate; a hold keeps another from it', async () => {
    const held = await register({ displayName: `Held ${own}` });
    await api(`/api/customer/v1/customers/${held.id}/legal-holds`, { method: 'POST', body: JSON.stringify({ reason: 'Dispute' }) });
    const gone = await register({ displayName: `Gone ${own}` });
    for (const one of [held, gone]) {
      await page.goto(gateway + `/privacy?new&customerId=${one.id}`);
      await page.getByRole('combobox', { name: t('kind') }).selectOption('erasure');
      await field(t('verifiedBy')).fill('ID card shown');
      await page.getByRole('checkbox', { name: t('eraseSure') }).check();
      await button(t('receive')).click();
      if (one === held) await page.getByText('customer.legal_hold').waitFor();
    }
    await page.waitForURL(/\/privacy\/[0-9a-f-]{36}$/);
    await page.getByText(t('confirmedOf', { count: 6, total: 6 })).waitFor({ timeout: 90_000 });
    const [download] = await Promise.all([page.waitForEvent('download'), button(t('downloadCertificate')).click()]);
    assert(download.suggestedFilename().startsWith('erasure-'), download.suggestedFilename());
  });
}
