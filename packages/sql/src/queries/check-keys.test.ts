import { doesNotThrow, throws } from 'node:assert/strict';
import { test } from 'node:test';
import type { DataSource } from '../catalog/data-source.ts';
import { builtInFunctions } from '../functions/built-in.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import { parseExpression } from '../syntax/parse.ts';
import { sqlTypes } from '../types/sql-type.ts';
import { checkKeys } from './check-keys.ts';

const { integer, string } = sqlTypes;
const functions = builtInFunctions();
const noScan = { 'ksql.query.pull.table.scan.enabled': 'false' };
const plain = { 'headwater.dialect': 'ksqldb' };

type Setting = Readonly<Record<string, string>>;

function check(condition: string | null, keys: 'text' | 'number' | 'two' | 'windowed', settings: Setting = {}): void {
  const names = keys === 'two' ? ['A', 'B'] : ['A'];
  const key = names.map((name) => ({ name, type: keys === 'number' ? integer : string }));
  const window = keys === 'windowed' ? { type: 'TUMBLING', sizeMs: 1_000 } : null;
  const source = {
    schema: { key, value: [{ name: 'V', type: integer }], headers: [] },
    keyFormat: { window },
  } as unknown as DataSource;
  const context = { functions, properties: new Map(Object.entries(settings)), onError() {} } as unknown as QueryContext;
  checkKeys(condition === null ? [] : [parseExpression(condition)], source, context);
}

test('with table scans all conditions are served', () => {
  for (const condition of [null, 'V = 1', 'A + 1 = 2', "A = 'x' OR V IS NULL", "A < 'x'", 'NOT (V = 1)']) {
    doesNotThrow(() => check(condition, 'text'), String(condition));
  }
});

test('without table scans a condition says which keys are wanted', () => {
  const served = ["A = 'x'", "A IN ('x', 'y') AND V > 1", "A = 'x' OR A = 'y'", "A >= 'x'", "'x' > A"];
  for (const condition of served) doesNotThrow(() => check(condition, 'text', noScan), condition);
  const refused: readonly (readonly [string | null, Parameters<typeof check>[1], RegExp])[] = [
    [null, 'text', /^SqlError: Missing WHERE clause\. See/],
    ['V = 1', 'text', /WHERE clause missing key column for disjunct: \(V = 1\)\./],
    ["A = 'x' OR V = 1", 'text', /missing key column for disjunct: \(V = 1\)\./],
    ["CONCAT(A, 'y') = 'xy'", 'text', /A comparison must directly reference a key column\./],
    ['A = V', 'text', /A comparison must be between a key column and a resolvable expression\./],
    ["A = 'x' AND A IN ('x')", 'text', /cannot be combined with other comparisons such as an IN predicate\./],
    ["A <> 'x'", 'text', /Bound on key columns '\[`A` STRING KEY\]' must currently be '='\./],
    ["B = 'x'", 'two', /Specified: \[`B`\] Expected: \[`A` STRING KEY, `B` STRING KEY\]\./],
    ["A BETWEEN 'x' AND 'y'", 'text', /cannot be combined with other comparisons/],
    ["A < 'x' OR A > 'y'", 'text', /Query requires table scan to be enabled/],
    ['A < 1', 'number', /Query requires table scan to be enabled/],
    ["A < 'x'", 'windowed', /Query requires table scan to be enabled/],
  ];
  for (const [condition, keys, message] of refused)
    throws(() => check(condition, keys, noScan), message, `${condition}`);
  const noRange = { ...noScan, 'ksql.query.pull.range.scan.enabled': 'false' };
  throws(() => check("A < 'x'", 'text', noRange), /Query requires table scan to be enabled/);
});

test('what is looked for can be a key', () => {
  throws(
    () => check("A IN ('1', 2)", 'number'),
    /: '1' can not be converted to the type of the key column: A INTEGER KEY/,
  );
  throws(() => check('A = 5000000000', 'number'), /'5000000000' can not be converted/);
  throws(() => check('A IN (NULL)', 'number'), /Primary key columns can not be NULL: \(A = null\)/);
  throws(() => check('A = CAST(NULL AS INT)', 'number'), /can not be NULL: \(A = CAST\(null AS INTEGER\)\)/);
  doesNotThrow(() => check('A = 1 + 1', 'number'));
});

test('the dialect ksqldb refuses what ksqlDB does not serve', () => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['V IS NULL', /Unsupported expression in WHERE clause: \(V IS NULL\)\./],
    ["A LIKE CONCAT('x', '%')", /Like condition on non-string pattern CONCAT\('x', '%'\)\./],
    ["A = 'x' AND WINDOWSTART <> 1", /Unsupported `WINDOWSTART` bounds: NOT_EQUAL\./],
    ["A = 'x' AND WINDOWSTART > 1 AND 2 < WINDOWSTART", /Duplicate `WINDOWSTART` bounds on: GREATER_THAN\./],
    [
      "A = 'x' AND WINDOWEND = 1 AND WINDOWEND < 2",
      /`\(WINDOWEND < 2\)` cannot be combined with other `WINDOWEND` bounds/,
    ],
  ];
  for (const [condition, message] of refused) {
    throws(() => check(condition, 'windowed', plain), message, condition);
    doesNotThrow(() => check(condition, 'windowed'), condition);
  }
  doesNotThrow(() => check("A = 'x' AND WINDOWSTART >= 1 AND WINDOWSTART < 9 AND WINDOWEND > 2", 'windowed', plain));
});
