import type { components } from '../api/generated/customer';
import { type FieldState, statesOf } from '../fields/definitions';

export type Customer = components['schemas']['CustomerResponse'];

export interface Details {
  displayName: string; givenName: string; familyName: string; email: string; phone: string; language: string; timeZone: string;
  street: string; city: string; province: string; postalCode: string; country: string; birthDate: string; gender: string; tags: string[]; customFields: FieldState[];
}

export const NOBODY: Details = {
  displayName: '', givenName: '', familyName: '', email: '', phone: '', language: 'id', timeZone: 'Asia/Jakarta',
  street: '', city: '', province: '', postalCode: '', country: 'ID', birthDate: '', gender: '', tags: [], customFields: [],
};

const none = (text: string) => text.trim() || null;

/** What the API takes: an empty field is no value. Own fields stay as they are, so that one cell can change where another is still missing. */
export function requestOf(details: Details) {
  return {
    displayName: details.displayName.trim(), givenName: none(details.givenName), familyName: none(details.familyName), email: none(details.email), phone: none(details.phone),
    language: details.language, timeZone: none(details.timeZone), birthDate: none(details.birthDate), gender: none(details.gender), tags: details.tags,
    address: { street: none(details.street), city: none(details.city), province: none(details.province), postalCode: none(details.postalCode), country: none(details.country) },
  };
}

/** All of it, with the own fields. */
export const fullRequestOf = (details: Details) => ({ ...requestOf(details), customFields: details.customFields });

/** A customer as the form has it: nothing is an empty text. */
export const detailsOf = (customer: Customer): Details => ({
  displayName: customer.displayName, givenName: customer.givenName ?? '', familyName: customer.familyName ?? '', email: customer.email ?? '', phone: customer.phone ?? '',
  language: customer.language, timeZone: customer.timeZone, street: customer.address.street ?? '', city: customer.address.city ?? '', province: customer.address.province ?? '',
  postalCode: customer.address.postalCode ?? '', country: customer.address.country ?? '', birthDate: customer.birthDate ?? '', gender: customer.gender ?? '', tags: customer.tags, customFields: statesOf(customer.customFields),
});

export const stageColor = (stage: string | undefined) => ({ prospect: 'gray', new: 'blue', active: 'teal', loyal: 'grape', atrisk: 'orange', lapsed: 'red', wonback: 'cyan' })[(stage ?? '').toLowerCase()] ?? 'gray';
