import { ActionIcon, Box, Button, Checkbox, Group, Menu, Text, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconColumns3, IconDownload } from '@tabler/icons-react';
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { saveCsv } from './csv';
import { ListRow, type RowActions } from './ListRow';
import classes from './ListView.module.css';
import { Failed, Lines } from './States';
import { useDensity } from './preferences';
import { sorted } from './sorting';
import { useKitTexts } from './texts';

export interface Page<Row> { items: Row[]; nextCursor: string | null }

export interface Column<Row> {
  key: string;
  header: string;
  /** What is sorted and exported. */
  value: (row: Row) => string | number | null | undefined;
  cell?: (row: Row) => ReactNode;
  width?: number;
  align?: 'right';
  hidden?: boolean;
  /** Makes the cell change on double click (or F2 for the first such cell of the active row). */
  edit?: (row: Row, value: string) => Promise<unknown>;
}

interface Props<Row> {
  /** For what the reader remembers: columns shown. */
  name: string;
  label: string;
  query: UseInfiniteQueryResult<InfiniteData<Page<Row>>>;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  /** Where a row leads; Enter and a click open it. */
  to?: (row: Row) => string;
  empty: ReactNode;
  toolbar?: ReactNode;
  /** Sorting of the rows loaded; off where the order is the service's. */
  sortable?: boolean;
  height?: number | string;
  /** With it rows can be ticked (Space on the active one); what is ticked gets a bar of actions. */
  bulk?: (rows: Row[], clear: () => void) => ReactNode;
  /** How many there are in all, in words. */
  total?: ReactNode;
}

/** A list of any length: pages by keyset as one scrolls, only the visible rows in the document, J, K and Enter. */
export function ListView<Row>({ name, label, query, columns, rowKey, to, empty, toolbar, sortable = true, height, bulk, total }: Props<Row>) {
  const t = useKitTexts();
  const navigate = useNavigate();
  const rowHeight = useDensity() === 'compact' ? 34 : 42;
  const [hidden, setHidden] = useState<Record<string, boolean>>(() => ({
    ...Object.fromEntries(columns.filter((column) => column.hidden).map((column) => [column.key, true])),
    ...JSON.parse(localStorage.getItem('columns.' + name) ?? '{}'),
  }));
  const [sorting, setSorting] = useState<{ key: string; descending: boolean } | null>(null);
  const [active, setActive] = useState(-1);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [editing, setEditing] = useState<{ row: string; column: string } | null>(null);
  const scroller = useRef<HTMLDivElement>(null);

  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const visible = useMemo(() => columns.filter((column) => !hidden[column.key]), [columns, hidden]);
  const order = sorting && columns.find((column) => column.key === sorting.key);
  const shown = useMemo(() => (order ? sorted(rows, order.value, sorting!.descending) : rows), [rows, order, sorting]);
  const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 6 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= shown.length - 10 && shown.length > 0) void fetchNextPage();
  }, [last, shown.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  useEffect(() => virtual.measure(), [rowHeight, virtual]);

  // eslint-disable-next-line react-hooks/exhaustive-deps -- a row's key does not change
  const chosen = useMemo(() => (ticked.size > 0 ? rows.filter((row) => ticked.has(rowKey(row))) : []), [rows, ticked]);
  const tick = (keys: string[], on: boolean) => setTicked((now) => { const next = new Set(now); for (const key of keys) { if (on) next.add(key); else next.delete(key); } return next; });
  const lead = bulk ? '40px ' : '';
  const template = lead + visible.map((column) => (column.width ? `minmax(${column.width}px, ${column.width}fr)` : 'minmax(140px, 200fr)')).join(' ');
  const width = visible.reduce((sum, column) => sum + (column.width ?? 140), bulk ? 40 : 0);

  const actions = useRef<RowActions<Row>>(null!);
  actions.current = {
    open: to && ((row) => void navigate(to(row))), tick: (key, on) => tick([key], on), edit: (row, column) => setEditing({ row, column }),
    done: () => { setEditing(null); scroller.current?.focus({ preventScroll: true }); },
  };

  function onKeyDown(event: React.KeyboardEvent) {
    if (editing) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step) {
      event.preventDefault();
      const next = Math.max(0, Math.min(shown.length - 1, active + step));
      setActive(next);
      virtual.scrollToIndex(next);
    } else if (event.key === ' ' && bulk && shown[active] && event.target === scroller.current) {
      event.preventDefault();
      const key = rowKey(shown[active]);
      tick([key], !ticked.has(key));
    } else if (event.key === 'F2' && shown[active] && event.target === scroller.current) {
      const column = visible.find((one) => one.edit);
      if (column) setEditing({ row: rowKey(shown[active]), column: column.key });
    } else if (event.key === 'Enter' && to && shown[active] && event.target === scroller.current) {
      void navigate(to(shown[active]));
    }
  }

  function toggle(key: string) {
    const next = { ...hidden, [key]: !hidden[key] };
    setHidden(next);
    localStorage.setItem('columns.' + name, JSON.stringify(next));
  }

  const latest = useRef({ save: () => {}, toggle });
  latest.current = { save: () => saveCsv(name, visible.map((column) => column.header), shown.map((row) => visible.map((column) => column.value(row)))), toggle };
  const none = rows.length === 0;
  // Drawn anew only when something of theirs changes, not with each page of the list.
  const tools = useMemo(() => (
    <Group gap={4}>
      <Menu closeOnItemClick={false} position="bottom-end">
        <Menu.Target>
          <Tooltip label={t('columns')}><ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('columns')}><IconColumns3 size={18} /></ActionIcon></Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {columns.map((column) => (
            <Menu.Item key={column.key} onClick={() => latest.current.toggle(column.key)} role="menuitemcheckbox" aria-checked={!hidden[column.key]}
              leftSection={<Checkbox size="xs" checked={!hidden[column.key]} readOnly tabIndex={-1} aria-hidden />}>
              {column.header}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Tooltip label={t('exportCsv')}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('exportCsv')} disabled={none}
          onClick={() => latest.current.save()}>
          <IconDownload size={18} />
        </ActionIcon>
      </Tooltip>
    </Group>
  ), [columns, hidden, none, t]);

  const begun = query.data !== undefined;
  return (
    <div>
      <Group gap="xs" mb="sm" justify="space-between" wrap="wrap">
        <Group gap="xs" flex={1} miw={200}>{toolbar}</Group>
        {tools}
      </Group>
      {chosen.length > 0 && (
        <Group className={classes.bulk} gap="sm" px="sm" py={6} mb="xs" role="toolbar" aria-label={t('ticked', { count: chosen.length })}>
          <Text size="sm" fw={600} aria-live="polite">{t('ticked', { count: chosen.length })}</Text>
          {bulk!(chosen, () => setTicked(new Set()))}
          <Button size="compact-sm" variant="subtle" onClick={() => setTicked(new Set())}>{t('untick')}</Button>
        </Group>
      )}
      <div className={classes.frame}>
        <div ref={scroller} className={classes.scroller} style={{ maxHeight: height ?? 'calc(100dvh - 250px)' }} tabIndex={0} onKeyDown={onKeyDown}
          role="grid" aria-label={label} aria-rowcount={hasNextPage ? -1 : shown.length + 1} aria-activedescendant={active >= 0 ? `${name}-${active}` : undefined}>
          <div style={{ minWidth: width }} role="presentation">
            <div className={classes.head} role="row" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
              {bulk && (
                <div role="columnheader" className={classes.tick}>
                  <Checkbox size="xs" aria-label={t('tickAll')} checked={chosen.length > 0 && chosen.length === rows.length} indeterminate={chosen.length > 0 && chosen.length < rows.length}
                    onChange={(event) => (event.currentTarget.checked ? tick(rows.map(rowKey), true) : setTicked(new Set()))} />
                </div>
              )}
              {visible.map((column, index) => {
                const direction = sorting?.key !== column.key ? undefined : sorting.descending ? 'descending' : 'ascending';
                return (
                  <div key={column.key} role="columnheader" aria-sort={direction ?? 'none'} className={index === 0 ? classes.first : undefined} data-right={column.align || undefined}>
                    {sortable && begun ? (
                      <button type="button" className={classes.sort} onClick={() => setSorting(direction === 'descending' ? null : { key: column.key, descending: direction === 'ascending' })} tabIndex={0} title={t('sortedBy', { column: column.header })}>
                        {column.header}
                        {direction === 'ascending' && <IconArrowUp size={13} aria-hidden />}{direction === 'descending' && <IconArrowDown size={13} aria-hidden />}
                      </button>
                    ) : column.header}
                  </div>
                );
              })}
            </div>
            {begun && shown.length > 0 && (
              <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
                {items.map((item) => {
                  const row = shown[item.index]!;
                  const key = rowKey(row);
                  return (
                    <ListRow key={key} row={row} rowKey={key} id={`${name}-${item.index}`} index={item.index} start={item.start} height={rowHeight} template={template} columns={visible} active={item.index === active}
                      opens={to !== undefined} ticked={bulk && ticked.has(key)} editing={editing?.row === key ? editing.column : undefined} t={t} actions={actions} />
                  );
                })}
              </div>
            )}
          </div>
        </div>
        {!begun && query.isPending && <Box p="md"><Lines rows={9} height={18} /></Box>}
        {!begun && query.error && <Failed error={query.error} onRetry={() => void query.refetch()} />}
        {begun && shown.length === 0 && empty}
        {begun && shown.length > 0 && (
          <Group className={classes.foot} justify="space-between" px="sm" py={6}>
            <Text size="xs" c="dimmed" aria-live="polite">{t('rows', { count: shown.length })}{total && <> · {total}</>}{!hasNextPage && ` · ${t('thatIsAll')}`}</Text>
            {hasNextPage
              ? <Button size="compact-xs" variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>{t('more')}</Button>
              : <VisuallyHidden>{t('thatIsAll')}</VisuallyHidden>}
          </Group>
        )}
      </div>
    </div>
  );
}
