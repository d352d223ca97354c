// Reads the status page's resources: node status-page.mjs URL (table | wait SECONDS PID | unhealthy | scale NAME N)
import { setTimeout as sleep } from 'node:timers/promises';

const [base, command, ...args] = process.argv.slice(2);
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

async function resources() {
  const response = await fetch(`${base}/api/resources`, { signal: AbortSignal.timeout(5000) });
  if (!response.ok) throw new Error(`the status page answered ${response.status}`);
  return await response.json();
}

const lower = (value) => String(value ?? '').toLowerCase();
const failed = (r) => lower(r.state).startsWith('fail');

// A resource without a health check is well when it runs, or ended as it should.
function healthy(r) {
  const health = lower(r.health);
  if (health === 'healthy') return true;
  return ['', 'none', 'unknown'].includes(health) && ['running', 'finished', 'active'].includes(lower(r.state));
}

function urls(r) {
  return (r.urls ?? []).map((u) => u.url).join(' ');
}

function megabytes(r) {
  const bytes = r.memoryBytes;
  return bytes > 0 ? `${Math.round(bytes / 1048576)} MB` : '';
}

function replicas(r) {
  return r.wantedReplicas > 0 || r.scalable ? `${(r.replicas ?? []).filter(healthy).length}/${r.wantedReplicas}` : '';
}

function table(rows) {
  const header = ['NAME', 'TYPE', 'STATE', 'HEALTH', 'REPLICAS', 'RESTARTS', 'MEMORY', 'URLS'];
  const lines = rows.map((r) =>
    [r.name, r.type, r.state, r.health || '-', replicas(r), r.restarts ?? '', megabytes(r), urls(r)].map((cell) => String(cell ?? '')));
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  const format = (line) => line.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd();
  console.log(paint('1', format(header)));
  lines.forEach((line, i) => console.log(healthy(rows[i]) ? format(line) : paint('31', format(line))));
}

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

// A resource that failed is given up on by the app host, which then mostly ends with the reason.
const failedPatience = 10;

// Prints each resource as it becomes healthy. Exit code: 0 all healthy, 1 not (in time), 4 the app host ended.
async function waitUntilHealthy(seconds, pid) {
  const started = Date.now();
  const elapsed = () => (Date.now() - started) / 1000;
  const seen = new Set();
  let waiting = [];
  let failedAt;
  const clearLine = () => process.stdout.isTTY && process.stdout.write('\r\x1b[K');
  while (elapsed() < seconds) {
    if (!alive(pid)) {
      clearLine();
      return 4;
    }
    const rows = await resources().catch(() => []);
    for (const r of rows.filter((r) => healthy(r) && !seen.has(r.name))) {
      seen.add(r.name);
      clearLine();
      console.log(`  ${paint('32', 'ok')}  ${r.name.padEnd(24)} ${elapsed().toFixed(1).padStart(6)} s`);
    }
    waiting = rows.filter((r) => !healthy(r));
    if (rows.length > 0 && waiting.length === 0) {
      clearLine();
      return 0;
    }
    failedAt = waiting.some(failed) ? (failedAt ?? elapsed()) : undefined;
    if (elapsed() - failedAt > failedPatience) break;
    if (process.stdout.isTTY) {
      const names = waiting.map((r) => `${r.name} (${lower(r.state)})`).join(', ');
      const line = `  ${rows.length - waiting.length}/${rows.length || '?'} healthy, ${elapsed().toFixed(0)} s; waiting for ${names || 'the status page'}`;
      process.stdout.write(`\r\x1b[K${line.slice(0, (process.stdout.columns ?? 100) - 1)}`);
    }
    await sleep(500);
  }
  clearLine();
  console.error(`crm: not healthy after ${elapsed().toFixed(0)} s:`);
  for (const r of waiting) {
    console.error(`     ${r.name}: ${r.state}${r.health ? `, ${r.health}` : ''}  ->  ./crm logs ${r.name}`);
  }
  if (waiting.length === 0) console.error('     the status page does not answer  ->  ./crm logs apphost');
  return 1;
}

// Prints "NAME STATE HEALTH" of what is not well.
async function unhealthy() {
  for (const r of (await resources()).filter((r) => !healthy(r))) console.log(`${r.name} ${r.state} ${r.health || '-'}`);
  return 0;
}

async function scale(name, count) {
  const rows = await resources();
  const known = rows.filter((r) => r.scalable).map((r) => r.name);
  const response = await fetch(`${base}/api/resources/${encodeURIComponent(name)}/replicas/${count}`, {
    method: 'POST',
    signal: AbortSignal.timeout(60_000),
  });
  if (response.ok) return 0;
  const text = await response.text();
  let reason = `status ${response.status}`;
  try {
    reason = JSON.parse(text).error ?? reason;
  } catch {
    // not the status page's own answer
  }
  console.error(`crm: could not scale '${name}': ${reason}`);
  console.error(`     what can be scaled: ${known.join(' ')}`);
  return 1;
}

try {
  switch (command) {
    case 'table':
      table(await resources());
      break;
    case 'wait':
      process.exitCode = await waitUntilHealthy(Number(args[0]), Number(args[1]));
      break;
    case 'unhealthy':
      process.exitCode = await unhealthy();
      break;
    case 'scale':
      process.exitCode = await scale(args[0], args[1]);
      break;
    default:
      throw new Error(`unknown command ${command}`);
  }
} catch (error) {
  console.error(`crm: ${base}: ${error.cause?.code ?? error.message}`);
  process.exitCode = 1;
}
