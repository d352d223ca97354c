import { day } from '../kit/format';
import type { Translate } from '../kit/i18n';

/** A week by its first day, topics and channels in words; a product, and what has no word, by its own name. */
export function groupName(by: string, key: string, t: Translate<string>) {
  if (by === 'week') return day(key);
  const word = t(`${by}_${key}`);
  return word === `${by}_${key}` ? key : word;
}
