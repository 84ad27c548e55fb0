import { type QueryRows, rowJson } from '@headwater/sql';
import { cellText } from './cell-text.ts';
import { visible } from './display-width.ts';
import { columnWidths, evenWidths, tableHead, tableRow, tableRule, verticalRow } from './table.ts';

/** Rows that are looked at before widths of a table are chosen. */
const rowsLookedAt = 500;

export interface RowOutput {
  readonly format: 'tabular' | 'json';
  /** Rows are shown as they come: of push queries. */
  readonly isLive: boolean;
  readonly columns: number;
  write(text: string): void | Promise<void>;
}

/** Shows the rows of a query; resolves with their number. JSON: an object a line. */
export async function printRows(rows: QueryRows, output: RowOutput): Promise<number> {
  return output.format === 'json' ? printJson(rows, output) : printTable(rows, output);
}

async function printJson(rows: QueryRows, { write }: RowOutput): Promise<number> {
  let count = 0;
  for await (const row of rows) {
    await write(`${rowJson(row)}\n`);
    count++;
  }
  return count;
}

async function printTable(rows: QueryRows, { isLive, columns, write }: RowOutput): Promise<number> {
  const header = rows.columns.map(({ name }) => visible(name));
  const begun: string[][] = [];
  let widths: number[] | null = isLive ? evenWidths(header, columns) : null;
  let isHeadShown = false;
  let count = 0;
  const show = (cells: readonly string[]) => {
    count++;
    return write(`${widths === null ? verticalRow(header, cells, count) : tableRow(cells, widths)}\n`);
  };
  const begin = async () => {
    isHeadShown = true;
    if (!isLive) widths = columnWidths(header, begun, columns);
    if (widths !== null) await write(`${tableHead(header, widths)}\n`);
    for (const cells of begun) await show(cells);
  };
  if (isLive) await begin();
  for await (const values of rows.arrays()) {
    const cells = values.map(cellText);
    if (isHeadShown) {
      await show(cells);
    } else {
      begun.push(cells);
      if (begun.length >= rowsLookedAt) await begin();
    }
  }
  if (!isHeadShown) await begin();
  if (widths !== null) await write(`${tableRule(widths)}\n`);
  return count;
}
