import { campaignApi, onceSeen, seen, take } from '../api/client';
import type { components } from '../api/generated/campaign';
import { Problem } from '../api/problems';
import { instantOf, localOf } from '../kit/days';

type Schemas = components['schemas'];

/** When a campaign goes out, within which limits, and what it may cost: its plan and its pacing in one form. Empty texts and numbers are what is not set. */
export interface Sending {
  when: 'now' | 'later';
  /** `2026-06-25` and `14:05` on the clocks of `zone` (IANA). */
  day: string;
  time: string;
  zone: string;
  sendTime: 'soon' | 'localHour' | 'usualHour';
  localHour: number;
  quiet: boolean;
  quietFrom: string;
  quietTo: string;
  overCap: 'defer' | 'skip' | 'exempt';
  /** Not shown: what becomes of deliveries that may have arrived or not, as it was set. */
  onUnknown: string;
  warmUp: boolean;
  warmUpFirst: number;
  warmUpGrowth: number;
  warmUpMax: number;
  currency: string;
  budget: number | '';
  messageCost: number | '';
  expectedRevenue: number | '';
  goal: string;
}

/** A second text and more beside the campaign's own, which is variant A. */
export interface Trial {
  others: string[];
  metric: 'clicked' | 'converted';
  /** Share of the recipients who take part first; empty: everybody takes part. */
  testPercent: number | '';
  hours: number;
  minimumSample: number;
}

/** Nobody is woken: a campaign waits from nine in the evening until eight, where the recipient lives. */
export const sendingAtFirst = (zone: string): Sending => ({
  when: 'now', day: '', time: '09:00', zone, sendTime: 'soon', localHour: 9, quiet: true, quietFrom: '21:00', quietTo: '08:00', overCap: 'defer', onUnknown: 'hold', warmUp: false, warmUpFirst: 1000, warmUpGrowth: 2, warmUpMax: 100_000,
  currency: 'IDR', budget: '', messageCost: '', expectedRevenue: '', goal: '',
});

export const noTrial: Trial = { others: [], metric: 'clicked', testPercent: '', hours: 24, minimumSample: 100 };

export const pacingOf = (s: Sending): Schemas['PacingRequest'] => ({
  timeZone: s.zone, sendTime: s.sendTime, localHour: s.sendTime === 'localHour' ? s.localHour : null, quietHours: s.quiet ? { from: s.quietFrom, to: s.quietTo } : null,
  warmUp: s.warmUp ? { firstDay: s.warmUpFirst, growth: s.warmUpGrowth, max: s.warmUpMax } : null, overCap: s.overCap, onUnknown: s.onUnknown,
});

/** What the form does not show of a plan (end, owner, tags, costs of other channels) is kept as it was. */
export const planOf = (s: Sending, channel: string, kept?: Schemas['PlanResponse']): Schemas['PlanRequest'] => {
  const { [channel]: _, ...others } = kept?.messageCosts ?? {};
  const priced = [s.budget, s.messageCost, s.expectedRevenue].some((one) => one !== '') || kept?.pointCost != null || Object.keys(others).length > 0;
  return {
    launch: s.when === 'later' && s.day ? { local: `${s.day}T${s.time || '00:00'}`, zone: s.zone } : null,
    endsAt: kept?.endsAt, owner: kept?.owner, tags: kept?.tags, pointCost: kept?.pointCost, currency: priced ? s.currency : null, budget: s.budget === '' ? null : s.budget,
    expectedRevenue: s.expectedRevenue === '' ? null : s.expectedRevenue, messageCosts: { ...others, ...(s.messageCost !== '' && { [channel]: s.messageCost }) }, goal: s.goal.trim() || null,
  };
};

const LETTERS = 'ABCDEFGHIJ';

/** Names of the texts that compete, the campaign's own first. */
export const armsOf = (trial: Trial, templateId: string) => [templateId, ...trial.others.filter(Boolean)].map((id, at) => ({ name: LETTERS[at]!, templateId: id }));

/** Weights, subjects, error and salt that somebody set otherwise stay with the texts that stay. */
export const variantsOf = (trial: Trial, templateId: string, kept?: Schemas['ExperimentResponse'] | null): Schemas['VariantsRequest'] => {
  const arms = armsOf(trial, templateId);
  return {
    variants: arms.length > 1 ? arms.map((arm) => ({ ...arm, weight: 1, ...keptOf(kept, arm.templateId) })) : [], metric: trial.metric, alpha: kept?.alpha ?? 0.05, ...(kept && { salt: kept.salt }), testPercent: trial.testPercent === '' ? null : trial.testPercent,
    horizonMinutes: Math.round(trial.hours * 60), minimumSample: trial.minimumSample, defaultVariant: arms.length > 1 ? 'A' : null,
  };
};

function keptOf(kept: Schemas['ExperimentResponse'] | null | undefined, templateId: string) {
  const variant = kept?.variants.find((one) => one.templateId === templateId);
  return variant && { weight: variant.weight, subjects: variant.subjects };
}

/** Null: the campaign has one text. */
export const experimentOf = (id: string) =>
  take(campaignApi.GET('/api/campaign/v1/campaigns/{id}/experiment', { params: { path: { id } } })).catch((error: unknown) => { if (error instanceof Problem && error.status === 404) return null; throw error; });

/** The form for a campaign that has settings already. */
export function sendingFrom(plan: Schemas['PlanResponse'], pacing: Schemas['PacingResponse'], channel: string): Sending {
  const start = sendingAtFirst(pacing.timeZone);
  const zone = plan.launch?.zone ?? pacing.timeZone;
  const [day = '', time = '09:00'] = (plan.launch?.local ?? (plan.launch?.at ? localOf(plan.launch.at, zone) : '')).split('T');
  return {
    ...start, zone, when: plan.launch ? 'later' : 'now', day, time: time.slice(0, 5), sendTime: pacing.sendTime as Sending['sendTime'], localHour: pacing.localHour ?? start.localHour, quiet: pacing.quietHours !== null,
    quietFrom: pacing.quietHours?.from ?? start.quietFrom, quietTo: pacing.quietHours?.to ?? start.quietTo, overCap: pacing.overCap as Sending['overCap'], onUnknown: pacing.onUnknown, warmUp: pacing.warmUp !== null, warmUpFirst: pacing.warmUp?.firstDay ?? start.warmUpFirst,
    warmUpGrowth: pacing.warmUp?.growth ?? start.warmUpGrowth, warmUpMax: pacing.warmUp?.max ?? start.warmUpMax, currency: plan.currency ?? start.currency, budget: plan.budget ?? '', messageCost: plan.messageCosts[channel] ?? '',
    expectedRevenue: plan.expectedRevenue ?? '', goal: plan.goal ?? '',
  };
}

export const trialFrom = (experiment: Schemas['ExperimentResponse'] | null): Trial => experiment === null ? noTrial : {
  others: experiment.variants.slice(1).map((one) => one.templateId), metric: experiment.metric as Trial['metric'], testPercent: experiment.testPercent ?? '', minimumSample: experiment.minimumSample, hours: experiment.horizonMinutes / 60,
};

/** Writes what belongs to the draft, one after the other because each changes its version; `onVersion` hears of each, so that a refused part can be tried again. */
export async function saveSending(
  { id, channel, templateId }: { id: string; channel: string; templateId: string }, version: number, sending: Sending, trial: Trial | null,
  kept?: { plan: Schemas['PlanResponse']; experiment: Schemas['ExperimentResponse'] | null }, onVersion?: (version: number) => void,
): Promise<number> {
  const path = { id };
  let now = version;
  const reached = (saved: { version: number }) => { now = saved.version; onVersion?.(now); };
  reached(await take(campaignApi.PUT('/api/campaign/v1/campaigns/{id}/pacing', { params: { path, header: seen(now) }, body: pacingOf(sending) })));
  if (trial) reached(await take(campaignApi.PUT('/api/campaign/v1/campaigns/{id}/variants', { params: { path, header: seen(now) }, body: variantsOf(trial, templateId, kept?.experiment) })));
  reached(await take(campaignApi.PUT('/api/campaign/v1/campaigns/{id}/plan', { params: { path, header: seen(now) }, body: planOf(sending, channel, kept?.plan) })));
  return now;
}

/** Sends it now, or lets it be sent at its time. */
export const start = (id: string, version: number, when: Sending['when']) =>
  take(campaignApi.POST(`/api/campaign/v1/campaigns/{id}/${when === 'later' ? 'schedule' : 'launch'}`, { params: { path: { id }, header: onceSeen(version) as never } }));

/** How `reachable` people are divided: kept back, each text's share, and who waits for the better text. Rounded: who gets what is drawn by customer. */
export function divided(reachable: number, holdoutPercent: number, arms: number, testPercent: number | '') {
  const heldOut = Math.round((reachable * holdoutPercent) / 100);
  const treated = reachable - heldOut;
  const inTest = arms < 2 || testPercent === '' ? treated : Math.round((treated * testPercent) / 100);
  return { heldOut, treated, perArm: Math.floor(inTest / Math.max(arms, 1)), waiting: treated - inTest };
}

/** Days that a warm-up takes for so many messages: `first` on the first, each day `growth` times as many, never more than `max`. */
export function warmUpDays(messages: number, first: number, growth: number, max: number) {
  let [days, left, today] = [0, messages, Math.min(first, max)];
  while (left > 0 && days < 10_000) {
    left -= today;
    today = Math.min(today * growth, max);
    days++;
  }
  return days;
}

/** Whether a time of day lies in the quiet hours; they may reach over midnight. */
export const isQuiet = (s: Sending, time: string) => s.quiet && (s.quietFrom < s.quietTo ? time >= s.quietFrom && time < s.quietTo : time >= s.quietFrom || time < s.quietTo);

/** Null: it is sent at once. Empty: its time is incomplete. */
export const launchOf = (s: Sending) => (s.when === 'now' ? null : s.day ? instantOf(`${s.day}T${s.time || '00:00'}`, s.zone) : '');
