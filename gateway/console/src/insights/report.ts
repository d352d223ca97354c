export interface Definition { measures: string[]; dimensions: string[]; from: string; to: string; currency: string; filters: Record<string, string[]> }

const iso = (date: Date) => date.toISOString().slice(0, 10);

/** The last twelve months, the begun one among them, by category: something to begin with. */
export const firstReport = (today: Date): Definition => ({
  measures: ['netRevenue', 'purchases'], dimensions: ['month', 'category'], currency: 'IDR', filters: {},
  from: iso(new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 11, 1))), to: iso(new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate() + 1))),
});

/** A report's lines are those under its filters and under the values of the group that one opens. */
export function drillInto(definition: Definition, keys: (string | null)[]): Definition {
  const filters = { ...definition.filters };
  definition.dimensions.forEach((dimension, at) => { const key = keys[at]; if (key != null) filters[dimension] = [key]; });
  return { ...definition, filters };
}

/** The definition in an address, and back; what is not one is nothing. */
export const toAddress = (definition: Definition) => JSON.stringify(definition);
export function fromAddress(text: string | null): Definition | null {
  try {
    const value = JSON.parse(text ?? 'null') as Definition | null;
    const texts = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === 'string');
    if (!value || !texts(value.measures) || !texts(value.dimensions) || ![value.from, value.to].every((day) => /^\d{4}-\d\d-\d\d$/.test(day)) || typeof value.currency !== 'string' || typeof value.filters !== 'object' || value.filters === null) return null;
    return Object.values(value.filters).every(texts) ? value : null;
  } catch {
    return null;
  }
}

/** The first dimension across, the second as series; a report of one dimension has one series. */
export function chartOf(groups: { keys: (string | null)[]; values: (number | null)[] }[], measure: number): { labels: string[]; series: { name: string; data: (number | null)[] }[] } {
  const labels = [...new Set(groups.map((group) => group.keys[0] ?? ''))];
  const names = [...new Set(groups.map((group) => group.keys[1] ?? ''))];
  const cells = new Map(groups.map((group) => [`${group.keys[0] ?? ''}\u0000${group.keys[1] ?? ''}`, group.values[measure] ?? null]));
  return { labels, series: names.map((name) => ({ name, data: labels.map((label) => cells.get(`${label}\u0000${name}`) ?? null) })) };
}
