import { describe, expect, it } from 'vitest';
import { deadOf, isStuck, pathOf, queuesOf, type Told } from './operations';

const queue = (name: string, ready: number, consumers: number) => ({ name, ready, consumers, exists: true });
const told = (service: Told['service'], queues: ReturnType<typeof queue>[] | null, deadLetters: { queue: string; waiting: number; oldestAt: string }[] = []): Told =>
  ({ service, ms: 1, problem: null, state: { service, at: '', outbox: { pending: 0, lagSeconds: 0, scheduled: 0, failing: [] }, queues, deadLetters } });

describe('queues of all services', () => {
  it('puts what nobody takes first, then dead letters, then the longest', () => {
    const rows = queuesOf([
      told('sales', [queue('sales-b', 3, 1), queue('sales-a', 0, 1)]),
      told('customer', [queue('customer-x', 1, 0), queue('customer-y', 9, 1), queue('customer-z', 0, 1)], [{ queue: 'customer-z', waiting: 2, oldestAt: '' }]),
    ]);
    expect(rows.map((row) => row.name)).toEqual(['customer-x', 'customer-z', 'customer-y', 'sales-b', 'sales-a']);
    expect(rows.map(isStuck)).toEqual([true, false, false, false, false]);
  });

  it('tells dead letters of a queue that is gone, and of a broker that does not answer', () => {
    const rows = queuesOf([told('loyalty', null, [{ queue: 'loyalty-old', waiting: 4, oldestAt: '' }])]);
    expect(rows).toEqual([{ name: 'loyalty-old', ready: 0, consumers: 0, exists: false, service: 'loyalty', dead: 4 }]);
    expect(deadOf(told('loyalty', null, [{ queue: 'a', waiting: 4, oldestAt: '' }, { queue: 'b', waiting: 1, oldestAt: '' }]))).toBe(5);
  });

  it('asks each service under its own name', () => expect(pathOf('sales', '/api/loyalty/v1/operations')).toBe('/api/sales/v1/operations'));
});
