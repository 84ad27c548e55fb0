// biome-ignore-all lint/a11y/useSemanticElements: virtual rows follow the grid pattern; a <table> cannot leave rows out.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useId, useRef, useState } from 'react';
import { useShortcuts } from '../app/shortcuts.ts';
import { Icon } from './icons.tsx';
import './table.css';

export interface Column<T> {
  key: string;
  name: string;
  /** The name is for screen readers only: what is in the column speaks for itself. */
  isNameHidden?: boolean;
  /** A track of CSS grid: `90px`, `minmax(160px, 1fr)`. */
  width: string;
  align?: 'right';
  render: (row: T) => ReactNode;
  /** The name by which this column is sorted; without one it is not. */
  sort?: string;
}

export interface Sort {
  by: string;
  isDescending: boolean;
}

interface TableProps<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowKey: (row: T) => string;
  /** The row that the panel shows. */
  openKey?: string | null;
  onOpen?: (row: T) => void;
  /** `c` on a row. */
  onCopy?: (row: T) => void;
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  rowHeight?: number;
  /** j, k and Enter anywhere on the page move in this table. */
  isMain?: boolean;
  isBusy?: boolean;
  empty?: ReactNode;
  /** Told when the rows are scrolled away from the top: a live table stands still then. */
  onScrolledAway?: (isAway: boolean) => void;
  /** Least width before the table scrolls sideways. */
  minWidth?: number;
  /** As high as its rows, without a scroller of its own: for short tables in a longer page. */
  isInline?: boolean;
}

/** A grid of rows of which only the visible ones exist; sticky head, sorting, and a cursor moved by keyboard. */
export function Table<T>(props: TableProps<T>): ReactNode {
  const { rows, columns, rowKey, rowHeight = 36, openKey = null, onOpen } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [cursor, setCursor] = useState<string | null>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollPaddingStart: 32,
    getItemKey: useCallback((index: number) => rowKey(rows[index]!), [rows, rowKey]),
  });
  useEffect(() => {
    if (openKey !== null) setCursor(openKey);
  }, [openKey]);

  const move = (step: number): void => {
    if (rows.length === 0) return;
    const at = rows.findIndex((row) => rowKey(row) === cursor);
    const next = at === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
    const row = rows[next]!;
    setCursor(rowKey(row));
    virtualizer.scrollToIndex(next, { align: 'auto' });
    // With the panel open the cursor takes it along.
    if (openKey !== null) onOpen?.(row);
  };
  const withCursor = (act: ((row: T) => void) | undefined): void => {
    const row = rows.find((other) => rowKey(other) === cursor);
    if (row !== undefined) act?.(row);
  };
  const keys: Record<string, () => void> = {
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => withCursor(onOpen),
  };
  if (props.onCopy) keys['c'] = () => withCursor(props.onCopy);
  useShortcuts(props.isMain ? keys : {});

  // What stands for no rows is no part of a grid.
  if (rows.length === 0 && props.empty) return <div className="table-empty">{props.empty}</div>;

  const items = virtualizer.getVirtualItems();
  const template = columns.map((column) => column.width).join(' ');
  const isCursorShown = cursor !== null && items.some((item) => item.key === cursor);
  return (
    <div
      ref={scroller}
      className={`table ${props.isInline ? 'table-inline' : ''}`}
      role="grid"
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length}
      aria-busy={props.isBusy || undefined}
      aria-activedescendant={isCursorShown ? `${id}-${cursor}` : undefined}
      tabIndex={0}
      onKeyDown={(event) => {
        if (props.isMain || event.target !== event.currentTarget) return;
        const run = keys[event.key];
        if (!run) return;
        event.preventDefault();
        run();
      }}
      onScroll={
        props.onScrolledAway && ((event) => props.onScrolledAway?.(event.currentTarget.scrollTop > rowHeight / 2))
      }
    >
      <div className="table-inner" style={{ minWidth: props.minWidth }}>
        <div
          className="table-head"
          role="row"
          tabIndex={-1}
          aria-rowindex={1}
          style={{ gridTemplateColumns: template }}
        >
          {columns.map((column) => (
            <HeadCell key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </div>
        <div className="table-body" role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index]!;
            const key = rowKey(row);
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the grid handles Enter for the row under the cursor
              <div
                key={key}
                id={`${id}-${key}`}
                role="row"
                tabIndex={-1}
                aria-rowindex={item.index + 2}
                aria-selected={key === openKey}
                className={`table-row ${key === cursor ? 'table-row-cursor' : ''} ${onOpen ? 'table-row-opens' : ''}`}
                style={{ gridTemplateColumns: template, height: rowHeight, transform: `translateY(${item.start}px)` }}
                onClick={(event) => {
                  if ((event.target as HTMLElement).closest('a, button, input')) return;
                  if (getSelection()?.toString()) return;
                  setCursor(key);
                  onOpen?.(row);
                }}
              >
                {columns.map((column) => (
                  <div
                    key={column.key}
                    role="gridcell"
                    tabIndex={-1}
                    className={`table-cell ${column.align === 'right' ? 'table-cell-right' : ''}`}
                  >
                    {column.render(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function HeadCell<T>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>;
  sort: Sort | undefined;
  onSort: ((sort: Sort) => void) | undefined;
}): ReactNode {
  const className = `table-cell ${column.align === 'right' ? 'table-cell-right' : ''}`;
  if (!column.sort || !onSort) {
    return (
      <div role="columnheader" tabIndex={-1} className={className}>
        {column.isNameHidden ? <span className="visually-hidden">{column.name}</span> : column.name}
      </div>
    );
  }
  const isSorted = sort?.by === column.sort;
  const direction = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
  return (
    <div role="columnheader" tabIndex={-1} className={className} aria-sort={direction}>
      <button
        type="button"
        className="table-sort"
        onClick={() =>
          onSort({ by: column.sort!, isDescending: isSorted ? !sort.isDescending : column.align === 'right' })
        }
      >
        {column.name}
        {isSorted && <Icon name={sort.isDescending ? 'arrowDown' : 'arrowUp'} size={12} />}
      </button>
    </div>
  );
}
