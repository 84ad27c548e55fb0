import { arrayType, decimalType, type SqlFunction, type SqlType, sqlTypes, structType } from '@headwater/sql';

const { bigint, boolean, double, integer, string } = sqlTypes;
const structA = structType([{ name: 'A', type: string }]);
const about = { category: 'TEST', description: 'Of the cases only.' };

type ScalarFunction = SqlFunction & { kind: 'scalar' };
type AggregateFunction = SqlFunction & { kind: 'aggregate' };
type TableFunction = SqlFunction & { kind: 'table' };
type Pattern = ScalarFunction['variants'][number]['parameters'][number]['type'];
type Evaluate = ReturnType<ScalarFunction['variants'][number]['create']>;
type Aggregator = ReturnType<AggregateFunction['variants'][number]['create']>;

/** Types in their order; the last one in an array of its own takes any number. */
function parametersOf(types: readonly (Pattern | [Pattern])[]): ScalarFunction['variants'][number]['parameters'] {
  return types.map((type, at) =>
    Array.isArray(type)
      ? { name: `arg${at}`, type: type[0], isVariadic: true }
      : { name: `arg${at}`, type: type as Pattern },
  );
}

function scalarVariant(types: readonly (Pattern | [Pattern])[], returns: SqlType, create: () => Evaluate) {
  return { parameters: parametersOf(types), returns, create, isNullTaken: true };
}

function scalar(name: string, ...variants: ReturnType<typeof scalarVariant>[]): ScalarFunction {
  return { kind: 'scalar', name, ...about, variants };
}

function fail(): never {
  throw new Error('It is there to fail');
}

function always(value: unknown): () => Evaluate {
  return () => () => value;
}

function ifAllowed(): Evaluate {
  return (value: unknown, isAllowed: boolean) => (isAllowed ? value : fail());
}

function nullEverySecondTime(): Evaluate {
  let calls = 0;
  return (text: unknown) => (++calls % 2 === 1 ? null : text);
}

const scalars: readonly ScalarFunction[] = [
  scalar(
    'TEST_UDF',
    scalarVariant([integer, string], string, always('doStuffIntString')),
    scalarVariant([bigint, string], string, always('doStuffLongString')),
    scalarVariant([bigint, bigint, string], string, always('doStuffLongLongString')),
    scalarVariant([[bigint]], string, always('doStuffLongVarargs')),
    scalarVariant([structA], string, () => (value: unknown[] | null) => value?.[0] ?? null),
    scalarVariant([], structA, always(['foo'])),
  ),
  scalar(
    'TOSTRUCT',
    scalarVariant([string], structA, () => (text: unknown) => [text]),
  ),
  scalar(
    'BAD_UDF',
    scalarVariant([integer], integer, () => fail),
    scalarVariant([boolean], integer, () => (isFailing: boolean) => (isFailing ? fail() : 0)),
    scalarVariant([string], string, nullEverySecondTime),
  ),
  scalar('WHENCONDITION', scalarVariant([boolean, boolean], boolean, ifAllowed)),
  scalar('WHENRESULT', scalarVariant([integer, boolean], integer, ifAllowed)),
];

const anyDecimal: Pattern = { kind: 'ANY_DECIMAL' };
const single: readonly SqlType[] = [integer, bigint, double, boolean, string];
const seven: readonly Pattern[] = [integer, bigint, double, boolean, string, anyDecimal, structA];
const wide = decimalType(30, 10);

function textOf(type: Pattern, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (type === structA) return `Struct{A=${(value as unknown[])[0]}}`;
  return type === double && Number.isInteger(value) ? `${value}.0` : String(value);
}

function first(value: unknown): unknown {
  if (value instanceof Map) return value.values().next().value;
  return (value as unknown[] | null)?.[0];
}

function tableVariant(types: readonly Pattern[], returns: SqlType, rows: (...values: never[]) => unknown[]) {
  return { parameters: parametersOf(types), returns, create: () => rows };
}

function textsOf(pick: (value: unknown) => unknown): (...values: never[]) => unknown[] {
  return (...values: unknown[]) => values.map((value, at) => textOf(seven[at]!, pick(value)));
}

const tables: readonly TableFunction[] = [
  {
    kind: 'table',
    name: 'TEST_UDTF',
    ...about,
    variants: [
      ...single.map((type) => tableVariant([type], type, (value: unknown) => (value === null ? [] : [value]))),
      tableVariant([structA], structA, (value: unknown) => [value]),
      {
        ...tableVariant([anyDecimal], wide, (value: unknown) => [value]),
        returns: wide,
        create: () => (value: { withScale(scale: number): unknown } | null) => [value?.withScale(10) ?? null],
      },
      tableVariant(
        seven,
        string,
        textsOf((value) => value),
      ),
      tableVariant(
        seven.map((element) => ({ kind: 'ARRAY_OF', element })),
        string,
        textsOf(first),
      ),
      tableVariant(
        seven.map((value) => ({ kind: 'MAP_OF', key: string, value })),
        string,
        textsOf(first),
      ),
    ],
  },
  {
    kind: 'table',
    name: 'THROWING_UDTF',
    ...about,
    variants: [tableVariant([boolean], boolean, (isFailing: boolean) => (isFailing ? fail() : [false]))],
  },
];

/** Texts count by their length, numbers by their value, null not at all. */
function sizeOf(value: unknown): number {
  if (value === null || value === undefined) return 0;
  return typeof value === 'string' ? value.length : Number(value);
}

function sizes(values: readonly unknown[]): number {
  return values.reduce((sum: number, value) => sum + sizeOf(value), 0);
}

function summing(start: number, end = 0, stateType: SqlType = bigint): Aggregator {
  return {
    stateType,
    initial: () => start,
    add: (state, ...values) => (state as number) + sizes(values),
    undo: (state, ...values) => (state as number) - sizes(values),
    merge: (one, other) => (one as number) + (other as number) - start,
    result: (state) => (state as number) + end,
  };
}

function collecting(stateType: SqlType): Aggregator {
  return {
    stateType,
    initial: () => [],
    add: (state, ...values) => (values.includes(null) ? state : [...(state as unknown[]), values[0]]),
    undo: null,
    merge: (one, other) => [...(one as unknown[]), ...(other as unknown[])],
    result: (state) => state,
  };
}

const pair = structType([
  { name: 'A', type: integer },
  { name: 'B', type: integer },
]);

const structSum: Aggregator = {
  stateType: pair,
  initial: () => [0, 0],
  add: (state, value) => (state as number[]).map((sum, at) => sum + sizeOf((value as unknown[] | null)?.[at])),
  undo: null,
  merge: (one, other) => (one as number[]).map((sum, at) => sum + (other as number[])[at]!),
  result: (state) => state,
};

type Create = AggregateFunction['variants'][number]['create'];

function aggregateVariant(
  types: readonly (Pattern | [Pattern])[],
  returns: AggregateFunction['variants'][number]['returns'],
  literalsCount: number,
  create: Create,
) {
  return { parameters: parametersOf(types), returns, literalsCount, create };
}

function aggregate(name: string, ...variants: ReturnType<typeof aggregateVariant>[]): AggregateFunction {
  return { kind: 'aggregate', name, ...about, variants };
}

/** Starts at the literals behind so many columns. */
function startingAt(columns: number): Create {
  return ({ literals }) => ({ ...summing(sizes(literals.slice(columns))), undo: null });
}

const notUndone = (aggregator: Aggregator): Aggregator => ({ ...aggregator, undo: null });
const variable = (name: string): Pattern => ({ kind: 'VARIABLE', name });

const aggregates: readonly AggregateFunction[] = [
  aggregate(
    'TEST_UDAF',
    aggregateVariant([bigint], bigint, 0, () => summing(0)),
    aggregateVariant([integer], bigint, 0, () => summing(0)),
    aggregateVariant([double], double, 0, () => notUndone(summing(0, 0, double))),
    aggregateVariant([string, string], bigint, 1, startingAt(1)),
    aggregateVariant([pair], pair, 0, () => structSum),
  ),
  aggregate(
    'VAR_ARG',
    aggregateVariant([bigint, [string]], bigint, 0, () => notUndone(summing(0))),
  ),
  aggregate(
    'MID_VAR_ARG',
    aggregateVariant([bigint, [string], integer, integer], bigint, 2, ({ literals }) =>
      notUndone(summing(0, sizes(literals.slice(-2)))),
    ),
  ),
  aggregate('MULTI_ARG', aggregateVariant([bigint, string, integer, [string]], bigint, 2, startingAt(2))),
  aggregate(
    'FOUR_ARG',
    aggregateVariant([bigint, string, string, string, integer, [string]], bigint, 2, startingAt(4)),
  ),
  aggregate(
    'FIVE_ARG',
    aggregateVariant([bigint, string, string, string, integer, integer, [string]], bigint, 2, startingAt(5)),
  ),
  aggregate(
    'OBJ_COL_ARG',
    aggregateVariant([integer, [{ kind: 'ANY' }]], arrayType(integer), 0, ({ returnType }) => collecting(returnType)),
  ),
  aggregate(
    'GENERIC_VAR_ARG',
    aggregateVariant(
      [variable('A'), variable('B'), [variable('C')]],
      { kind: 'ARRAY_OF', element: variable('A') },
      0,
      ({ returnType }) => collecting(returnType),
    ),
  ),
];

/** Functions that only the cases call. */
export function testFunctions(): readonly SqlFunction[] {
  return [...scalars, ...tables, ...aggregates];
}
