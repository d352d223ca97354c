interface Cohort { month: string; rates: { value: number | null }[] }

/** Cohorts as the cells of a heat map; month 0 is the whole cohort by definition and left out. */
export function heatOf(cohorts: Cohort[]) {
  const longest = Math.max(0, ...cohorts.map((one) => one.rates.length - 1));
  const cells = cohorts.flatMap((one, row) => one.rates.slice(1).map((rate, at) => [at, row, rate.value] as const)).filter((cell): cell is readonly [number, number, number] => cell[2] !== null);
  return { months: cohorts.map((one) => one.month.slice(0, 7)), ages: Array.from({ length: longest }, (_, at) => at + 1), cells: cells.map((cell) => [...cell]), most: Math.max(0, ...cells.map((cell) => cell[2])) };
}

export const intervalOf = (one: { low?: number | null; high?: number | null }, write: (value: number) => string) => (one.low == null || one.high == null ? null : `${write(one.low)} – ${write(one.high)}`);
