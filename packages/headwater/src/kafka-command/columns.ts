import { displayWidth, padEnd, visible } from '../sql/render/display-width.ts';

/** A cell: numbers stand at the right. Null is shown as a minus. */
export type Cell = string | number | null;

const gap = '  ';

/** Columns by spaces, one row a line, as `awk` and people read them; values of others cannot move the cursor. */
export function columns(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = header.map((name, at) =>
    texts.reduce((width, row) => Math.max(width, displayWidth(row[at]!)), name.length),
  );
  const isNumber = header.map((_, at) => rows.length > 0 && rows.every((row) => typeof row[at] !== 'string'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => {
        if (!isNumber[at]) return padEnd(cell, widths[at]!);
        return ' '.repeat(widths[at]! - displayWidth(cell)) + cell;
      })
      .join(gap)
      .trimEnd();
  return [line(header), ...texts.map(line)].join('\n');
}

function cellText(cell: Cell): string {
  if (cell === null) return '-';
  return typeof cell === 'number' ? String(cell) : visible(cell);
}

/** `3 partitions`, `1 partition`, `12,340 records`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1.2 MB`: powers of ten, as disks are sold. */
export function sizeText(bytes: number | null): string {
  if (bytes === null) return '-';
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let at = -1;
  let size = bytes;
  while (size >= 1000 && at < units.length - 1) {
    size /= 1000;
    at += 1;
  }
  return `${size.toFixed(size < 10 ? 1 : 0)} ${units[at]}`;
}
