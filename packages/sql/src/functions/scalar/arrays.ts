import { comparator, compareDoubles } from '../../types/comparison.ts';
import { arrayType, type SqlType, sqlTypes } from '../../types/sql-type.ts';
import { addLongs, compareLongs, type Long } from '../../values/long.ts';
import { checkElements, limitedText } from '../../values/size-limits.ts';
import { identityOf } from '../../values/value-set.ts';
import { textFunction } from '../../values/value-text.ts';
import { parameter, scalar, variant, variantAt } from '../define.ts';
import type { CallSite, ScalarFunction } from '../function.ts';
import { spendElements } from '../lambda-budget.ts';
import { arrayOf, variable } from '../type-pattern.ts';

const { string, integer, bigint, boolean } = sqlTypes;
const category = 'ARRAY';
const T = variable('T');
const array = parameter('array', arrayOf(T), 'The array.');
const other = parameter('right', arrayOf(T), 'The other array.');
const nulls = { isNullTaken: true };

function distinct(list: readonly unknown[], known = new Set<unknown>()): unknown[] {
  const out: unknown[] = [];
  for (const value of list) {
    const identity = identityOf(value);
    if (known.has(identity)) continue;
    known.add(identity);
    out.push(value);
  }
  return out;
}

function joined(one: readonly unknown[], other: readonly unknown[]): unknown[] {
  const count = one.length + other.length;
  checkElements(count);
  spendElements(count);
  return one.concat(other);
}

function identities(list: readonly unknown[]): Set<unknown> {
  return new Set(list.map(identityOf));
}

type Compare = (one: unknown, other: unknown) => number;

/** Orders elements; nulls are not given to it. */
function elementOrder({ argumentTypes }: CallSite): Compare {
  const type = argumentTypes[0];
  const element: SqlType | undefined = type?.kind === 'ARRAY' ? type.element : undefined;
  if (element === undefined || element.kind === 'BOOLEAN') return (one, other) => Number(one) - Number(other);
  if (element.kind === 'DOUBLE') return compareDoubles as Compare;
  const compare = comparator(element, element) as Compare | null;
  if (compare !== null) return compare;
  // Where nothing has to be compared, nothing fails.
  return () => {
    throw new RangeError('Only arrays of numbers, texts, booleans, bytes and times have an order');
  };
}

function extreme(site: CallSite, sign: 1 | -1): (list: readonly unknown[]) => unknown {
  const compare = elementOrder(site);
  return (list) => {
    let best: unknown = null;
    for (const value of list) if (value !== null && (best === null || compare(value, best) * sign > 0)) best = value;
    return best;
  };
}

function sorted(list: readonly unknown[], compare: Compare, sign: 1 | -1): unknown[] {
  // Nulls are the last, whatever the direction.
  return list.toSorted((one, other) => {
    if (one === null || other === null) return (one === null ? 1 : 0) - (other === null ? 1 : 0);
    return compare(one, other) * sign;
  });
}

function direction(name: string): 1 | -1 {
  switch (name.toUpperCase()) {
    case 'ASC':
    case 'ASCENDING':
      return 1;
    case 'DESC':
    case 'DESCENDING':
      return -1;
    default:
      throw new RangeError(`'${name}' is no direction: write ASC or DESC`);
  }
}

const joinable = new Set(['BOOLEAN', 'INTEGER', 'BIGINT', 'DOUBLE', 'DECIMAL', 'STRING']);

function joiner({ argumentTypes }: CallSite): (list: readonly unknown[], delimiter: string) => string {
  const type = argumentTypes[0];
  const element = type?.kind === 'ARRAY' ? type.element : string;
  const textOf = joinable.has(element.kind)
    ? textFunction(element)
    : () => {
        throw new RangeError(`ARRAY_JOIN takes arrays of numbers, texts and booleans, not of ${element.kind}`);
      };
  return (list, delimiter) => {
    let text = '';
    for (const [at, value] of list.entries()) {
      if (at > 0) text += delimiter;
      text = limitedText(text + (value === null ? 'null' : textOf(value)));
    }
    return text;
  };
}

function series(start: Long, end: Long, step: number): Long[] {
  if (step === 0) throw new RangeError('GENERATE_SERIES step cannot be zero');
  const direction = compareLongs(end, start);
  if (direction !== 0 && Math.sign(step) !== direction) {
    throw new RangeError(`GENERATE_SERIES step has wrong sign: it never gets from ${start} to ${end}`);
  }
  const count = (BigInt(end) - BigInt(start)) / BigInt(step) + 1n;
  checkElements(count);
  spendElements(Number(count));
  const out: Long[] = [];
  let value = start;
  for (let n = 0; n < Number(count); n++) {
    out.push(value);
    value = addLongs(value, step);
  }
  return out;
}

const step = parameter('step', integer, 'From one to the next; default 1, or -1 downwards.');

function seriesVariants(type: typeof integer | typeof bigint): ReturnType<typeof variant>[] {
  const [start, end] = [parameter('start', type, 'The first.'), parameter('end', type, 'Not beyond this.')];
  return [
    variant([start, end], arrayType(type), (from: Long, to: Long) =>
      series(from, to, compareLongs(to, from) < 0 ? -1 : 1),
    ),
    variant([start, end, step], arrayType(type), series),
  ];
}

export const arrayFunctions: readonly ScalarFunction[] = [
  scalar(
    'ARRAY_CONCAT',
    {
      category,
      description: 'The elements of two arrays in one.',
      example: 'ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2]) → [1, 2, 2]',
    },
    variant(
      [array, other],
      arrayOf(T),
      (one: unknown[] | null, two: unknown[] | null) =>
        one === null || two === null ? (one ?? two) : joined(one, two),
      nulls,
    ),
  ),
  scalar(
    'ARRAY_CONTAINS',
    {
      category,
      description: 'Whether a value is in an array.',
      example: "ARRAY_CONTAINS(ARRAY['a', 'b'], 'b') → true",
    },
    variant(
      [array, parameter('value', T, 'What is looked for.')],
      boolean,
      (list: unknown[] | null, value: unknown) => {
        if (list === null) return false;
        if (value === null || typeof value !== 'object') return list.includes(value);
        const identity = identityOf(value);
        return list.some((each) => identityOf(each) === identity);
      },
      nulls,
    ),
  ),
  scalar(
    'ARRAY_DISTINCT',
    {
      category,
      description: 'Each value of an array once, where it came first.',
      example: 'ARRAY_DISTINCT(ARRAY[1, 2, 1]) → [1, 2]',
    },
    variant([array], arrayOf(T), (list: unknown[]) => distinct(list)),
  ),
  scalar(
    'ARRAY_EXCEPT',
    {
      category,
      description: 'The distinct values of the first array that are not in the second.',
      example: 'ARRAY_EXCEPT(ARRAY[1, 2, 2, 3], ARRAY[3]) → [1, 2]',
    },
    variant([array, other], arrayOf(T), (list: unknown[], exceptions: unknown[]) =>
      distinct(list, identities(exceptions)),
    ),
  ),
  scalar(
    'ARRAY_INTERSECT',
    {
      category,
      description: 'The distinct values of the first array that are in the second too.',
      example: 'ARRAY_INTERSECT(ARRAY[1, 2, 2], ARRAY[2, 3]) → [2]',
    },
    variant([array, other], arrayOf(T), (list: unknown[], others: unknown[]) => {
      const known = identities(others);
      return distinct(list).filter((value) => known.has(identityOf(value)));
    }),
  ),
  scalar(
    'ARRAY_UNION',
    {
      category,
      description: 'The distinct values of both arrays, those of the first one first.',
      example: 'ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3]) → [1, 2, 3]',
    },
    variant([array, other], arrayOf(T), (one: unknown[], two: unknown[]) => distinct(joined(one, two))),
  ),
  scalar(
    'ARRAY_REMOVE',
    { category, description: 'The array without a value.', example: 'ARRAY_REMOVE(ARRAY[1, 2, 1], 1) → [2]' },
    variant(
      [array, parameter('victim', T, 'What goes; null too.')],
      arrayOf(T),
      (list: unknown[] | null, victim: unknown) => {
        if (list === null) return null;
        const identity = identityOf(victim);
        return list.filter((value) => identityOf(value) !== identity);
      },
      nulls,
    ),
  ),
  scalar(
    'ARRAY_LENGTH',
    { category, description: 'How many elements an array has.', example: 'ARRAY_LENGTH(ARRAY[1, NULL]) → 2' },
    variant([array], integer, (list: unknown[]) => list.length),
  ),
  scalar(
    'ARRAY_MAX',
    { category, description: 'The greatest element; nulls are left out.', example: 'ARRAY_MAX(ARRAY[1, NULL, 3]) → 3' },
    variantAt([array], T, (site) => extreme(site, 1)),
  ),
  scalar(
    'ARRAY_MIN',
    { category, description: 'The least element; nulls are left out.', example: 'ARRAY_MIN(ARRAY[1, NULL, 3]) → 1' },
    variantAt([array], T, (site) => extreme(site, -1)),
  ),
  scalar(
    'ARRAY_SORT',
    {
      category,
      description: 'The array in order, nulls at the end.',
      example: "ARRAY_SORT(ARRAY[2, NULL, 1], 'DESC') → [2, 1, NULL]",
    },
    variantAt([array], arrayOf(T), (site) => {
      const compare = elementOrder(site);
      return (list: unknown[]) => sorted(list, compare, 1);
    }),
    variantAt([array, parameter('direction', string, 'ASC or DESC.')], arrayOf(T), (site) => {
      const compare = elementOrder(site);
      return (list: unknown[], name: string) => sorted(list, compare, direction(name));
    }),
  ),
  scalar(
    'ARRAY_JOIN',
    {
      category,
      description: "The elements' texts with a delimiter between them, default a comma; null is written null.",
      example: "ARRAY_JOIN(ARRAY[1, NULL, 3], '-') → '1-null-3'",
    },
    variantAt([array], string, (site) => {
      const join = joiner(site);
      return (list: unknown[]) => join(list, ',');
    }),
    variantAt(
      [array, parameter('delimiter', string, 'Null is none.')],
      string,
      (site) => {
        const join = joiner(site);
        return (list: unknown[] | null, delimiter: string | null) =>
          list === null ? null : join(list, delimiter ?? '');
      },
      nulls,
    ),
  ),
  scalar(
    'GENERATE_SERIES',
    {
      category,
      description: 'The numbers from one to another.',
      example: 'GENERATE_SERIES(1, 7, 3) → [1, 4, 7]',
    },
    ...seriesVariants(integer),
    ...seriesVariants(bigint),
  ),
  scalar(
    'SLICE',
    {
      category,
      description: 'A part of an array; null where the array has no such part.',
      example: "SLICE(ARRAY['a', 'b', 'c'], 2, 3) → ['b', 'c']",
    },
    variant(
      [
        array,
        parameter('from', integer, 'The position of the first, from 1; null: the first of the array.'),
        parameter('to', integer, 'The position of the last; null: the last of the array.'),
      ],
      arrayOf(T),
      (list: unknown[] | null, from: number | null, to: number | null) => {
        if (list === null) return null;
        const [start, end] = [from === null ? 0 : from - 1, to ?? list.length];
        if (start < 0 || end > list.length) return null;
        if (start > end) throw new RangeError(`There is nothing from ${from} to ${to}`);
        return list.slice(start, end);
      },
      nulls,
    ),
  ),
];
