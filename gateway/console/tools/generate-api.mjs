// The client's types, from the services' OpenAPI documents in openapi/. With an argument (a gateway's address and a session's cookie)
// it takes the documents anew first: node tools/generate-api.mjs http://localhost:8080 "__Host-crm=..."
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import openapi, { astToString } from 'openapi-typescript';

const services = ['customer', 'sales', 'service', 'loyalty', 'campaign', 'analytics', 'customer360'];
const [gateway, cookie] = process.argv.slice(2);
const root = new URL('..', import.meta.url);

if (gateway) {
  for (const service of services) {
    const response = await fetch(`${gateway}/api/${service}/openapi.json`, { headers: { cookie } });
    if (!response.ok) throw new Error(`${service}: ${response.status}`);
    const { servers: _, ...document } = await response.json(); // where it ran says nothing about the API
    await writeFile(new URL(`openapi/${service}.json`, root), JSON.stringify(document, null, 1) + '\n');
  }
}

/** Schemas that are reached from here. */
function reach(node, document, found) {
  if (Array.isArray(node)) for (const item of node) reach(item, document, found);
  else if (node && typeof node === 'object') {
    const name = node.$ref?.startsWith('#/components/schemas/') && node.$ref.slice('#/components/schemas/'.length);
    if (name && !found.has(name)) reach(document.components.schemas[found.add(name) && name], document, found);
    for (const [key, value] of Object.entries(node)) if (key !== '$ref') reach(value, document, found);
  }
  return found;
}

/** A service writes all members of what it answers, also those that the document does not call required: it does so only for constructors. */
function complete(document) {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const asked = reach(operations.map((operation) => operation.requestBody), document, new Set());
  for (const name of reach(operations.map((operation) => operation.responses), document, new Set())) {
    const schema = document.components.schemas[name];
    if (!asked.has(name) && schema.properties && name !== 'ProblemDetails' && name !== 'HttpValidationProblemDetails') schema.required = Object.keys(schema.properties);
  }
  return document;
}

await mkdir(new URL('src/api/generated/', root), { recursive: true });
for (const service of services) {
  const document = complete(JSON.parse(await readFile(new URL(`openapi/${service}.json`, root), 'utf8')));
  await writeFile(new URL(`src/api/generated/${service}.ts`, root), astToString(await openapi(document)));
}
