/** The law gives three times 24 hours from receipt (UU PDP articles 30 to 34). */
export const ALLOWED = 72 * 3600;

export type Urgency = 'late' | 'urgent' | 'soon' | 'calm' | 'stopped';

/** How much of a request's time is left: seconds (negative when it is over), the share of the 72 hours that is used, and how it is to be shown. */
export function clockOf(dueAt: string, finishedAt: string | null | undefined, now: number): { left: number; used: number; urgency: Urgency } {
  const left = (Date.parse(dueAt) - (finishedAt ? Date.parse(finishedAt) : now)) / 1000;
  const used = Math.max(0, Math.min(1, 1 - left / ALLOWED));
  return { left, used, urgency: finishedAt ? 'stopped' : left < 0 ? 'late' : left < 12 * 3600 ? 'urgent' : left < 36 * 3600 ? 'soon' : 'calm' };
}

/** All that have to confirm an erasure. */
export const SERVICES = ['customer', 'sales', 'service', 'loyalty', 'campaign', 'analytics'] as const;

/** The certificate as the file that is handed over: what was certified, then its signature. */
export const certificateFile = (certificate: string, signature: string) => `${certificate.trimEnd()}\nHMAC-SHA256 ${signature}\n`;
