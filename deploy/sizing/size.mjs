// Pods, disks and cost of an installation from its load; the inputs are measurements (measured.json). See README.md.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const standard = {
  customers: 1_000_000, years: 2, 'purchases-per-customer': 6, 'messages-per-customer': 24, 'cases-per-customer': 0.3,
  'requests-per-second': 100, 'write-share': 0.2, 'sends-per-hour': 200_000,
  'price-core': 20, 'price-gib': 3, 'price-gib-disk': 0.1,
};
const { values } = parseArgs({
  options: { ...Object.fromEntries(Object.keys(standard).map((name) => [name, { type: 'string' }])), json: { type: 'boolean' } },
});
const load = {};
for (const [name, usual] of Object.entries(standard)) {
  load[name] = values[name] === undefined ? usual : Number(values[name]);
  if (!(load[name] >= 0) || !Number.isFinite(load[name])) {
    console.error(`--${name} is '${values[name]}', which is no number of 0 or more`);
    process.exit(2);
  }
}

const measured = JSON.parse(readFileSync(new URL('measured.json', import.meta.url)));
const value = (entry) => (typeof entry === 'object' ? entry.value : entry);
const cpu = (name) => value(measured.cpuMilliseconds[name]);
const bytes = (name) => value(measured.bytes[name]);
const gib = 1024 ** 3;
// Half of a core is kept free for peaks, a replaced pod, and the collector.
const usable = 0.5;

const perSecond = load['requests-per-second'];
const reads = perSecond * (1 - load['write-share']);
const writes = perSecond * load['write-share'];
const events = (load.customers * load.years * (load['purchases-per-customer'] + load['messages-per-customer'])) / (load.years * 365 * 86_400) * 5;
// By share of requests, as the console and shops make them.
const share = { customer: 0.35, sales: 0.25, service: 0.15, loyalty: 0.15, campaign: 0.05, analytics: 0.05 };

const workloads = {};
for (const [name, part] of Object.entries(share)) {
  const cores = (part * (reads * cpu('read') + writes * cpu('write')) + events * part * cpu('event')) / 1000;
  workloads[name] = pods(cores, name === 'analytics' ? Math.max(0.5, (load.customers / 1e6) * value(measured.analyticsGibPerMillion)) : 0.25);
}
workloads.gateway = pods((perSecond * cpu('forward')) / 1000, 0.25);
workloads['campaign-sender'] = pods(((load['sends-per-hour'] / 3600) * cpu('message')) / 1000, 0.25, 1);

const rows = load.customers * load.years;
const databases = {
  customer: load.customers * bytes('customer') + rows * (load['purchases-per-customer'] + load['cases-per-customer']) * bytes('timelineEntry'),
  sales: rows * load['purchases-per-customer'] * bytes('purchase'),
  loyalty: load.customers * bytes('member') + rows * load['purchases-per-customer'] * bytes('pointsPosting'),
  service: rows * load['cases-per-customer'] * bytes('case'),
  campaign: load.customers * bytes('profile') + rows * load['messages-per-customer'] * bytes('delivery'),
  analytics: load.customers * bytes('score') + rows * (load['purchases-per-customer'] + load['messages-per-customer'] / 500) * bytes('loggedEvent'),
};
const data = Object.values(databases).reduce((sum, size) => sum + size, 0);
// A third of a working set in memory, at least 4 GiB; twice the data for indexes being built, bloat and the log.
const postgres = {
  instances: load.customers > 100_000 ? 3 : 1,
  cores: Math.max(2, Math.ceil((reads * cpu('postgresRead') + writes * cpu('postgresWrite') + events * cpu('postgresWrite') + (load['sends-per-hour'] / 3600) * cpu('postgresMessage')) / 1000 / usable)),
  memoryGib: Math.max(4, Math.ceil(data / gib / 3)),
  diskGib: Math.max(50, Math.ceil((data * 2) / gib)),
  dataGib: round(data / gib),
};
const connections = Object.values(workloads).reduce((sum, each) => sum + each.pods, 0) * 12;
const rabbitmq = { nodes: load.customers > 100_000 ? 3 : 1, cores: Math.max(1, Math.ceil((events + load['sends-per-hour'] / 3600 / 500) / 2000)), memoryGib: 2, diskGib: 20 };
const cores = Object.values(workloads).reduce((sum, each) => sum + each.pods * each.cores, 0) + postgres.instances * postgres.cores + rabbitmq.nodes * rabbitmq.cores + 0.1;
const memory = Object.values(workloads).reduce((sum, each) => sum + each.pods * each.memoryGib, 0) + postgres.instances * postgres.memoryGib + rabbitmq.nodes * rabbitmq.memoryGib + 0.5;
const disk = postgres.instances * postgres.diskGib + rabbitmq.nodes * rabbitmq.diskGib;
const result = {
  load, eventsPerSecond: round(events), workloads, postgres, rabbitmq, redis: { memoryGib: 0.5 },
  maxConnections: Math.ceil(connections * 1.2),
  databasesGib: Object.fromEntries(Object.entries(databases).map(([name, size]) => [name, round(size / gib)])),
  total: { cores: round(cores), memoryGib: round(memory), diskGib: disk, perMonth: round(cores * load['price-core'] + memory * load['price-gib'] + disk * load['price-gib-disk']) },
  advice: advice(),
};

if (values.json) console.log(JSON.stringify(result, null, 2));
else print(result);

function pods(neededCores, memoryGib, floor = 2) {
  const perPod = 1;
  const count = Math.max(floor, Math.ceil(neededCores / (perPod * usable)));
  return { pods: count, cores: round(Math.max(0.1, neededCores / count)), memoryGib: round(memoryGib), needs: round(neededCores) };
}

function advice() {
  const found = [];
  const largest = Object.entries(databases).reduce((best, each) => (each[1] > best[1] ? each : best));
  if (data > 1024 * gib) found.push('more than 1 TiB: a PostgreSQL cluster per service');
  if (largest[1] > 2048 * gib) found.push(`${largest[0]} alone is above 2 TiB: partition it, then Citus by customer (docs/operations/scale.md)`);
  if (postgres.cores > 16) found.push('PostgreSQL needs more than 16 cores: read replicas for Analytics and lists, then a cluster per service');
  if (connections > 500) found.push('more than 500 connections: PgBouncer in session mode');
  return found;
}

function round(number) {
  return Math.round(number * 100) / 100;
}

function print(r) {
  console.log(`${r.load.customers.toLocaleString('en')} customers, ${r.load.years} years of history, ${r.load['requests-per-second']} requests/s, ${r.load['sends-per-hour'].toLocaleString('en')} sends/h, ${r.eventsPerSecond} events/s`);
  for (const [name, each] of Object.entries(r.workloads)) console.log(`  ${name.padEnd(16)} ${String(each.pods).padStart(3)} pods, needs ${each.needs} cores, ${each.memoryGib} GiB each`);
  console.log(`  PostgreSQL       ${r.postgres.instances} x ${r.postgres.cores} cores, ${r.postgres.memoryGib} GiB, ${r.postgres.diskGib} GiB disk (data ${r.postgres.dataGib} GiB), max_connections ${r.maxConnections}`);
  console.log(`  of it            ${Object.entries(r.databasesGib).map(([name, size]) => `${name} ${size}`).join(', ')} GiB`);
  console.log(`  RabbitMQ         ${r.rabbitmq.nodes} x ${r.rabbitmq.cores} cores, ${r.rabbitmq.memoryGib} GiB, ${r.rabbitmq.diskGib} GiB disk; Redis 0.5 GiB`);
  console.log(`  total            ${r.total.cores} cores, ${r.total.memoryGib} GiB, ${r.total.diskGib} GiB disk, ${r.total.perMonth} a month at ${r.load['price-core']}/core, ${r.load['price-gib']}/GiB, ${r.load['price-gib-disk']}/GiB disk`);
  for (const line of r.advice) console.log(`  ! ${line}`);
}
