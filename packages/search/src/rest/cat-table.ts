import { formatBytes } from '../cluster/units.ts';
import { illegalArgument } from '../errors.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer } from './router.ts';

/** A column of a cat table. */
export interface CatColumn {
  name: string;
  /** Short names, comma separated, as the help shows them. */
  aliases: string;
  description: string;
  isRight?: boolean;
  /** Left out unless asked for. */
  isHidden?: boolean;
  /** Values are sizes: shown as people read them unless `bytes` says otherwise. */
  isSize?: boolean;
}

export type CatCell = string | number | null;

export const catParams = [
  'h',
  'help',
  's',
  'v',
  'bytes',
  'time',
  'local',
  'master_timeout',
  'cluster_manager_timeout',
  'size',
  'ts',
];

/** A table as text in columns, or as JSON, with the columns and order that a request wants. */
export function catAnswer(request: RestRequest, columns: readonly CatColumn[], rows: readonly CatCell[][]): RestAnswer {
  if (request.boolean('help', false)) return { status: 200, text: help(columns) };
  const shown = chooseColumns(request.list('h'), columns);
  const sorted = sortRows(request.list('s'), columns, rows);
  const bytes = request.text('bytes');
  const cell = (row: readonly CatCell[], at: number): string => {
    const value = row[at] ?? null;
    if (value === null) return '';
    return columns[at]!.isSize ? showSize(Number(value), bytes) : String(value);
  };
  const accept = String(request.ctx.req.headers.accept ?? '');
  const wantsJson =
    request.text('format') === 'json' ||
    (request.text('format') === null &&
      /^application\/(json|vnd\.elasticsearch\+json)/.test(accept) &&
      !accept.includes('text/plain'));
  if (wantsJson) {
    const body = sorted.map((row) =>
      Object.fromEntries(shown.map(({ title, at }) => [title, row[at] === null ? null : cell(row, at)])),
    );
    return { status: 200, body };
  }
  const lines: string[][] = sorted.map((row) => shown.map(({ at }) => cell(row, at)));
  if (request.boolean('v', false)) lines.unshift(shown.map(({ title }) => title));
  const widths = shown.map((_, i) => Math.max(0, ...lines.map((line) => line[i]!.length)));
  const text = lines
    .map((line) => {
      const cells = line.map((value, i) => {
        const isRight = columns[shown[i]!.at]!.isRight === true;
        if (isRight) return value.padStart(widths[i]!);
        return i === line.length - 1 ? value : value.padEnd(widths[i]!);
      });
      return `${cells.join(' ')}\n`;
    })
    .join('');
  return { status: 200, text };
}

function chooseColumns(wanted: string[] | null, columns: readonly CatColumn[]): { title: string; at: number }[] {
  if (wanted === null) {
    return columns.flatMap((column, at) => (column.isHidden ? [] : [{ title: column.name, at }]));
  }
  const chosen: { title: string; at: number }[] = [];
  for (const pattern of wanted) {
    if (pattern.includes('*')) {
      const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
      columns.forEach((column, at) => {
        if (regex.test(column.name)) chosen.push({ title: column.name, at });
      });
      continue;
    }
    const at = columns.findIndex((column) => column.name === pattern || column.aliases.split(',').includes(pattern));
    if (at >= 0) chosen.push({ title: pattern, at });
  }
  return chosen;
}

function sortRows(keys: string[] | null, columns: readonly CatColumn[], rows: readonly CatCell[][]): CatCell[][] {
  const sorted = [...rows];
  if (keys === null) return sorted;
  const orders = keys.map((key) => {
    const [name, order] = key.split(':') as [string, string | undefined];
    const at = columns.findIndex((column) => column.name === name || column.aliases.split(',').includes(name));
    if (at < 0) throw illegalArgument(`Unable to sort by unknown sort key \`${name}\``);
    return { at, sign: order === 'desc' ? -1 : 1 };
  });
  return sorted.sort((a, b) => {
    for (const { at, sign } of orders) {
      const x = a[at] ?? null;
      const y = b[at] ?? null;
      if (x === y) continue;
      if (x === null) return 1;
      if (y === null) return -1;
      return x < y ? -sign : sign;
    }
    return 0;
  });
}

const sizeUnits: Record<string, number> = {
  b: 1,
  kb: 1024,
  k: 1024,
  mb: 1024 ** 2,
  m: 1024 ** 2,
  gb: 1024 ** 3,
  g: 1024 ** 3,
};

function showSize(bytes: number, unit: string | null): string {
  if (unit === null) return formatBytes(bytes);
  const factor = sizeUnits[unit];
  if (factor === undefined) throw illegalArgument(`Failed to parse value [${unit}] of [bytes]`);
  return String(Math.floor(bytes / factor));
}

function help(columns: readonly CatColumn[]): string {
  const widths = [0, 1, 2].map((part) => Math.max(...columns.map((column) => fieldsOf(column)[part]!.length)));
  return columns
    .map(
      (column) =>
        `${fieldsOf(column)
          .map((text, part) => text.padEnd(widths[part]!))
          .join(' | ')}\n`,
    )
    .join('');
}

function fieldsOf(column: CatColumn): [string, string, string] {
  return [column.name, column.aliases, column.description];
}
