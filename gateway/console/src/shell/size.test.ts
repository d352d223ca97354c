import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const dist = join(import.meta.dirname, '../../dist');
interface Chunk { file: string; imports?: string[]; isEntry?: boolean }

it('loads less than 250 kB of compressed scripts before the first page', () => {
  expect(existsSync(join(dist, '.vite/manifest.json')), 'npm run build comes first').toBe(true);
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    manifest[name]!.imports?.forEach(visit);
  };
  visit('index.html');
  visit('src/shell/Home.tsx');
  const size = [...seen].map((name) => join(dist, manifest[name]!.file)).reduce((sum, file) => sum + statSync(existsSync(file + '.br') ? file + '.br' : file).size, 0);
  expect(size).toBeGreaterThan(50_000);
  expect(size).toBeLessThan(250_000);
});

it('compresses what it serves', async () => {
  const { brotliDecompressSync } = await import('node:zlib');
  const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>;
  const entry = join(dist, manifest['index.html']!.file);
  expect(brotliDecompressSync(readFileSync(entry + '.br')).equals(readFileSync(entry))).toBe(true);
});

it('knows for every route what it loads, and leads each path to its own', () => {
  const app = readFileSync(join(import.meta.dirname, '../App.tsx'), 'utf8');
  const paths = [...app.matchAll(/\{ path: '([^'*]*)'/g)].map((match) => '/' + match[1]);
  const pages = JSON.parse(readFileSync(join(dist, 'preload.json'), 'utf8')) as { path: string; link: string }[];
  expect(pages).toHaveLength(paths.length);
  expect(paths.map((path) => pages.findIndex((page) => new RegExp(page.path).test(path.replace(/:\w+/g, '0199d5a0'))))).toEqual(paths.map((_, at) => at));
  for (const [, file] of pages.flatMap((page) => [...page.link.matchAll(/<\/console\/(.+?)>/g)])) expect(existsSync(join(dist, file!)), file).toBe(true);
  expect(pages[paths.indexOf('/customers')]!.link).toMatch(/CustomerList-[\w-]+\.js>; rel=modulepreload/);
});
