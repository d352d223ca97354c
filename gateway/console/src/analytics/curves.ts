/** Customers from the best down against their cumulative share of revenue, from a Lorenz curve of 0, 1, ..., 100 % of the poorest. */
export function paretoOf(lorenz: number[]): [customers: number, revenue: number][] {
  const last = lorenz.length - 1;
  return lorenz.map((_, index) => [index / last, 1 - lorenz[last - index]!]);
}

/** Values counted in bins of equal width from 0 to the 95th percentile; what is above goes into the last one. */
export function histogram(values: number[], bins = 12): { from: number; to: number; count: number }[] {
  if (values.length === 0) return [];
  const sorted = [...values].sort((a, b) => a - b);
  const top = sorted[Math.floor((sorted.length - 1) * 0.95)]! || sorted.at(-1)! || 1;
  const width = top / bins;
  const result = Array.from({ length: bins }, (_, bin) => ({ from: bin * width, to: (bin + 1) * width, count: 0 }));
  for (const value of sorted) result[Math.max(0, Math.min(bins - 1, Math.floor(value / width)))]!.count++;
  return result;
}
