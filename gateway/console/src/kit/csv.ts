type Cell = string | number | null | undefined;

/**
 * RFC 4180, with a byte order mark so that spreadsheets read UTF-8. A text that a spreadsheet would take for a formula gets an
 * apostrophe before it (OWASP, CSV injection).
 */
export function csv(header: string[], rows: Cell[][]) {
  return '\uFEFF' + [header, ...rows].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n';
}

function field(cell: Cell) {
  if (cell == null) return '';
  const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? "'" + cell : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function saveCsv(name: string, header: string[], rows: Cell[][]) {
  saveFile(`${name}.csv`, new Blob([csv(header, rows)], { type: 'text/csv;charset=utf-8' }));
}

export function saveFile(name: string, content: Blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
