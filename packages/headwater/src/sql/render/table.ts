import { displayWidth, padEnd, wrap } from './display-width.ts';

/** Narrowest column that is of use, in cells. */
const columnCellsMin = 6;

/**
 * Widths of columns that fit a terminal: what they hold, the widest cut until all fit. Null where not even narrow columns do: then rows are
 * shown one below the other.
 */
export function columnWidths(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  terminalColumns: number,
): number[] | null {
  const widths = header.map((name, at) =>
    rows.reduce((width, row) => Math.max(width, displayWidth(row[at] ?? '')), Math.max(1, displayWidth(name))),
  );
  const room = terminalColumns - header.length - 1;
  let total = widths.reduce((sum, width) => sum + width, 0);
  if (total <= room) return widths;
  if (header.length * columnCellsMin > room) return null;
  while (total > room) {
    const at = widths.indexOf(Math.max(...widths));
    const second = Math.max(columnCellsMin, ...widths.filter((width) => width < widths[at]!));
    const cut = Math.max(1, Math.min(total - room, widths[at]! - second));
    widths[at] = widths[at]! - cut;
    total -= cut;
  }
  return widths;
}

/** All columns alike, for rows that are not yet known. Null as in `columnWidths`. */
export function evenWidths(header: readonly string[], terminalColumns: number): number[] | null {
  const each = Math.floor((terminalColumns - header.length - 1) / Math.max(1, header.length));
  return each < columnCellsMin ? null : header.map(() => each);
}

export function tableRule(widths: readonly number[]): string {
  return `+${widths.map((width) => '-'.repeat(width)).join('+')}+`;
}

/** A row, over several lines where a cell is wider than its column. */
export function tableRow(cells: readonly string[], widths: readonly number[]): string {
  const pieces = widths.map((width, at) => wrap(cells[at] ?? '', width));
  const height = Math.max(1, ...pieces.map((lines) => lines.length));
  return Array.from(
    { length: height },
    (_, line) => `|${widths.map((width, at) => padEnd(pieces[at]![line] ?? '', width)).join('|')}|`,
  ).join('\n');
}

export function tableHead(header: readonly string[], widths: readonly number[]): string {
  return `${tableRule(widths)}\n${tableRow(header, widths)}\n${tableRule(widths)}`;
}

export function verticalRow(header: readonly string[], cells: readonly string[], number: number): string {
  const width = Math.max(...header.map(displayWidth));
  return [`-- row ${number}`, ...header.map((name, at) => `${padEnd(name, width)} | ${cells[at] ?? ''}`)].join('\n');
}

/** A whole table that is known. */
export function tableText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  terminalColumns: number,
): string {
  if (rows.length === 0) return 'none';
  const widths = columnWidths(header, rows, terminalColumns);
  if (widths === null) return rows.map((row, at) => verticalRow(header, row, at + 1)).join('\n');
  return [tableHead(header, widths), ...rows.map((row) => tableRow(row, widths)), tableRule(widths)].join('\n');
}
