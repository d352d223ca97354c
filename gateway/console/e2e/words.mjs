// The words of the pages, as their features write them: what a journey looks for is what a person reads in either language.
import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** Reads a feature's texts: `say(key, values)` is the text in that language, a plural by its `count`. */
export async function wordsOf(feature, language) {
  const source = readFileSync(new URL(`../src/${feature}/texts.ts`, import.meta.url), 'utf8').replace(/^import .*$/gm, '').replace(/^export const use\w+ = defineTexts.*$/gm, '');
  const { texts } = await import('data:text/javascript,' + encodeURIComponent(ts.transpile(source, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 })));
  return (key, values = {}) => {
    const pair = texts[key] ?? texts[`${key}_${values.count === 1 ? 'one' : 'other'}`];
    if (!pair) throw new Error(`${feature} has no text ${key}`);
    return pair[language === 'id' ? 0 : 1].replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);
  };
}
