/** Fields that two people changed differently since they saw the same record. */
export function conflicts<T extends object>(base: T, theirs: T, mine: T): (keyof T)[] {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return (Object.keys(mine) as (keyof T)[]).filter((name) => !same(base[name], theirs[name]) && !same(base[name], mine[name]) && !same(theirs[name], mine[name]));
}

/** What only one side changed is taken from that side; where both did, as chosen. */
export function merge<T extends object>(base: T, theirs: T, mine: T, choice: Partial<Record<keyof T, 'mine' | 'theirs'>>): T {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  return Object.fromEntries(
    (Object.keys(mine) as (keyof T)[]).map((name) => {
      if (choice[name]) return [name, choice[name] === 'mine' ? mine[name] : theirs[name]];
      return [name, same(base[name], mine[name]) ? theirs[name] : mine[name]];
    }),
  ) as T;
}
