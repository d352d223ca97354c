import { language } from './i18n';

type Value = string | number | null | undefined;

/** A copy in the order of a value: numbers by size, texts as the language orders them (numbers in them by size); what has none comes last either way. */
export function sorted<Row>(rows: Row[], value: (row: Row) => Value, descending: boolean): Row[] {
  const words = new Intl.Collator(language(), { numeric: true });
  const has = (one: Value) => one != null && one !== '';
  return rows.map((row) => ({ row, by: value(row) })).sort((a, b) => {
    if (!has(a.by) || !has(b.by)) return Number(has(b.by)) - Number(has(a.by));
    const order = typeof a.by === 'number' && typeof b.by === 'number' ? a.by - b.by : words.compare(String(a.by), String(b.by));
    return descending ? -order : order;
  }).map(({ row }) => row);
}
