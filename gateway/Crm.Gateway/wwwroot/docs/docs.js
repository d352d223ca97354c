// API reference: one page a service, rendered from the OpenAPI document that the service itself makes.
import { getJson, make, request, showHeader, texts } from '/shared.js';

const services = ['customer', 'sales', 'service', 'loyalty', 'campaign', 'analytics', 'customer360'];
const t = texts({
  title: ['Acuan API', 'API reference'],
  intro: [
    'Semua jalur di bawah alamat ini. Klien mesin mengirim Authorization: Bearer; halaman ini memakai sesi Anda. Penolakan berbentuk problem+json dengan code yang tetap.',
    'All paths are below this address. Machine clients send Authorization: Bearer; this page uses your session. Refusals are problem+json with a stable code.'],
  document: ['Dokumen OpenAPI', 'OpenAPI document'],
  parameters: ['Parameter', 'Parameters'], body: ['Isi permintaan', 'Request body'], responses: ['Jawaban', 'Responses'],
  required: ['wajib', 'required'], tryIt: ['Coba', 'Try it'], send: ['Kirim', 'Send'], sending: ['Mengirim …', 'Sending …'],
  unavailable: ['Layanan ini tidak menjawab saat ini.', 'This service does not answer at the moment.'],
});

const main = document.querySelector('main');
const index = document.querySelector('nav.index');

const resolve = (document, schema) => schema?.$ref
  ? schema.$ref.slice(2).split('/').reduce((at, step) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document) ?? {}
  : schema ?? {};

const nameOf = (schema) => schema?.$ref?.split('/').at(-1);

function typeOf(document, schema) {
  const is = resolve(document, schema);
  const alternatives = is.oneOf ?? is.anyOf;
  if (alternatives) return alternatives.filter((one) => one.type !== 'null').map((one) => typeOf(document, one)).join(' | ');
  const type = [is.type].flat().filter((one) => one && one !== 'null').join(' | ') || (is.properties ? 'object' : nameOf(schema) ?? 'any');
  if (type === 'array') return typeOf(document, is.items) + '[]';
  return is.enum ? is.enum.filter((one) => one !== null).join(' | ') : (nameOf(schema) && type === 'object' ? nameOf(schema) : type) + (is.format ? ` (${is.format})` : '');
}

const bounds = (is) => [
  is.minimum !== undefined && `≥ ${is.minimum}`, is.maximum !== undefined && `≤ ${is.maximum}`, is.minLength && `≥ ${is.minLength}`,
  is.maxLength && `≤ ${is.maxLength}`, is.pattern, is.default !== undefined && `= ${JSON.stringify(is.default)}`].filter(Boolean).join(', ');

function innerObject(document, schema) {
  const is = resolve(document, schema);
  if (is.properties) return schema;
  if (is.items) return innerObject(document, is.items);
  const alternative = (is.oneOf ?? is.anyOf ?? []).find((one) => one.type !== 'null');
  return alternative ? innerObject(document, alternative) : null;
}

function schemaView(document, schema, seen = []) {
  const object = innerObject(document, schema);
  if (!object) return make('p', {}, make('code', {}, typeOf(document, schema)));
  const is = resolve(document, object);
  return make('ul', { class: 'schema' }, Object.entries(is.properties).map(([name, property]) => {
    const inner = innerObject(document, property);
    const key = inner && (nameOf(inner) ?? name);
    return make('li', {},
      make('code', {}, name), ' ', make('span', { class: 'soft' }, typeOf(document, property), is.required?.includes(name) ? ` · ${t('required')}` : '',
        bounds(resolve(document, property)) && ` · ${bounds(resolve(document, property))}`),
      resolve(document, property).description && make('div', { class: 'soft' }, resolve(document, property).description),
      inner && !seen.includes(key) && seen.length < 4 ? schemaView(document, property, [...seen, key]) : null);
  }));
}

/** A body to start from, made from the schema. */
function example(document, schema, depth = 0) {
  const is = resolve(document, schema);
  if (is.example !== undefined) return is.example;
  if (is.default !== undefined) return is.default;
  if (is.enum) return is.enum[0];
  if (is.oneOf ?? is.anyOf) return example(document, (is.oneOf ?? is.anyOf).find((one) => one.type !== 'null'), depth);
  if (is.properties) return depth > 4 ? {} : Object.fromEntries(Object.entries(is.properties).map(([name, property]) => [name, example(document, property, depth + 1)]));
  const type = [is.type].flat().find((one) => one !== 'null');
  if (type === 'array') return [example(document, is.items, depth + 1)];
  if (type === 'integer' || type === 'number') return is.minimum ?? 1;
  if (type === 'boolean') return false;
  if (is.format === 'date-time') return new Date().toISOString();
  if (is.format === 'date') return new Date().toISOString().slice(0, 10);
  return is.format === 'uuid' ? '00000000-0000-0000-0000-000000000000' : '';
}

function tryIt(document, path, method, parameters, content) {
  const inputs = new Map();
  const field = (key, label, value) => {
    const input = make('input', { value: value ?? '' });
    inputs.set(key, input);
    return make('label', {}, label, input);
  };
  const write = method !== 'GET';
  const [mediaType, media] = Object.entries(content ?? {})[0] ?? [];
  const body = mediaType && make('textarea', { 'aria-label': t('body'), spellcheck: 'false' });
  if (body) body.value = mediaType.includes('json') ? JSON.stringify(example(document, media.schema), null, 2) : '';
  const output = make('pre', { 'aria-live': 'polite', hidden: true });
  const send = async () => {
    output.hidden = false;
    output.textContent = t('sending');
    const query = new URLSearchParams();
    let url = path;
    const headers = {};
    for (const parameter of parameters) {
      const value = inputs.get(parameter.in + parameter.name)?.value ?? '';
      if (parameter.in === 'path') url = url.replace(new RegExp(`\\{\\*{0,2}${parameter.name}\\}`), encodeURIComponent(value));
      else if (value !== '' && parameter.in === 'query') query.append(parameter.name, value);
      else if (value !== '' && parameter.in === 'header') headers[parameter.name] = value;
    }
    for (const name of ['Idempotency-Key', 'If-Match']) if (inputs.get(name)?.value) headers[name] = inputs.get(name).value;
    if (body) headers['Content-Type'] = mediaType;
    const started = performance.now();
    try {
      const response = await request(url + (query.size > 0 ? '?' + query : ''), { method, headers, body: body?.value });
      const text = await response.text();
      const shown = ['content-type', 'etag', 'location', 'retry-after', 'idempotency-replayed'].filter((name) => response.headers.has(name));
      let pretty = text;
      try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it came */ }
      output.textContent = [`${response.status} · ${Math.round(performance.now() - started)} ms`, ...shown.map((name) => `${name}: ${response.headers.get(name)}`), '', pretty].join('\n');
    } catch (error) {
      output.textContent = error.message;
    }
    if (inputs.has('Idempotency-Key')) inputs.get('Idempotency-Key').value = crypto.randomUUID();
  };
  return make('details', { class: 'try' }, make('summary', {}, t('tryIt')),
    parameters.map((parameter) => field(parameter.in + parameter.name, `${parameter.name} (${parameter.in})${parameter.required ? ' · ' + t('required') : ''}`)),
    method === 'POST' && field('Idempotency-Key', 'Idempotency-Key', crypto.randomUUID()),
    write && method !== 'POST' && field('If-Match', 'If-Match'),
    body, make('p', {}, make('button', { class: 'main', onclick: send }, t('send'))), output);
}

function operationView(document, path, method, operation, common) {
  const parameters = [...common, ...(operation.parameters ?? [])].map((parameter) => resolve(document, parameter));
  const content = resolve(document, operation.requestBody).content;
  return make('details', { class: 'operation', id: `${method}-${path}` },
    make('summary', {}, make('span', { class: 'method ' + method }, method), make('code', {}, path), ' ',
      make('span', { class: 'soft' }, operation.summary ?? operation.operationId ?? '')),
    make('div', {},
      operation.description && make('p', {}, operation.description),
      parameters.length > 0 && [make('h3', {}, t('parameters')), make('ul', { class: 'schema' }, parameters.map((parameter) => make('li', {},
        make('code', {}, parameter.name), ' ', make('span', { class: 'soft' },
          [parameter.in, typeOf(document, parameter.schema), bounds(resolve(document, parameter.schema)), parameter.required && t('required'), parameter.description].filter(Boolean).join(' · ')))))],
      Object.entries(content ?? {}).map(([type, media]) => [make('h3', {}, `${t('body')} · ${type}`), media.schema && schemaView(document, media.schema)]),
      make('h3', {}, t('responses')),
      Object.entries(operation.responses ?? {}).map(([status, response]) => {
        const [type, media] = Object.entries(resolve(document, response).content ?? {})[0] ?? [];
        return make('details', {}, make('summary', {}, make('code', {}, status), ' ', make('span', { class: 'soft' }, [resolve(document, response).description, type].filter(Boolean).join(' · '))),
          media?.schema && schemaView(document, media.schema));
      }),
      tryIt(document, path, method, parameters, content)));
}

async function show(service) {
  let document;
  try {
    document = await getJson(`/api/${service}/openapi.json`);
  } catch (error) {
    main.replaceChildren(make('h1', {}, service), make('p', { class: 'error', role: 'alert' }, t('unavailable'), ' ', error.message));
    return;
  }
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'patch', 'delete'].filter((method) => item[method]).map((method) => ({ path, method: method.toUpperCase(), operation: item[method], common: item.parameters ?? [] })));
  main.replaceChildren(
    make('h1', {}, `${t('title')} · ${service}`), make('p', { class: 'soft' }, t('intro')),
    make('p', {}, make('a', { href: `/api/${service}/openapi.json` }, t('document'))),
    ...operations.map(({ path, method, operation, common }) => operationView(document, path, method, operation, common)));
  showIndex(service, operations);
}

function showIndex(current, operations) {
  index.replaceChildren(...services.flatMap((service) => [
    make('a', { class: 'service', href: '#' + service, 'aria-current': service === current && 'page' }, service),
    ...(service === current ? operations.map(({ path, method }) => make('a', {
      class: 'operation', href: `#${service}`,
      onclick: (event) => { event.preventDefault(); const target = window.document.getElementById(`${method}-${path}`); target.open = true; target.scrollIntoView(); },
    }, make('span', { class: method }, method), ' ', path.replace(/^\/api\/[a-z0-9]+\/v\d+/, ''))) : [])]));
}

const chosen = () => services.includes(location.hash.slice(1)) ? location.hash.slice(1) : services[0];
addEventListener('hashchange', () => show(chosen()));
await showHeader();
showIndex(chosen(), []);
await show(chosen());
