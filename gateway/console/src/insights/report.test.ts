import { describe, expect, it } from 'vitest';
import { chartOf, drillInto, firstReport, fromAddress, toAddress } from './report';

const one = firstReport(new Date('2026-01-15T10:00:00Z'));

describe('a report', () => {
  it('begins with the last months up to and including today', () => expect([one.from, one.to]).toEqual(['2025-02-01', '2026-01-16']));
  it('opens a group\'s lines with the values of its dimensions, beside the filters', () => {
    expect(drillInto({ ...one, filters: { source: ['pos'] } }, ['2026-01', null]).filters).toEqual({ source: ['pos'], month: ['2026-01'] });
  });
  it('stands in an address', () => expect(fromAddress(toAddress(one))).toEqual(one));
  it.each([null, '', '{', '{}', '{"measures":[1]}', JSON.stringify({ ...one, filters: { sku: 'x' } }), JSON.stringify({ ...one, from: 'yesterday' })])('is nothing for %j', (text) => expect(fromAddress(text)).toBeNull());
  it('draws the first dimension across and the second as series, with gaps where there is nothing', () => {
    expect(chartOf([{ keys: ['a', 'x'], values: [1] }, { keys: ['a', 'y'], values: [2] }, { keys: ['b', 'y'], values: [3] }], 0))
      .toEqual({ labels: ['a', 'b'], series: [{ name: 'x', data: [1, null] }, { name: 'y', data: [2, 3] }] });
  });
});
