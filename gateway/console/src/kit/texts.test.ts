import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Texts } from './i18n';

const root = join(import.meta.dirname, '..');
const features = readdirSync(root, { withFileTypes: true }).filter((one) => one.isDirectory() && one.name !== 'api').map((one) => one.name);

const modules = import.meta.glob<{ texts: Texts }>('../*/texts.ts', { eager: true });

describe.each(features)('texts of %s', (feature) => {
  const { texts } = modules[feature === 'kit' ? './texts.ts' : `../${feature}/texts.ts`] ?? modules[`../${feature}/texts.ts`]!;
  const sources = readdirSync(join(root, feature)).filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.')).map((name) => readFileSync(join(root, feature, name), 'utf8')).join('\n');

  it('says every key in both languages, with the same values in it', () => {
    for (const [key, pair] of Object.entries(texts)) {
      expect(pair, key).toHaveLength(2);
      for (const text of pair) expect(text.trim(), key).not.toBe('');
      const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();
      expect(values(pair[0]), key).toEqual(values(pair[1]));
    }
  });

  it('has every key that its pages ask for', () => {
    const asked = [...sources.matchAll(/(?<![\w.])t\('([\w.]+)'/g)].map((match) => match[1]!);
    const known = new Set(Object.keys(texts).flatMap((key) => [key, key.replace(/_(one|other)$/, '')]));
    const missing = asked.filter((key) => !known.has(key) && !key.endsWith('_'));
    // The home page's links use the kit's word.
    expect(missing.filter((key) => !(feature === 'shell' && key === 'seeAll'))).toEqual([]);
  });

  it('leaves no key unused in its plural: each has both forms in English', () => {
    for (const key of Object.keys(texts).filter((one) => one.endsWith('_one'))) expect(texts, key).toHaveProperty([key.replace(/_one$/, '_other')]);
  });
});
