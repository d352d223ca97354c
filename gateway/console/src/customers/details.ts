import type { components } from '../api/generated/customer';
import { statesOf } from '../fields/definitions';
import type { Details } from './CustomerForm';

export type Customer = components['schemas']['CustomerResponse'];

/** A customer as the form has it: nothing is an empty text. */
export const detailsOf = (customer: Customer): Details => ({
  displayName: customer.displayName, givenName: customer.givenName ?? '', familyName: customer.familyName ?? '', email: customer.email ?? '', phone: customer.phone ?? '',
  language: customer.language, timeZone: customer.timeZone, street: customer.address.street ?? '', city: customer.address.city ?? '', province: customer.address.province ?? '',
  postalCode: customer.address.postalCode ?? '', country: customer.address.country ?? '', birthDate: customer.birthDate ?? '', gender: customer.gender ?? '', tags: customer.tags, customFields: statesOf(customer.customFields),
});
