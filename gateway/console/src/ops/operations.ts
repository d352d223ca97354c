import { useQuery } from '@tanstack/react-query';
import { loyaltyApi, take } from '../api/client';
import type { components } from '../api/generated/loyalty';
import { Problem } from '../api/problems';

export const SERVICES = ['customer', 'sales', 'service', 'loyalty', 'campaign', 'analytics'] as const;
export type Service = (typeof SERVICES)[number];

export type Operations = components['schemas']['ReadOperationsResponse'];
export type DeadLetter = components['schemas']['ListDeadLettersDeadLetter'];
export type Job = components['schemas']['ListJobsJob'];
export type Queue = Operations['queues'] extends (infer One)[] | null | undefined ? One : never;

/** Every service has the same routes under its own name, so one service's types say what all answer. */
export const pathOf = <Path extends string>(service: Service, path: Path) => path.replace('/loyalty/', `/${service}/`) as Path;

export interface Told { service: Service; ms: number; state: Operations | null; problem: Problem | null }

async function ask(service: Service): Promise<Told> {
  const begun = performance.now();
  try {
    const state = await take(loyaltyApi.GET(pathOf(service, '/api/loyalty/v1/operations')));
    return { service, ms: performance.now() - begun, state, problem: null };
  } catch (error) {
    return { service, ms: performance.now() - begun, state: null, problem: error instanceof Problem ? error : new Problem(500, 'console.failed', String(error)) };
  }
}

/** What all services tell of themselves, every five seconds unless said otherwise; one that does not answer is told as such, beside the others. */
export const useOperations = (enabled = true, every = 5000) =>
  useQuery({ queryKey: ['operations'], enabled, refetchInterval: every, queryFn: async () => ({ at: new Date(), services: await Promise.all(SERVICES.map(ask)) }) });

/** Worse first: messages that nobody takes, then the longest queue, then by name. */
export const byTrouble = (a: QueueRow, b: QueueRow) =>
  Number(isStuck(b)) - Number(isStuck(a)) || b.dead - a.dead || b.ready - a.ready || a.name.localeCompare(b.name);

export interface QueueRow extends Queue { service: Service; dead: number }

export const isStuck = (queue: QueueRow) => queue.ready > 0 && queue.consumers === 0;

/** All queues of all services with their dead letters; one that holds dead letters is there although nobody has it any more. */
export function queuesOf(services: Told[]): QueueRow[] {
  return services.flatMap(({ service, state }) => {
    const dead = new Map(state?.deadLetters.map((one) => [one.queue, one.waiting]));
    const rows = (state?.queues ?? []).map((queue) => ({ ...queue, service, dead: dead.get(queue.name) ?? 0 }));
    const named = new Set(rows.map((row) => row.name));
    const gone = [...dead].filter(([name]) => !named.has(name)).map(([name, waiting]) => ({ name, ready: 0, consumers: 0, exists: false, service, dead: waiting }));
    return [...rows, ...gone];
  }).sort(byTrouble);
}

export const deadOf = (told: Told) => (told.state?.deadLetters ?? []).reduce((sum, one) => sum + one.waiting, 0);
