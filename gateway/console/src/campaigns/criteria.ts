/** A segment's rules as the builder edits them; see "A segment" in the Campaign service's README. */
interface Negatable { id: number; /** Holds for whom it does not hold. */ not?: boolean }
export interface Rule extends Negatable { kind: 'rule'; field: string; op: string; value: unknown; /** What narrows it: days, a product, a channel. */ of?: Narrowing }
/** Whoever is on a static list, or in another segment. */
export interface Member extends Negatable { kind: 'member'; of: 'list' | 'segment'; ref: string }
export interface Group extends Negatable { kind: 'group'; match: 'all' | 'any'; parts: Part[] }
export type Part = Rule | Member | Group;
export type Narrowing = Record<string, string | number>;

let last = 0;
const next = () => ++last;
export const newRule = (field = 'purchaseCount', op = 'gte', value: unknown = ''): Rule => ({ kind: 'rule', id: next(), field, op, value });
export const newMember = (of: Member['of'], ref = ''): Member => ({ kind: 'member', id: next(), of, ref });
export const newGroup = (match: 'all' | 'any' = 'all', parts: Part[] = []): Group => ({ kind: 'group', id: next(), match, parts });

/** The builder's form of stored criteria; null where they say something that it cannot show. */
export function read(criteria: unknown): Group | null {
  const part = readPart(criteria);
  return part === null ? null : part.kind === 'group' && !part.not ? part : newGroup('all', [part]);
}

function readPart(json: unknown): Part | null {
  if (typeof json !== 'object' || json === null) return null;
  const one = json as Record<string, unknown>;
  if ('not' in one) {
    const inner = readPart(one.not);
    return inner === null || inner.not ? null : { ...inner, not: true };
  }
  for (const match of ['all', 'any'] as const) {
    if (Array.isArray(one[match])) {
      const parts = (one[match] as unknown[]).map(readPart);
      return parts.includes(null) ? null : newGroup(match, parts as Part[]);
    }
  }
  for (const of of ['list', 'segment'] as const) if (typeof one[of] === 'string') return newMember(of, one[of]);
  if (typeof one.field !== 'string' || typeof one.op !== 'string') return null;
  const of = one.of as Record<string, unknown> | undefined;
  if (of && Object.values(of).some((value) => typeof value !== 'string' && typeof value !== 'number')) return null;
  return { ...newRule(one.field, one.op, one.value), ...(of && { of: of as Narrowing }) };
}

export function write(part: Part): unknown {
  const plain = part.kind === 'group' ? { [part.match]: part.parts.map(write) }
    : part.kind === 'member' ? { [part.of]: part.ref }
    : { field: part.field, op: part.op, value: part.value, ...(part.of && Object.keys(part.of).length > 0 && { of: part.of }) };
  return part.not ? { not: plain } : plain;
}

/** Whether every rule has its value and no inner group is empty. */
export function complete(part: Part, root = true): boolean {
  if (part.kind === 'group') return (root || part.parts.length > 0) && part.parts.every((one) => complete(one, false));
  if (part.kind === 'member') return part.ref !== '';
  if (Object.values(part.of ?? {}).some((value) => String(value).trim() === '')) return false;
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
