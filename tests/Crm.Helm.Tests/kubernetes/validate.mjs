// Checks rendered manifests (files with YAML streams, as arguments) against Kubernetes' own schemas, and their members against its
// types: the schemas alone let unknown members pass, the compiler does not. One line per problem; exit code 1 where there is one.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const problems = [];
const declarations = [];
const names = [];

for (const file of process.argv.slice(2)) {
  const seen = new Set();
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'), { uniqueKeys: true })) {
    for (const error of document.errors) problems.push(`${file}: not YAML: ${error.message}`);
    const manifest = document.errors.length > 0 ? null : document.toJS();
    if (manifest !== null) await check(file, manifest, seen);
  }
}

async function check(file, manifest, seen) {
  const name = `${file}: ${manifest.apiVersion} ${manifest.kind} ${manifest.metadata?.name}`;
  if (seen.has(name)) problems.push(`${name}: stands there twice`);
  seen.add(name);
  const library = libraryOf(manifest);
  try {
    new (await import(library))[manifest.kind](manifest).validate();
  } catch (error) {
    problems.push(`${name}: ${error.code === 'ERR_MODULE_NOT_FOUND' ? 'there is no schema for this kind' : error.message}`);
    return;
  }
  declarations.push(`import type { I${manifest.kind} as T${names.length} } from '${library}';\nexport const m${names.length}: T${names.length} = ${JSON.stringify(manifest)};`);
  names.push(name);
}

function libraryOf({ apiVersion, kind }) {
  const [version, group = ''] = apiVersion.split('/').reverse();
  if (/keda\.sh$/.test(group)) return `@kubernetes-models/keda/${group}/${version}/${kind}`;
  if (group === 'gateway.networking.k8s.io') return `@kubernetes-models/gateway-api/${group}/${version}/${kind}`;
  if (group === 'monitoring.coreos.com') return `@kubernetes-models/prometheus-operator/${group}/${version}/${kind}`;
  return ['kubernetes-models', group, version, kind].filter(Boolean).join('/');
}

// One program over all manifests: the compiler reads the types once.
const source = resolve(here, 'manifests.ts');
const options = { strict: true, noEmit: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
const host = ts.createCompilerHost(options);
const text = declarations.join('\n');
const { fileExists, getSourceFile } = host;
host.fileExists = (path) => path === source || fileExists(path);
host.getSourceFile = (path, ...rest) => (path === source ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest));
for (const diagnostic of ts.getPreEmitDiagnostics(ts.createProgram([source], options, host))) {
  const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start).line ?? 0;
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
  problems.push(diagnostic.file?.fileName === source ? `${names[Math.floor(line / 2)]}: ${message}` : message);
}

for (const problem of problems) console.log(problem);
console.log(`${names.length} manifests, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
