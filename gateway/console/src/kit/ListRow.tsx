import { memo, type RefObject } from 'react';
import { EditableCell } from './EditableCell';
import type { Translate } from './i18n';
import type { Column } from './ListView';
import classes from './ListView.module.css';

/** What a row asks of its list. */
export interface RowActions<Row> {
  open: ((row: Row) => void) | undefined;
  tick: (key: string, on: boolean) => void;
  edit: (key: string, column: string) => void;
  done: () => void;
}

interface Props<Row> {
  row: Row;
  rowKey: string;
  id: string;
  index: number;
  start: number;
  height: number;
  template: string;
  columns: Column<Row>[];
  active: boolean;
  opens: boolean;
  /** Undefined where rows are not ticked. */
  ticked: boolean | undefined;
  editing: string | undefined;
  t: Translate<string>;
  actions: RefObject<RowActions<Row>>;
}

/**
 * A row of a list. Drawn anew only when something of its own changes: while one scrolls, the rows that stay in sight cost nothing. Its elements are
 * plain for the same reason; the tick fills its cell, so that it is easy to hit.
 */
function Row<R>({ row, rowKey, id, index, start, height, template, columns, active, opens, ticked, editing, t, actions }: Props<R>) {
  return (
    <div id={id} role="row" aria-rowindex={index + 2} className={classes.row} data-active={active || undefined} data-opens={opens || undefined}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${start}px)` }}
      onClick={(event) => { if (editing === undefined && !(event.target as HTMLElement).closest('a,button,input,label')) actions.current.open?.(row); }}>
      {ticked !== undefined && (
        <div role="gridcell" className={classes.tick}>
          <label className={classes.hit}><input type="checkbox" className={classes.box} checked={ticked} aria-label={t('tick', { name: String(columns[0]?.value(row) ?? '') })} tabIndex={-1} onChange={(event) => actions.current.tick(rowKey, event.currentTarget.checked)} /></label>
        </div>
      )}
      {columns.map((column, at) => (
        <div key={column.key} role="gridcell" className={at === 0 ? classes.first : undefined} data-right={column.align || undefined} data-edits={column.edit ? true : undefined}
          onDoubleClick={column.edit && (() => actions.current.edit(rowKey, column.key))} onClick={column.edit && at > 0 ? (event) => event.stopPropagation() : undefined}>
          {editing === column.key
            ? <EditableCell label={column.header} value={String(column.value(row) ?? '')} save={(value) => column.edit!(row, value)} onDone={() => actions.current.done()} />
            : <span className={classes.cell} title={column.edit ? t('doubleClickEdits') : undefined}>{column.cell ? column.cell(row) : (column.value(row) ?? '–')}</span>}
        </div>
      ))}
    </div>
  );
}

export const ListRow = memo(Row) as typeof Row;
