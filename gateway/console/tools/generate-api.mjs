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

await mkdir(new URL('src/api/generated/', root), { recursive: true });
for (const service of services) {
  const document = JSON.parse(await readFile(new URL(`openapi/${service}.json`, root), 'utf8'));
  await writeFile(new URL(`src/api/generated/${service}.ts`, root), astToString(await openapi(document)));
}
