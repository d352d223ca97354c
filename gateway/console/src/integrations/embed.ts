import type { components } from '../api/generated/customer';
import { texts } from './texts';

export type Definition = components['schemas']['FormDefinition'];

/** The record's own fields that a form may ask for, in the order in which a new form offers them. */
export const KNOWN = ['displayName', 'givenName', 'familyName', 'phone', 'birthDate', 'gender', 'street', 'city', 'province', 'postalCode', 'country'];
export const PREFERENCE = 'preference.';
export const isFormKey = (key: string) => /^[a-z][a-z0-9-]{1,39}$/.test(key);

/** What browsers fill in by themselves (HTML, autofill detail tokens). */
const AUTOFILL: Record<string, string> = { displayName: 'name', givenName: 'given-name', familyName: 'family-name', phone: 'tel', birthDate: 'bday', street: 'street-address', city: 'address-level2', province: 'address-level1', postalCode: 'postal-code', country: 'country' };

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** The form as a page of another site shows it, in the form's own language: plain HTML that posts to the public address, without a script. */
export function embedOf(url: string, { language, fields, consents }: Definition): string {
  const say = (key: keyof typeof texts) => escape(texts[key][language === 'id' ? 0 : 1]);
  const input = (name: string, required: boolean) => {
    const attributes = `name="${escape(name)}"${required ? ' required' : ''}`;
    if (name === 'gender') return `<select ${attributes}>${(['', 'female', 'male', 'other'] as const).map((value) => `<option value="${value}">${say(`g_${value}`)}</option>`).join('')}</select>`;
    const type = { phone: 'tel', birthDate: 'date' }[name] ?? 'text';
    return `<input type="${type}" ${attributes}${AUTOFILL[name] ? ` autocomplete="${AUTOFILL[name]}"` : ''} dir="auto">`;
  };
  return [
    `<form method="post" action="${escape(url)}" accept-charset="utf-8" lang="${escape(language)}">`,
    `  <p><label>${say('emailLabel')}<br><input type="email" name="email" required autocomplete="email"></label></p>`,
    ...fields.map((field) => `  <p><label>${escape(field.label)}<br>${input(field.name, field.required ?? false)}</label></p>`),
    ...consents.map((consent) => `  <p><label><input type="checkbox" name="consents" value="${escape(`${consent.channel}.${consent.purpose}`)}"${consent.required ? ' required' : ''}> ${escape(consent.text)}</label></p>`),
    '  <p style="position:absolute;left:-9999px" aria-hidden="true"><label>Website<input name="website" tabindex="-1" autocomplete="off"></label></p>',
    `  <p><button type="submit">${say('send')}</button></p>`,
    '</form>',
  ].join('\n');
}
