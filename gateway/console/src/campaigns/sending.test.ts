import { describe, expect, it } from 'vitest';
import { armsOf, divided, isQuiet, launchOf, noTrial, pacingOf, planOf, sendingAtFirst, sendingFrom, trialFrom, variantsOf, warmUpDays } from './sending';

const start = sendingAtFirst('Asia/Jakarta');
const later = { ...start, when: 'later' as const, day: '2029-03-01', time: '09:00' };

describe('the plan of a campaign', () => {
  it('says nothing of what is not set', () => {
    expect(planOf(start, 'email')).toEqual({ launch: null, endsAt: undefined, owner: undefined, tags: undefined, pointCost: undefined, currency: null, budget: null, expectedRevenue: null, messageCosts: {}, goal: null });
  });

  it('keeps what its form does not show', () => {
    const kept = { campaignId: '1', version: 3, launch: null, endsAt: '2029-04-01T00:00:00Z', currency: 'IDR', budget: 5, expectedRevenue: null, messageCosts: { sms: 300, email: 5 }, pointCost: 2, owner: 'rina', goal: null, tags: ['a'], schedule: null };
    const changed = planOf({ ...later, messageCost: 7, goal: ' win back ' }, 'email', kept);
    expect(changed).toMatchObject({ launch: { local: '2029-03-01T09:00', zone: 'Asia/Jakarta' }, endsAt: kept.endsAt, owner: 'rina', tags: ['a'], pointCost: 2, currency: 'IDR', budget: null, messageCosts: { sms: 300, email: 7 }, goal: 'win back' });
    expect(planOf({ ...start, messageCost: '' }, 'email', kept).messageCosts).toEqual({ sms: 300 });
  });

  it('comes back as it was written', () => {
    const pacing = { campaignId: '1', version: 3, timeZone: 'Asia/Makassar', quietHours: null, sendTime: 'localHour', localHour: 7, warmUp: { firstDay: 50, growth: 1.5, max: 400 }, overCap: 'skip', onUnknown: 'hold' };
    const plan = { campaignId: '1', version: 3, launch: { at: '2029-03-01T02:00:00Z', local: null, zone: null }, endsAt: null, currency: 'USD', budget: 10, expectedRevenue: null, messageCosts: { email: 0.01 }, pointCost: null, owner: null, goal: 'x', tags: [], schedule: null };
    const form = sendingFrom(plan, pacing, 'email');
    expect(form).toMatchObject({ when: 'later', day: '2029-03-01', time: '10:00', zone: 'Asia/Makassar', quiet: false, budget: 10, messageCost: 0.01, expectedRevenue: '' });
    const { campaignId: _, version: __, ...asked } = pacing;
    expect(pacingOf(form)).toEqual(asked);
    expect(launchOf(form)).toBe('2029-03-01T02:00:00.000Z');
  });

  it('is launched by the clocks of its zone', () => {
    expect(launchOf(start)).toBeNull();
    expect(launchOf({ ...later, day: '' })).toBe('');
    expect(launchOf(later)).toBe('2029-03-01T02:00:00.000Z');
    expect(launchOf({ ...later, zone: 'Asia/Jayapura' })).toBe('2029-03-01T00:00:00.000Z');
  });
});

it.each([['21:00', true], ['23:59', true], ['00:00', true], ['07:59', true], ['08:00', false], ['20:59', false]])('at %s it is quiet overnight: %s', (time, quiet) => expect(isQuiet(start, time)).toBe(quiet));
it.each([['12:00', true], ['13:59', true], ['14:00', false], ['11:59', false]])('at %s it is quiet at noon: %s', (time, quiet) => expect(isQuiet({ ...start, quietFrom: '12:00', quietTo: '14:00' }, time)).toBe(quiet));
it('is never quiet without quiet hours', () => expect(isQuiet({ ...start, quiet: false }, '23:00')).toBe(false));

describe('texts that compete', () => {
  it('are the campaign\'s own and those added, or none', () => {
    expect(variantsOf(noTrial, 't').variants).toEqual([]);
    expect(armsOf({ ...noTrial, others: ['u', ''] }, 't')).toEqual([{ name: 'A', templateId: 't' }, { name: 'B', templateId: 'u' }]);
    expect(variantsOf({ ...noTrial, others: ['u', 'v'], testPercent: 20, hours: 2.5 }, 't')).toMatchObject({ variants: [{ name: 'A' }, { name: 'B' }, { name: 'C', templateId: 'v', weight: 1 }], testPercent: 20, horizonMinutes: 150, defaultVariant: 'A' });
  });

  it('come back with their horizon', () => {
    const trial = { ...noTrial, others: ['u'], metric: 'converted' as const, hours: 48, testPercent: 10 };
    const { variants, horizonMinutes, testPercent } = variantsOf(trial, 't');
    expect(trialFrom({ variants: variants.map((one) => ({ ...one, subjects: {} })), metric: 'converted', testPercent, horizonMinutes, minimumSample: 100 } as never)).toEqual(trial);
    expect(trialFrom(null)).toEqual(noTrial);
  });
});

describe('the simulation', () => {
  it('divides everybody, and nobody twice', () => {
    for (const reachable of [0, 1, 7, 999, 100_000]) for (const holdout of [0, 10, 33, 50]) for (const share of ['', 1, 20, 90] as const) {
      const parts = divided(reachable, holdout, 3, share);
      expect(parts.heldOut + parts.treated).toBe(reachable);
      const inTest = parts.treated - parts.waiting;
      expect(inTest - parts.perArm * 3).toBeGreaterThanOrEqual(0);
      expect(inTest - parts.perArm * 3).toBeLessThan(3);
      if (share === '') expect(parts.waiting).toBe(0);
    }
    expect(divided(1000, 10, 2, 20)).toEqual({ heldOut: 100, treated: 900, perArm: 90, waiting: 720 });
    expect(divided(1000, 0, 1, 20)).toEqual({ heldOut: 0, treated: 1000, perArm: 1000, waiting: 0 });
  });

  it.each([[0, 100, 2, 1000, 0], [100, 100, 2, 1000, 1], [101, 100, 2, 1000, 2], [700, 100, 2, 1000, 3], [701, 100, 2, 1000, 4], [3000, 100, 2, 400, 9], [1000, 100, 1, 100, 10]])(
    '%i messages that begin with %i, times %f, at most %i take %i days', (messages, first, growth, max, days) => expect(warmUpDays(messages, first, growth, max)).toBe(days));
});
