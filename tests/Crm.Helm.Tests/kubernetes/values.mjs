// Checks the values that each chart ends up with (a JSON object "folder#path" to values) against the schema in that folder, as helm
// does before it renders. One line per problem.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';

const ajv = new Ajv({ allErrors: true, strict: false });
const compiled = new Map();
for (const [place, values] of Object.entries(JSON.parse(readFileSync(process.argv[2], 'utf8')))) {
  const [folder, path] = place.split('#');
  if (!compiled.has(folder)) compiled.set(folder, ajv.compile(JSON.parse(readFileSync(`${folder}/values.schema.json`, 'utf8'))));
  const validate = compiled.get(folder);
  if (validate(values)) continue;
  for (const { instancePath, message, params } of validate.errors) {
    console.log(`${path}${instancePath.replaceAll('/', '.')}: ${message}${params.additionalProperty ? ` (${params.additionalProperty})` : ''}${params.allowedValues ? ` (${params.allowedValues.join(', ')})` : ''}`);
  }
}
