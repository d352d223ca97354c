/** The stages of the lifecycle, as the service calls them. */
export const STAGES = ['Prospect', 'New', 'Active', 'Loyal', 'AtRisk', 'Lapsed', 'WonBack'] as const;

type Type = 'text' | 'date' | 'instant' | 'flag' | 'list';
/** What one can filter by (Customer's CustomerFilter). */
export const FIELDS: Record<string, Type> = {
  city: 'text', province: 'text', country: 'text', postalCode: 'text', lifecycleStage: 'text', tag: 'list', interest: 'list', email: 'text', phone: 'text', displayName: 'text', number: 'text', language: 'text', gender: 'text',
  birthDate: 'date', registeredAt: 'instant', changedAt: 'instant', source: 'text', ownerId: 'text', ownerUnit: 'text', competitor: 'text', occupation: 'text', education: 'text', incomeBand: 'text', maritalStatus: 'text', isInternal: 'flag',
};

const OPERATORS: Record<Type, string[]> = {
  text: ['eq', 'ne', 'contains', 'startsWith', 'isEmpty', 'isNotEmpty'], list: ['eq', 'isEmpty', 'isNotEmpty'], date: ['eq', 'gte', 'lt', 'isEmpty', 'isNotEmpty'], instant: ['gte', 'lt'], flag: ['eq'],
};
export const operatorsOf = (field: string) => OPERATORS[FIELDS[field] ?? 'text'];
export const needsValue = (op: string) => op !== 'isEmpty' && op !== 'isNotEmpty';

export interface Condition { field: string; op: string; value: string }
export interface Filter { join: 'all' | 'any'; conditions: Condition[] }
export const NO_FILTER: Filter = { join: 'all', conditions: [] };

const isWhole = (condition: Condition) => !needsValue(condition.op) || condition.value.trim() !== '';

/** What the API takes; a condition that nobody has finished yet does not count. Nothing to filter by: undefined. */
export function toApi(filter: Filter): object | undefined {
  const nodes = filter.conditions.filter(isWhole).map(({ field, op, value }) =>
    needsValue(op) ? { field, op, value: FIELDS[field] === 'flag' ? value === 'true' : FIELDS[field] === 'instant' && /^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value.trim() } : { field, op });
  return nodes.length === 0 ? undefined : { [filter.join]: nodes };
}

/** The filter of an address or a saved view; what is not one that this builder makes is none. */
export function fromApi(json: unknown): Filter | null {
  if (json === null || typeof json !== 'object') return null;
  const join = 'any' in json ? 'any' : 'all' in json ? 'all' : null;
  const nodes = join && (json as Record<string, unknown>)[join];
  if (!join || !Array.isArray(nodes)) return null;
  const conditions = nodes.map((node: Record<string, unknown>) => (typeof node?.field === 'string' && node.field in FIELDS && typeof node.op === 'string' && operatorsOf(node.field).includes(node.op)
    ? { field: node.field, op: node.op, value: FIELDS[node.field] === 'instant' ? String(node.value ?? '').slice(0, 10) : String(node.value ?? '') } : null));
  return conditions.includes(null) ? null : { join, conditions: conditions as Condition[] };
}

export function parseFilter(text: string | null): Filter {
  try {
    return (text && fromApi(JSON.parse(text))) || NO_FILTER;
  } catch {
    return NO_FILTER; // an address that somebody has edited
  }
}
