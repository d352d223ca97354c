/** The columns that an import reads; see the Customer service's README. */
export const COLUMNS = [
  'sourceId', 'displayName', 'givenName', 'familyName', 'email', 'phone', 'language', 'timeZone', 'street', 'city', 'province', 'postalCode', 'country', 'birthDate', 'gender', 'tags',
  'marketingConsents', 'registeredAt', 'referredBySourceId',
];

/** The first line of a CSV file as column names. */
export function headerOf(text: string): string[] {
  const line = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) => (match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim());
}
