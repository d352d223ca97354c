/** A segment's rules as the builder edits them; see "A segment" in the Campaign service's README. */
export interface Rule { kind: 'rule'; id: number; field: string; op: string; value: unknown; lastDays?: number }
export interface Group { kind: 'group'; id: number; match: 'all' | 'any'; parts: Part[] }
export type Part = Rule | Group;

let last = 0;
const next = () => ++last;
export const newRule = (field = 'purchaseCount', op = 'gte', value: unknown = ''): Rule => ({ kind: 'rule', id: next(), field, op, value });
export const newGroup = (match: 'all' | 'any' = 'all', parts: Part[] = []): Group => ({ kind: 'group', id: next(), match, parts });

/** The builder's form of stored criteria; null where they say something that it cannot show. */
export function read(criteria: unknown): Group | null {
  const part = readPart(criteria);
  return part === null ? null : part.kind === 'group' ? part : newGroup('all', [part]);
}

function readPart(json: unknown): Part | null {
  if (typeof json !== 'object' || json === null) return null;
  const one = json as Record<string, unknown>;
  for (const match of ['all', 'any'] as const) {
    if (Array.isArray(one[match])) {
      const parts = (one[match] as unknown[]).map(readPart);
      return parts.includes(null) ? null : newGroup(match, parts as Part[]);
    }
  }
  if (typeof one.field !== 'string' || typeof one.op !== 'string') return null;
  const of = one.of as Record<string, unknown> | undefined;
  if (of && (Object.keys(of).length !== 1 || typeof of.lastDays !== 'number')) return null;
  return { ...newRule(one.field, one.op, one.value), ...(of && { lastDays: of.lastDays as number }) };
}

export function write(part: Part): unknown {
  if (part.kind === 'group') return { [part.match]: part.parts.map(write) };
  return { field: part.field, op: part.op, value: part.value, ...(part.lastDays && { of: { lastDays: part.lastDays } }) };
}

/** Whether every rule has its value and no inner group is empty. */
export function complete(part: Part, root = true): boolean {
  if (part.kind === 'group') return (root || part.parts.length > 0) && part.parts.every((one) => complete(one, false));
  if (Array.isArray(part.value)) return part.value.length > 0 && part.value.every((one) => one !== '' && one !== null);
  return part.value !== '' && part.value !== null && part.value !== undefined && !(typeof part.value === 'number' && Number.isNaN(part.value));
}

/** What a value starts as when the operator or the field's type changes. */
export function startValue(operand: string, type: string): unknown {
  if (operand === 'yesNo' || (operand === 'one' && type === 'boolean')) return true;
  if (operand === 'range') return ['', ''];
  if (operand === 'many') return [];
  return '';
}

export function replace(group: Group, id: number, change: (part: Part) => Part | null): Group {
  return {
    ...group,
    parts: group.parts.flatMap((part) => {
      if (part.id === id) {
        const changed = change(part);
        return changed ? [changed] : [];
      }
      return [part.kind === 'group' ? replace(part, id, change) : part];
    }),
  };
}
