import { arrayType } from '../../types/sql-type.ts';
import { parameter } from '../define.ts';
import type { TableFunction } from '../function.ts';
import { arrayOf, patterns, variable } from '../type-pattern.ts';

const category = 'TABLE';
const T = variable('T');
const columnsMax = 20;

/** All ways to leave out values, those with most left out first; null stays null. */
function cube(columns: readonly unknown[] | null): readonly unknown[] | null {
  if (columns === null) return null;
  if (columns.length > columnsMax) {
    throw new RangeError(
      `CUBE_EXPLODE takes at most ${columnsMax} columns: ${columns.length} would give 2^${columns.length} rows`,
    );
  }
  let present = 0;
  const last = columns.length - 1;
  for (const [at, value] of columns.entries()) if (value !== null) present |= 1 << (last - at);
  const rows: unknown[][] = [];
  for (let mask = 0; mask < 1 << columns.length; mask++) {
    if ((mask & present) === mask) rows.push(columns.map((value, at) => ((mask >> (last - at)) & 1 ? value : null)));
  }
  return rows;
}

function same(list: readonly unknown[] | null): readonly unknown[] | null {
  return list;
}

export const tableFunctions: readonly TableFunction[] = [
  {
    kind: 'table',
    name: 'EXPLODE',
    category,
    description: 'A row for each element of an array.',
    example: 'SELECT ID, EXPLODE(ITEMS) AS ITEM FROM ORDERS EMIT CHANGES',
    variants: [
      {
        parameters: [parameter('input', arrayOf(patterns.decimal), 'The array.')],
        returns: ([type]) => (type?.kind === 'ARRAY' ? type.element : { kind: 'DECIMAL', precision: 1, scale: 0 }),
        create: () => same,
      },
      { parameters: [parameter('list', arrayOf(T), 'The array.')], returns: T, create: () => same },
    ],
  },
  {
    kind: 'table',
    name: 'CUBE_EXPLODE',
    category,
    description: 'A row for each way to leave out some of the columns (null stands for them).',
    example: 'SELECT CUBE_EXPLODE(ARRAY[COUNTRY, CITY]) FROM SALES EMIT CHANGES',
    variants: [
      {
        parameters: [parameter('columns', arrayOf(T), 'The columns, at most 20.')],
        returns: ([type]) => arrayType(type?.kind === 'ARRAY' ? type.element : { kind: 'STRING' }),
        create: () => cube,
      },
    ],
  },
];
