import type { components } from '../api/generated/customer';

export type Person = components['schemas']['CustomerResponse'] & { profile?: components['schemas']['CustomerProfileResponse'] };
export type Side = 'left' | 'right';
export interface Compared { name: string; left: string; right: string; same: boolean }

const text = (value: unknown) => (value == null ? '' : String(value));

function valueOf(person: Person, field: string): string {
  const { profile } = person;
  switch (field) {
    case 'address': return [person.address.street, person.address.city, person.address.province, person.address.postalCode, person.address.country].filter(Boolean).join(', ');
    case 'customFields': return person.customFields.map((one) => `${one.name}: ${one.text ?? one.date ?? one.number ?? one.flag ?? ''}`).join('; ');
    case 'owner': return text(profile?.ownerName ?? profile?.ownerId);
    case 'competitor': case 'maritalStatus': case 'occupation': case 'education': case 'incomeBand': return text(profile?.[field]);
    default: return text(person[field as keyof Person]);
  }
}

/** The fields that a merge plan decides about (Customer's MergePlan); tags, interests, preferences and the stage are united by themselves. */
export const FIELDS = [
  'displayName', 'givenName', 'familyName', 'email', 'phone', 'language', 'timeZone', 'address', 'birthDate', 'gender', 'customFields', 'referredBy', 'owner', 'competitor',
  'maritalStatus', 'occupation', 'education', 'incomeBand',
] as const;

/** Field by field what the two say; fields that neither has are left out. */
export function compare(left: Person, right: Person): Compared[] {
  return FIELDS.map((name) => ({ name, left: valueOf(left, name), right: valueOf(right, name) })).filter((one) => one.left || one.right).map((one) => ({ ...one, same: one.left === one.right }));
}

const known = (person: Person) => FIELDS.filter((name) => valueOf(person, name) !== '').length + person.consents.length;

/** The fuller record survives; of two as full the one that was registered first. */
export function suggestSurvivor(left: Person, right: Person): Side {
  const [one, other] = [known(left), known(right)];
  if (one !== other) return one > other ? 'left' : 'right';
  return left.registeredAt <= right.registeredAt ? 'left' : 'right';
}

/** Before anybody chooses: the survivor's value, or the other one's where the survivor has none. */
export function defaultSides(rows: Compared[], survivor: Side): Record<string, Side> {
  const other = survivor === 'left' ? 'right' : 'left';
  return Object.fromEntries(rows.map((row) => [row.name, row[survivor] ? survivor : other]));
}

/** The choices as the API takes them; what is alike on both sides needs none. */
export function planOf(rows: Compared[], sides: Record<string, Side>, survivor: Side): Record<string, 'survivor' | 'absorbed'> {
  return Object.fromEntries(rows.filter((row) => !row.same).map((row) => [row.name, (sides[row.name] ?? survivor) === survivor ? 'survivor' : 'absorbed']));
}
