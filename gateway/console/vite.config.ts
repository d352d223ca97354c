import { readFile, writeFile } from 'node:fs/promises';
import { brotliCompressSync, constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** Leaves a compressed copy beside every script and style, so that the gateway compresses nothing while it serves. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    // After everything has been written: Vite still changes what chunks say about each other until then.
    async writeBundle({ dir }, bundle) {
      for (const fileName of Object.keys(bundle).filter((name) => /\.(js|css)$/.test(name))) {
        const content = await readFile(`${dir}/${fileName}`);
        if (content.length > 1024) await writeFile(`${dir}/${fileName}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
      }
    },
  };
}

/**
 * Writes down which files each page needs beside the shell's, so that the gateway names them with the document (`Link`) and the browser asks for all at once, instead of
 * learning of them from the shell's script. A page is a line of `App.tsx`: a path and the module that is imported for it.
 */
function preloads(): Plugin {
  return {
    name: 'preloads',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      const chunks = Object.values(bundle).filter((one) => one.type === 'chunk');
      const reach = (fileName: string, found = new Set<string>()): Set<string> => {
        const chunk = chunks.find((one) => one.fileName === fileName);
        if (chunk && !found.has(fileName)) {
          found.add(fileName);
          chunk.imports.forEach((each) => reach(each, found));
        }
        return found;
      };
      const entry = reach(chunks.find((one) => one.isEntry)!.fileName);
      const app = await readFile(new URL('src/App.tsx', import.meta.url), 'utf8');
      const pages = [...app.matchAll(/path: '([^'*]*)', lazy: .*import\('\.\/(.+?)'\)/g)].map(([, path, module]) => {
        const chunk = chunks.find((one) => one.moduleIds.some((id) => id.endsWith(`/src/${module}.tsx`)));
        if (!chunk) throw new Error(`App.tsx imports ${module}, and no script holds it.`);
        const scripts = [...reach(chunk.fileName)].filter((one) => !entry.has(one));
        const styles = new Set(scripts.flatMap((one) => [...(chunks.find((each) => each.fileName === one)!.viteMetadata?.importedCss ?? [])]));
        const link = [...scripts.map((one) => `</console/${one}>; rel=modulepreload`), ...[...styles].map((one) => `</console/${one}>; rel=preload; as=style; crossorigin=anonymous`)];
        return { path: `^/${path!.replace(/:\w+/g, '[^/]+')}$`, link: link.join(', ') };
      });
      await writeFile(`${dir}/preload.json`, JSON.stringify(pages, null, 1) + '\n');
    },
  };
}

const gateway = process.env.CRM_GATEWAY ?? 'http://localhost:8080';

export default defineConfig({
  base: '/console/',
  plugins: [react(), preloads(), compressed()],
  build: {
    target: 'es2022',
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
  },
  server: { proxy: Object.fromEntries(['/api', '/session', '/signin', '/signout', '/docs'].map((path) => [path, gateway])) },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'], setupFiles: ['src/test-setup.ts'], testTimeout: 20_000, css: false },
});
