// What a person does on a page, by the names that are read there.
export const begins = (name) => new RegExp('^' + name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

export function person(page) {
  return {
    button: (name, within = page) => within.getByRole('button', { name, exact: true }),
    /** A field that must be filled has a star behind its name. */
    field: (name, within = page) => within.getByRole('textbox', { name: begins(name) }).first(),
    /** Types into a list of choices and takes what it offers. */
    choose: async (label, option) => {
      await page.locator('input').and(page.getByLabel(begins(label))).first().fill(option);
      await page.getByRole('option', { name: begins(option) }).first().click();
    },
    /** A figure with its name. */
    tile: (label) => page.getByRole('group', { name: label, exact: true }),
  };
}

/** Asks until there is an answer; what happens in another service shows a moment later. */
export async function until(what, ask, seconds = 60) {
  for (const begun = Date.now(); ;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() - begun > seconds * 1000) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const inbox = process.env.CRM_MAIL ?? 'http://localhost:8025';

/** What the inbox holds for addresses with these words. */
export const mailsTo = async (words) => (await (await fetch(inbox + '/email')).json()).filter((mail) => mail.to.some((to) => to.address.includes(words)));
