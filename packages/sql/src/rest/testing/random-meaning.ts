import { builtInFunctions } from '../../functions/built-in.ts';
import type { TypePattern } from '../../functions/function.ts';
import type { SeededRandom } from '../../syntax/testing/seeded-random.ts';

/** Sources that `randomMeaning` speaks of. */
export const knownSources: readonly string[] = [
  "CREATE STREAM S (K STRING KEY, I INT, B BIGINT, D DOUBLE, P DECIMAL(9, 2), T STRING, F BOOLEAN, Y BYTES, DT DATE, TM TIME, TS TIMESTAMP, A ARRAY<INT>, M MAP<STRING, INT>, O STRUCT<I INT, T STRING>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);",
  "CREATE STREAM R (K STRING KEY, I INT, T STRING) WITH (KAFKA_TOPIC='r', VALUE_FORMAT='DELIMITED', PARTITIONS=1);",
  "CREATE TABLE U (K STRING PRIMARY KEY, I INT, T STRING) WITH (KAFKA_TOPIC='u', VALUE_FORMAT='JSON', PARTITIONS=1);",
];

type Kind = keyof typeof valuesOfKind;

/** Columns and literals of a kind, with those that are at its edges. */
const valuesOfKind = {
  INTEGER: ['S.I', 'S.ROWPARTITION', '0', '-1', '2147483647', 'S.A[1]', "S.M['a']", 'S.O->I'],
  BIGINT: ['S.B', 'S.ROWTIME', '-9223372036854775807', '2147483648'],
  DOUBLE: ['S.D', '1E308', '-0E0', '1.5E-300'],
  DECIMAL: ['S.P', '1.50', '-9999999.99', '0.0000000001'],
  STRING: [
    'S.T',
    'S.K',
    "''",
    "'x'",
    "'2024-02-30T25:61'",
    "'%_'",
    "'(a+'",
    "'$.a[0]'",
    "'yyyy-MM-dd'",
    "'UTC'",
    "'hex'",
  ],
  BOOLEAN: ['S.F', 'TRUE', '(S.I > 1)', '(S.T IS NULL)'],
  BYTES: ['S.Y', "TO_BYTES('00ff', 'hex')"],
  DATE: ['S.DT'],
  TIME: ['S.TM'],
  TIMESTAMP: ['S.TS'],
  ARRAY: ['S.A', 'ARRAY[1, NULL, -5]', 'GENERATE_SERIES(1, 3)'],
  MAP: ['S.M', "MAP('a' := 1)"],
  STRUCT: ['S.O', "STRUCT(I := 1, T := 'x')"],
} as const;
const kinds = Object.keys(valuesOfKind) as Kind[];
const types = ['INT', 'BIGINT', 'DOUBLE', 'DECIMAL(4, 2)', 'STRING', 'BOOLEAN', 'BYTES', 'DATE', 'TIME', 'TIMESTAMP'];
const operators = ['+', '-', '*', '/', '%'];
const comparisons = ['=', '<>', '<', '>=', 'IS DISTINCT FROM'];
const functions = builtInFunctions().all();
const windows = [
  'WINDOW TUMBLING (SIZE 1 SECOND)',
  'WINDOW HOPPING (SIZE 9 SECONDS, ADVANCE BY 2 SECONDS)',
  'WINDOW SESSION (5 SECONDS, GRACE PERIOD 1 DAY)',
];
const formats = ['JSON', 'DELIMITED', 'KAFKA', 'PROTOBUF_NOSR', 'AVRO', 'PROTOBUF', 'JSON_SR', 'NONE'];

/** A statement on the sources above: its names are there, its types fit more often than not, and it makes no sense. */
export function randomMeaning(random: SeededRandom): string {
  const name = `X${random.below(5)}`;
  const any = () => expression(random, random.pick(kinds), 2).replaceAll('S.', '');
  switch (random.below(12)) {
    case 0:
      return `INSERT INTO ${random.pick(['S', 'R', 'U'])} (${random.list(1, 3, () => random.pick(['K', 'I', 'T', 'P', 'A', 'O', 'Y'])).join(', ')}) VALUES (${random.list(1, 3, any).join(', ')});`;
    case 1:
      return `DROP ${random.pick(['STREAM', 'TABLE'])} IF EXISTS ${name}${random.pick(['', ' DELETE TOPIC'])};`;
    case 2:
      return `CREATE STREAM ${name} (K STRING KEY, V ${random.pick(types)}) WITH (KAFKA_TOPIC='${name}', PARTITIONS=1, VALUE_FORMAT='${random.pick(formats)}');`;
    case 3:
      return `EXPLAIN ${plainQuery(random)};`;
    case 4:
      return `${random.pick(['DESCRIBE', 'DESCRIBE FUNCTION', 'TERMINATE', 'PAUSE'])} ${random.pick(['S', name, 'ABS', 'CSAS_X1_1'])};`;
    case 5:
    case 6:
      return `CREATE TABLE ${name} ${properties(random)}AS ${groupedQuery(random)};`;
    case 7:
      return `CREATE STREAM ${name} ${properties(random)}AS ${joinQuery(random)};`;
    default:
      return `CREATE ${random.pick(['', 'OR REPLACE '])}STREAM ${name} ${properties(random)}AS ${plainQuery(random)};`;
  }
}

function properties(random: SeededRandom): string {
  return random.chance(0.3) ? `WITH (VALUE_FORMAT='${random.pick(formats)}') ` : '';
}

function items(random: SeededRandom): string {
  return random
    .list(1, 3, () => expression(random, random.pick(kinds), 3))
    .map((item, at) => `${item} AS C${at}`)
    .join(', ');
}

function where(random: SeededRandom): string {
  return random.chance(0.3) ? ` WHERE ${expression(random, 'BOOLEAN', 3)}` : '';
}

function plainQuery(random: SeededRandom): string {
  if (random.chance(0.3)) {
    const key = expression(random, random.pick(kinds), 2);
    return `SELECT ${key} AS NEW_KEY, ${items(random)} FROM S${where(random)} PARTITION BY ${key} EMIT CHANGES`;
  }
  return `SELECT K, ${items(random)} FROM S${where(random)} EMIT CHANGES`;
}

function groupedQuery(random: SeededRandom): string {
  const key = random.chance(0.5) ? 'S.K' : expression(random, random.pick(kinds), 2);
  const aggregates = functions.filter(({ kind }) => kind === 'aggregate');
  const columns = random
    .list(1, 3, () => call(random, random.pick(aggregates), 2))
    .map((item, at) => `${item} AS C${at}`);
  const having = random.chance(0.2) ? ' HAVING COUNT(*) > 1' : '';
  const window = random.chance(0.4) ? random.pick(windows) : '';
  const final = window !== '' && random.chance(0.3) ? 'FINAL' : 'CHANGES';
  return `SELECT ${key} AS NEW_KEY, ${columns.join(', ')} FROM S ${window}${where(random)} GROUP BY ${key}${having} EMIT ${final}`;
}

function joinQuery(random: SeededRandom): string {
  const kind = random.pick(['JOIN', 'LEFT JOIN', 'FULL OUTER JOIN', 'RIGHT JOIN']);
  const other = random.chance(0.5) ? 'R WITHIN 1 HOUR' : 'U';
  const name = other[0];
  const condition = `${random.pick(['S.K', 'S.T', 'S.I', 'UCASE(S.T)'])} = ${name}.${random.pick(['K', 'K', 'T', 'I'])}`;
  return `SELECT *, ${items(random)} FROM S ${kind} ${other} ON ${condition}${where(random)} EMIT CHANGES`;
}

/** Nine times in ten of the kind. */
function expression(random: SeededRandom, wanted: Kind, depth: number): string {
  const kind = random.chance(0.1) ? random.pick(kinds) : wanted;
  if (random.chance(0.03)) return 'NULL';
  if (depth === 0 || random.chance(0.25)) return random.pick<string>(valuesOfKind[kind]);
  const inner = (of: Kind = kind) => expression(random, of, depth - 1);
  switch (random.below(5)) {
    case 0: {
      if (kind === 'BOOLEAN') {
        const of = random.pick(kinds);
        return random.pick([
          `(${inner(of)} ${random.pick(comparisons)} ${inner(of)})`,
          `(${inner()} AND NOT ${inner()})`,
          `(${inner(of)} IN (${inner(of)}, ${inner(of)}))`,
          `(${inner('STRING')} LIKE ${inner('STRING')})`,
          `(${inner(of)} BETWEEN ${inner(of)} AND ${inner(of)})`,
        ]);
      }
      return `(${inner()} ${random.pick(operators)} ${inner()})`;
    }
    case 1:
      return `CASE WHEN ${inner('BOOLEAN')} THEN ${inner()} ELSE ${inner()} END`;
    case 2:
      return `CAST(${inner(random.pick(kinds))} AS ${random.pick(types)})`;
    default: {
      const fitting = functions.filter(
        (each) =>
          each.kind === 'scalar' &&
          each.variants.some(({ returns }) => typeof returns === 'object' && kindOf(returns) === kind),
      );
      if (fitting.length === 0 || random.chance(0.2))
        return call(random, random.pick(functions.filter((each) => each.kind === 'scalar')), depth);
      return call(random, random.pick(fitting), depth);
    }
  }
}

function kindOf(pattern: TypePattern): Kind | null {
  switch (pattern.kind) {
    case 'ANY_DECIMAL':
      return 'DECIMAL';
    case 'ARRAY_OF':
      return 'ARRAY';
    case 'MAP_OF':
      return 'MAP';
    default:
      return pattern.kind in valuesOfKind ? (pattern.kind as Kind) : null;
  }
}

function call(random: SeededRandom, { name, variants }: (typeof functions)[number], depth: number): string {
  const { parameters } = random.pick<(typeof variants)[number]>(variants);
  // What is generic is one kind in all of a call, more often than not.
  const common = random.pick(kinds);
  const given = parameters.flatMap(({ isVariadic, type }) =>
    random.list(isVariadic ? 0 : 1, isVariadic ? 3 : 1, () => {
      if (type.kind === 'INTERVAL_UNIT') return random.pick(['DAYS', 'HOURS', 'MILLISECONDS', 'YEARS']);
      if (type.kind === 'LAMBDA') return lambda(random, type.parameters.length);
      if (name.startsWith('TOPK') && type.kind === 'INTEGER') return '2';
      return expression(random, kindOf(type) ?? common, depth - 1);
    }),
  );
  return `${name}(${given.join(', ')})`;
}

function lambda(random: SeededRandom, count: number): string {
  const names = ['aa', 'bb', 'cc'].slice(0, count);
  const body = random.pick([
    names.join(' + '),
    names.at(-1)!,
    `${names[0]} = ${names.at(-1)}`,
    `${names.at(-1)} > 1`,
    'NULL',
    "'x'",
  ]);
  return `(${names.join(', ')}) => ${body}`;
}
