// Prints the development sign-ins as a table: node sign-ins.mjs FILE
import { readFileSync } from 'node:fs';

const { users } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const rows = users.map((user) => [user.userName, user.password, user.displayName ?? '', (user.roles ?? []).join(', ')]);
const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i].length), 0));
for (const row of rows) console.log(`  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
