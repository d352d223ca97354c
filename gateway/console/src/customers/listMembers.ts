import { campaignApi, once, take } from '../api/client';
import { Problem } from '../api/problems';

/** Taken at once. */
const MOST = 1000;
/** Customers of whom Campaign has not heard are left out, so many at most: with more of them something is wrong. */
const MOST_UNKNOWN = 25;

/** Puts customers on a list; the API refuses all for one that it does not know, so that one is left out and the rest asked again. */
export async function addToList(id: string, customerIds: string[]): Promise<{ added: number; unknown: string[] }> {
  const unknown: string[] = [];
  let added = 0;
  for (let at = 0; at < customerIds.length; at += MOST) {
    let some = customerIds.slice(at, at + MOST);
    while (some.length > 0) {
      try {
        added += (await take(campaignApi.POST('/api/campaign/v1/lists/{id}/members', { params: { path: { id }, header: once() }, body: { customerIds: some } }))).added;
        break;
      } catch (error) {
        const index = error instanceof Problem ? /^customerIds\[(\d+)\]$/.exec(error.field ?? '')?.[1] : undefined;
        if (index === undefined || some[Number(index)] === undefined || unknown.length >= MOST_UNKNOWN) throw error;
        unknown.push(some[Number(index)]!);
        some = some.filter((_, place) => place !== Number(index));
      }
    }
  }
  return { added, unknown };
}
