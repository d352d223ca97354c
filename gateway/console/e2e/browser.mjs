// A person at Debian's Chromium, signed in through the pages.
import { existsSync, readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const gateway = process.env.CRM_GATEWAY ?? 'http://localhost:8080';
const executablePath = process.env.CRM_CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export function passwordOf(userName) {
  if (process.env.CRM_PASSWORD) return process.env.CRM_PASSWORD;
  const home = process.env.CRM_HOME ?? new URL('../../../.crm', import.meta.url).pathname;
  return JSON.parse(readFileSync(`${home}/secrets/dev-users.json`, 'utf8')).users.find((user) => user.userName === userName).password;
}

export const launch = () => chromium.launch({
  executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** With DIST the console comes from that folder, where the gateway still has what was built when it was. */
export async function takeDist(context, folder = process.env.DIST) {
  if (!folder) return;
  await context.route((url) => url.origin === gateway && url.pathname.startsWith('/console/'), (route) => {
    const path = folder + new URL(route.request().url()).pathname.slice('/console'.length);
    return existsSync(path) ? route.fulfill({ path }) : route.continue();
  });
  await context.route((url) => url.origin === gateway && !/^\/(api|signin|signout|session|docs|p|t)(\/|$)/.test(url.pathname), async (route) => {
    if (route.request().resourceType() !== 'document') return route.fallback();
    const response = await route.fetch({ maxRedirects: 0 });
    return route.fulfill(response.status() === 200 ? { response, path: folder + '/index.html' } : { response });
  });
}

export async function signIn(page, userName = 'demo') {
  await page.goto(gateway + '/');
  await fillIn(page, userName);
}

/** The page of the identity provider, to which one was led. */
export async function fillIn(page, userName = 'demo') {
  await page.locator('input[type=text], input[name=userName], input[name=username]').first().fill(userName);
  await page.locator('input[type=password]').fill(passwordOf(userName));
  await page.locator('button[type=submit]').click();
  await page.waitForURL(gateway + '/**');
}
