/** Customers from the best down against their cumulative share of revenue, from a Lorenz curve of 0, 1, ..., 100 % of the poorest. */
export function paretoOf(lorenz: number[]): [customers: number, revenue: number][] {
  const last = lorenz.length - 1;
  return lorenz.map((_, index) => [index / last, 1 - lorenz[last - index]!]);
}

interface Cell { recency: number; frequency: number | null; segment: string; customers: number; netSpend: number; clv: number }

/** Cells of recency, frequency and monetary value added up over the last; the segment is that of most of them. */
export function byRecencyAndFrequency(cells: Cell[]) {
  const sums = new Map<string, { recency: number; frequency: number; segment: string; customers: number; netSpend: number; clv: number; most: number }>();
  for (const cell of cells) {
    if (cell.frequency == null) continue;
    const key = `${cell.recency} ${cell.frequency}`;
    const sum = sums.get(key) ?? { recency: cell.recency, frequency: cell.frequency, segment: cell.segment, customers: 0, netSpend: 0, clv: 0, most: 0 };
    const leads = cell.customers > sum.most;
    sums.set(key, {
      ...sum, customers: sum.customers + cell.customers, netSpend: sum.netSpend + cell.netSpend, clv: sum.clv + cell.clv,
      segment: leads ? cell.segment : sum.segment, most: Math.max(sum.most, cell.customers),
    });
  }
  return [...sums.values()];
}
