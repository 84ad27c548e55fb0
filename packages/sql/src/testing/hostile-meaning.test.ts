import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runCase } from './run-case.ts';
import { readTestFile } from './test-case.ts';

/** What is wrong with the one row that a query gives for `value`; nothing: it is `expected`. */
async function failures(columns: string, projection: string, value: string, expected: string) {
  const statements = [
    `CREATE STREAM S (K STRING KEY, ${columns}) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);`,
    `CREATE STREAM RESULT AS SELECT K, ${projection} FROM S;`,
  ];
  const records = `"inputs":[{"topic":"s","key":"k","value":${value}}],"outputs":[{"topic":"RESULT","key":"k","value":${expected}}]`;
  const file = `{"tests":[{"name":"t","statements":${JSON.stringify(statements)},${records}}]}`;
  return (await runCase(readTestFile(file, 'hostile').cases[0]!, { functions: builtInFunctions() })).failures;
}

const loop = (initial: string, body: string) => `REDUCE(GENERATE_SERIES(1, 100), ${initial}, (s, x) => ${body})`;

/** Ask for more than there is. */
const bombs: readonly string[] = [
  `LEN(${loop("'ab'", 'CONCAT(s, s)')})`,
  `LEN(${loop("'ab'", 's + s')})`,
  `LEN(${loop("'ab'", 'CONCAT_WS(s, s, s)')})`,
  `LEN(${loop("'ab'", "REPLACE(s, 'a', 'aaaaaaaaaaaaaaaaaa')")})`,
  `ARRAY_LENGTH(${loop('ARRAY[1]', 'ARRAY_CONCAT(s, s)')})`,
  `LEN(${loop("LPAD('x', 16000000, 'x')", 'UCASE(s)')})`,
  'ARRAY_LENGTH(TRANSFORM(GENERATE_SERIES(1, 100), x => ARRAY_LENGTH(TRANSFORM(GENERATE_SERIES(1, 100000), y => y))))',
  'ARRAY_LENGTH(TRANSFORM(GENERATE_SERIES(1, 100), x => GENERATE_SERIES(1, 1000000)))',
  "ARRAY_JOIN(TRANSFORM(GENERATE_SERIES(1, 100), x => LPAD('x', 16000000, 'y')))",
  'ARRAY_LENGTH(GENERATE_SERIES(1, 2000000000))',
  "LPAD('x', 2147483647, 'y')",
  "RPAD(TO_BYTES('x', 'utf8'), 2147483647, TO_BYTES('y', 'utf8'))",
];

for (const bomb of bombs) {
  test(`${bomb} is null, and soon`, async () => {
    assert.deepEqual(await failures('A STRING', `${bomb} AS B`, '{"A":"x"}', '{"B":null}'), []);
  });
}

test('texts that look like patterns without end are matched in time by their length', async () => {
  const value = `{"A":"${'a'.repeat(20_000)}!"}`;
  const projection =
    "A LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%b' AS L, REGEXP_EXTRACT('(a+)+$', A) AS E, LEN(REGEXP_REPLACE(A, '(a|aa)+b', 'x')) AS R";
  assert.deepEqual(await failures('A STRING', projection, value, '{"L":false,"E":null,"R":20001}'), []);
});

test('names that JavaScript knows are names as others', async () => {
  assert.deepEqual(
    await failures(
      '`__proto__` INT, `constructor` STRING, `toString` STRUCT<`__proto__` INT, `constructor` INT>, M MAP<STRING, INT>',
      "`__proto__`, `constructor`, `toString`, `toString`->`__proto__` AS P, M, M['__proto__'] AS Q, M['constructor'] AS C",
      '{"__proto__":1,"constructor":"c","toString":{"__proto__":4,"constructor":5},"M":{"__proto__":6}}',
      '{"__proto__":1,"constructor":"c","toString":{"__proto__":4,"constructor":5},"P":4,"M":{"__proto__":6},"Q":6,"C":null}',
    ),
    [],
  );
});

test('names are no code', async () => {
  const name = '`a"); throw new Error(``x``); ("`';
  const key = JSON.stringify('a"); throw new Error(`x`); ("');
  assert.deepEqual(await failures(`${name} INT`, `${name} + 1 AS B`, `{${key}:1}`, '{"B":2}'), []);
});

/** Statements that would make each row dear. */
const refused: readonly (readonly [columns: string, projection: string, words: RegExp])[] = [
  ['A DECIMAL(2000000000, 5)', 'A', /DECIMAL precision must be <= 10000/],
  ['A DECIMAL(10000, 5)', 'A * A AS B', /at most 10000 digits/],
  ['A INT', `${'9'.repeat(100_000)}.5 AS B`, /at most 10000 digits/],
];

for (const [columns, projection, words] of refused) {
  test(`${columns}: ${projection.slice(0, 60)} is refused`, async () => {
    assert.match((await failures(columns, projection, '{"A":1}', '{}')).join(), words);
  });
}

test('a row hops into a bounded number of windows', async () => {
  const hops = `A FROM S; CREATE TABLE T AS SELECT K, COUNT(*) AS N FROM S WINDOW HOPPING (SIZE 1 DAY, ADVANCE BY 1 MILLISECOND) GROUP BY K; CREATE STREAM U AS SELECT K, A`;
  assert.match((await failures('A INT', hops, '{"A":1}', '{}')).join(), /Each row would be in 86400000 windows/);
});

test('thousands of columns take time by their number', async () => {
  const count = 1_000;
  const projection = Array.from({ length: count }, (_, at) => `A + ${at} AS C${at}`).join(', ');
  const expected = Array.from({ length: count }, (_, at) => `"C${at}":${at + 1}`).join(',');
  assert.deepEqual(await failures('A INT', projection, '{"A":1}', `{${expected}}`), []);
});
