export interface Outcome<T> { done: T[]; refused: { item: T; error: Error }[] }

/** The same for many, a few at a time; one that is refused does not stop the rest. */
export async function forEach<T>(items: T[], work: (item: T) => Promise<unknown>, atOnce = 4): Promise<Outcome<T>> {
  const outcome: Outcome<T> = { done: [], refused: [] };
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item);
        outcome.done.push(item);
      } catch (error) {
        outcome.refused.push({ item, error: error as Error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return outcome;
}

export const withTag = (tags: string[], tag: string) => (tags.includes(tag) ? tags : [...tags, tag]);
export const withoutTag = (tags: string[], tag: string) => tags.filter((one) => one !== tag);
