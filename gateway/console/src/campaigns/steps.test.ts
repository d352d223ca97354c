import { expect, it } from 'vitest';
import type { Definition } from './graph';
import { addStep, KINDS, removeStep } from './steps';

const greeting: Definition = { start: 'a', nodes: [{ id: 'a', kind: 'send', next: 'b' }, { id: 'b', kind: 'wait', days: 1, next: 'c' }, { id: 'c', kind: 'exit' }] };

it('adds a step between the chosen one and what came behind it', () => {
  const { definition, step } = addStep(greeting, 'tag', 'a');
  expect(step).toMatchObject({ kind: 'tag', next: 'b' });
  expect(definition.nodes.find((one) => one.id === 'a')!.next).toBe(step.id);
  expect(definition.nodes).toHaveLength(4);
});

it.each(KINDS)('a new step of kind %s leads to steps that there are', (kind) => {
  for (const behind of [null, 'a', 'c']) {
    const { definition, step } = addStep(greeting, kind, behind);
    const targets = [step.next, step.otherwise, ...(step.branches ?? []).map((one) => one.next), ...(step.paths ?? []).map((one) => one.next)].filter((one) => one !== undefined);
    expect(targets.every((target) => definition.nodes.some((one) => one.id === target))).toBe(true);
    expect(targets.length > 0).toBe(!['goal', 'exit'].includes(kind));
  }
});

it('leaves the way as it is where what is added ends it', () => {
  expect(addStep(greeting, 'goal', 'a').definition.nodes.slice(0, 3)).toEqual(greeting.nodes);
});

it('never names two steps the same, and makes a way out where there is none', () => {
  const { definition } = addStep({ start: 'wait-2', nodes: [{ id: 'wait-2', kind: 'goal' }] }, 'wait', null);
  expect(new Set(definition.nodes.map((one) => one.id)).size).toBe(3);
  expect(definition.nodes.at(-1)!.kind).toBe('exit');
});

it('removes a step by joining what was around it, also at the start and from branches', () => {
  expect(removeStep(greeting, 'a')).toEqual({ start: 'b', nodes: greeting.nodes.slice(1) });
  expect(removeStep(greeting, 'b')!.nodes[0]).toEqual({ id: 'a', kind: 'send', next: 'c' });
  const branched: Definition = { start: 'q', nodes: [{ id: 'q', kind: 'branch', branches: [{ next: 't' }], otherwise: 't' }, { id: 't', kind: 'tag', next: 'e' }, { id: 'e', kind: 'exit' }] };
  expect(removeStep(branched, 't')!.nodes[0]).toEqual({ id: 'q', kind: 'branch', branches: [{ next: 'e' }], otherwise: 'e' });
});

it('keeps a way out that others lead to', () => expect(removeStep(greeting, 'c')).toBeNull());
