const TECHNICAL = new Set(['id', 'version', 'changedAt', 'sourceHash', 'mergedInto', 'trashedAt', 'erasedAt', 'number', 'searchText', 'nameWords', 'anonymisedAt']);

function say(value: unknown): string {
  if (value == null) return '';
  if (Array.isArray(value)) return value.map(say).filter(Boolean).join(', ');
  if (typeof value === 'object') return Object.values(value).map(say).filter(Boolean).join(': ');
  return String(value);
}

/** Field by field what a record was and is; fields that are empty both times and those of the machinery are left out. What changed stands first. */
export function differences(then: Record<string, unknown>, now: Record<string, unknown>): { field: string; then: string; now: string; changed: boolean }[] {
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((field) => !TECHNICAL.has(field))
    .map((field) => ({ field, then: say(then[field]), now: say(now[field]) })).filter((row) => row.then || row.now)
    .map((row) => ({ ...row, changed: row.then !== row.now })).sort((a, b) => Number(b.changed) - Number(a.changed));
}
