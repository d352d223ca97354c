import type { Definition, Node } from './graph';

/** What a step may do, in the order of the menu. */
export const KINDS = ['send', 'wait', 'waitUntil', 'branch', 'split', 'tag', 'case', 'points', 'goal', 'exit'];

/** What a journey may wait for, or have as its goal; all but the last two may begin one. */
export const EVENTS = ['customerRegistered', 'purchaseRecorded', 'purchaseReturned', 'caseOpened', 'caseClosed', 'pointsPosted', 'memberEnrolled', 'customerReferred', 'tagAdded', 'messageOpened', 'messageClicked'];

const FRESH: Record<string, (next: string) => Record<string, unknown>> = {
  send: (next) => ({ channel: 'email', next }),
  wait: (next) => ({ days: 1, next }),
  waitUntil: (next) => ({ event: 'purchaseRecorded', days: 7, next, otherwise: next }),
  branch: (next) => ({ branches: [{ criteria: { all: [] }, next }], otherwise: next }),
  split: (next) => ({ paths: [{ percent: 50, next }, { percent: 50, next }] }),
  tag: (next) => ({ add: [], next }),
  case: (next) => ({ type: 'question', priority: 'normal', subject: '', next }),
  points: (next) => ({ points: 100, reason: '', next }),
  goal: () => ({}),
  exit: () => ({}),
};

/** A new step behind the one given (or nobody's), before what came behind that; where nothing did, before the way out. What ends the journey is led to by hand. */
export function addStep(definition: Definition, kind: string, behind: string | null): { definition: Definition; step: Node } {
  const names = new Set(definition.nodes.map((one) => one.id));
  const unused = (name: string) => { let number = definition.nodes.length + 1; while (names.has(`${name}-${number}`)) number++; names.add(`${name}-${number}`); return `${name}-${number}`; };
  const before = definition.nodes.find((one) => one.id === behind);
  const leads = !['goal', 'exit'].includes(kind);
  let next = before?.next ?? (leads ? definition.nodes.find((one) => one.kind === 'exit')?.id : undefined);
  const id = unused(kind);
  const more: Node[] = [];
  if (leads && next === undefined) more.push({ id: (next = unused('exit')), kind: 'exit' });
  const step: Node = { id, kind, ...FRESH[kind]!(next ?? '') };
  return { step, definition: { ...definition, nodes: [...definition.nodes.map((one) => (leads && one === before && one.next !== undefined ? { ...one, next: id } : one)), step, ...more] } };
}

/** Without a step: what led to it leads to where it led. Null where it led nowhere and something still leads to it. */
export function removeStep(definition: Definition, id: string): Definition | null {
  const gone = definition.nodes.find((one) => one.id === id);
  const next = gone?.next ?? gone?.otherwise ?? gone?.branches?.[0]?.next ?? gone?.paths?.[0]?.next;
  const rest = definition.nodes.filter((one) => one.id !== id);
  const leadsTo = (to: string | undefined) => to === id;
  const isMeant = definition.start === id || rest.some((one) => leadsTo(one.next) || leadsTo(one.otherwise) || one.branches?.some((way) => leadsTo(way.next)) || one.paths?.some((way) => leadsTo(way.next)));
  if (!gone || (isMeant && (next === undefined || next === id))) return null;
  const to = (old: string) => (old === id ? next! : old);
  return {
    ...definition,
    start: to(definition.start),
    nodes: rest.map((one) => ({
      ...one,
      ...(one.next !== undefined && { next: to(one.next) }), ...(one.otherwise !== undefined && { otherwise: to(one.otherwise) }),
      ...(one.branches && { branches: one.branches.map((way) => ({ ...way, next: to(way.next) })) }), ...(one.paths && { paths: one.paths.map((way) => ({ ...way, next: to(way.next) })) }),
    })),
  };
}
