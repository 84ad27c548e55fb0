import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonText, parseJson } from '@headwater/serdes';
import { builtInFunctions } from '../functions/built-in.ts';
import { runCase } from './run-case.ts';
import { readTestFile } from './test-case.ts';

type Json = Record<string, unknown>;

interface Pipeline {
  readonly name: string;
  readonly statements: readonly string[];
  readonly properties?: Json;
  readonly inputs?: readonly Json[];
  readonly outputs?: readonly Json[];
  readonly expectedException?: Json;
  readonly post?: Json;
}

const shops =
  "CREATE TABLE SHOPS (ID INT PRIMARY KEY, CITY STRING) WITH (KAFKA_TOPIC='shops', VALUE_FORMAT='JSON', PARTITIONS=1);";
const sales =
  "CREATE STREAM SALES (SHOP INT KEY, ITEM STRING, AMOUNT BIGINT) WITH (KAFKA_TOPIC='sales', VALUE_FORMAT='JSON', PARTITIONS=1);";

const sale = (shop: number | null, ITEM: string, AMOUNT: number | null, timestamp = 0) => ({
  topic: 'sales',
  key: shop,
  value: { ITEM, AMOUNT },
  timestamp,
});
const shop = (key: number, CITY: string | null, timestamp = 0) => ({
  topic: 'shops',
  key,
  value: CITY === null ? null : { CITY },
  timestamp,
});
const out = (key: unknown, value: unknown, more: Json = {}) => ({ topic: 'RESULT', key, value, ...more });

const pipelines: readonly Pipeline[] = [
  {
    name: 'rows are filtered and made anew; null is no match, and what fails is null',
    statements: [
      sales,
      'CREATE STREAM RESULT AS SELECT SHOP, UCASE(ITEM) AS ITEM, AMOUNT / (AMOUNT - 7) AS RATIO FROM SALES WHERE AMOUNT > 5;',
    ],
    inputs: [sale(1, 'tea', 8), sale(2, 'ink', 5), sale(3, 'pen', null), sale(null, 'cup', 7)],
    outputs: [out(1, { ITEM: 'TEA', RATIO: 8 }), out(null, { ITEM: 'CUP', RATIO: null })],
  },
  {
    name: 'groups are counted, and leave again by HAVING',
    statements: [
      sales,
      'CREATE TABLE RESULT AS SELECT ITEM, COUNT(*) AS N, SUM(AMOUNT) AS S FROM SALES GROUP BY ITEM HAVING SUM(AMOUNT) < 10;',
    ],
    inputs: [
      sale(1, 'tea', 4, 5),
      sale(2, 'tea', 5, 3),
      sale(1, 'ink', 20),
      sale(3, 'tea', 1, 9),
      sale(3, 'tea', -5, 10),
    ],
    outputs: [
      out('tea', { N: 1, S: 4 }, { timestamp: 5 }),
      out('tea', { N: 2, S: 9 }, { timestamp: 5 }),
      out('tea', null, { timestamp: 9 }),
      out('tea', { N: 4, S: 5 }, { timestamp: 10 }),
    ],
    post: { sources: [{ name: 'RESULT', type: 'table', schema: 'ITEM STRING KEY, N BIGINT, S BIGINT' }] },
  },
  {
    name: 'windows have bounds',
    statements: [
      sales,
      'CREATE TABLE RESULT AS SELECT SHOP, COUNT(*) AS N, WINDOWEND AS E FROM SALES WINDOW TUMBLING (SIZE 10 MILLISECONDS) GROUP BY SHOP;',
    ],
    inputs: [sale(1, 'tea', 1, 4), sale(1, 'tea', 1, 12), sale(1, 'tea', 1, 9)],
    outputs: [
      out(1, { N: 1, E: 10 }, { timestamp: 4, window: { start: 0, end: 10, type: 'time' } }),
      out(1, { N: 1, E: 20 }, { timestamp: 12, window: { start: 10, end: 20, type: 'time' } }),
      out(1, { N: 2, E: 10 }, { timestamp: 9, window: { start: 0, end: 10, type: 'time' } }),
    ],
  },
  {
    name: 'sessions grow together',
    statements: [
      sales,
      'CREATE TABLE RESULT AS SELECT SHOP, COUNT(*) AS N FROM SALES WINDOW SESSION (5 MILLISECONDS) GROUP BY SHOP;',
    ],
    inputs: [sale(1, 'a', 1, 0), sale(1, 'a', 1, 8), sale(1, 'a', 1, 4)],
    outputs: [
      out(1, { N: 1 }, { window: { start: 0, end: 0, type: 'session' } }),
      out(1, { N: 1 }, { window: { start: 8, end: 8, type: 'session' } }),
      out(1, null, { window: { start: 0, end: 0, type: 'session' } }),
      out(1, null, { window: { start: 8, end: 8, type: 'session' } }),
      out(1, { N: 3 }, { window: { start: 0, end: 8, type: 'session' } }),
    ],
  },
  {
    name: 'a stream looks up a table, by another key than its own',
    statements: [
      shops,
      "CREATE STREAM VISITS (WHO STRING KEY, SHOP INT) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON', PARTITIONS=1);",
      'CREATE STREAM RESULT AS SELECT V.SHOP, WHO, CITY FROM VISITS V LEFT JOIN SHOPS S ON V.SHOP = S.ID;',
    ],
    inputs: [
      shop(7, 'Oslo'),
      { topic: 'visits', key: 'ann', value: { SHOP: 7 }, timestamp: 3 },
      { topic: 'visits', key: 'bob', value: { SHOP: 8 }, timestamp: 4 },
    ],
    outputs: [
      out(7, { WHO: 'ann', CITY: 'Oslo' }, { timestamp: 3 }),
      out(8, { WHO: 'bob', CITY: null }, { timestamp: 4 }),
    ],
  },
  {
    name: 'tables are joined, and rows that are taken away are taken away',
    statements: [
      shops,
      "CREATE TABLE OWNERS (ID INT PRIMARY KEY, OWNER STRING) WITH (KAFKA_TOPIC='owners', VALUE_FORMAT='JSON', PARTITIONS=1);",
      'CREATE TABLE RESULT AS SELECT S.ID, CITY, OWNER FROM SHOPS S JOIN OWNERS O ON S.ID = O.ID;',
    ],
    inputs: [
      shop(1, 'Oslo', 1),
      { topic: 'owners', key: 1, value: { OWNER: 'ann' }, timestamp: 5 },
      shop(1, 'Bern', 2),
      shop(1, null, 9),
    ],
    outputs: [
      out(1, { CITY: 'Oslo', OWNER: 'ann' }, { timestamp: 5 }),
      out(1, { CITY: 'Bern', OWNER: 'ann' }, { timestamp: 5 }),
      out(1, null, { timestamp: 9 }),
    ],
  },
  {
    name: 'streams are joined; without a grace period who has no partner is told of at once',
    statements: [
      sales,
      "CREATE STREAM REFUNDS (SHOP INT KEY, WHY STRING) WITH (KAFKA_TOPIC='refunds', VALUE_FORMAT='JSON', PARTITIONS=1);",
      'CREATE STREAM RESULT AS SELECT S.SHOP, ITEM, WHY FROM SALES S LEFT JOIN REFUNDS R WITHIN 5 SECONDS ON S.SHOP = R.SHOP;',
    ],
    inputs: [
      sale(1, 'tea', 1, 0),
      { topic: 'refunds', key: 1, value: { WHY: 'cold' }, timestamp: 4_000 },
      { topic: 'refunds', key: 1, value: { WHY: 'late' }, timestamp: 9_000 },
    ],
    outputs: [
      out(1, { ITEM: 'tea', WHY: null }, { timestamp: 0 }),
      out(1, { ITEM: 'tea', WHY: 'cold' }, { timestamp: 4_000 }),
    ],
  },
  {
    name: 'a table is joined by a foreign key, and grouped with rows moving between groups',
    statements: [
      shops,
      "CREATE TABLE STAFF (WHO STRING PRIMARY KEY, SHOP INT) WITH (KAFKA_TOPIC='staff', VALUE_FORMAT='JSON', PARTITIONS=1);",
      'CREATE TABLE PLACES AS SELECT WHO, CITY FROM STAFF F JOIN SHOPS S ON F.SHOP = S.ID;',
      'CREATE TABLE RESULT AS SELECT CITY, COUNT(*) AS N FROM PLACES GROUP BY CITY;',
    ],
    inputs: [
      shop(1, 'Oslo'),
      shop(2, 'Bern'),
      { topic: 'staff', key: 'ann', value: { SHOP: 1 } },
      { topic: 'staff', key: 'bob', value: { SHOP: 1 } },
      { topic: 'staff', key: 'ann', value: { SHOP: 2 } },
    ],
    outputs: [out('Oslo', { N: 1 }), out('Oslo', { N: 2 }), out('Oslo', { N: 1 }), out('Bern', { N: 1 })],
  },
  {
    name: 'lists become rows, by a key of their own, and another query adds to the same stream',
    statements: [
      "CREATE STREAM BASKETS (ID INT KEY, ITEMS ARRAY<STRING>) WITH (KAFKA_TOPIC='baskets', VALUE_FORMAT='JSON', PARTITIONS=1);",
      sales,
      'CREATE STREAM RESULT AS SELECT EXPLODE(ITEMS) AS ITEM, ID AS BASKET FROM BASKETS PARTITION BY ID;',
      'INSERT INTO RESULT SELECT ITEM, SHOP AS BASKET FROM SALES;',
    ],
    inputs: [{ topic: 'baskets', key: 4, value: { ITEMS: ['tea', 'ink'] } }, sale(9, 'pen', 1)],
    outputs: [out(4, { ITEM: 'tea' }), out(4, { ITEM: 'ink' }), out(9, { ITEM: 'pen' })],
  },
  {
    name: 'with the new planner the projection decides about the key',
    properties: { 'ksql.new.query.planner.enabled': 'true' },
    statements: [sales, 'CREATE STREAM RESULT AS SELECT ITEM, AMOUNT FROM SALES;'],
    inputs: [sale(1, 'tea', 8, 5)],
    outputs: [out(null, { ITEM: 'tea', AMOUNT: 8 }, { timestamp: 5 })],
  },
  {
    name: 'decimals that are inserted get the scale of the column',
    statements: [
      sales,
      "CREATE STREAM RESULT (SHOP INT KEY, PRICE DECIMAL(6, 2)) WITH (KAFKA_TOPIC='RESULT', VALUE_FORMAT='JSON', PARTITIONS=1);",
      'INSERT INTO RESULT SELECT SHOP, 7 AS PRICE FROM SALES;',
    ],
    inputs: [sale(1, 'tea', 8)],
    outputs: [out(1, { PRICE: '7.00' })],
  },
  {
    name: 'other types are not made others by INSERT INTO',
    statements: [
      sales,
      "CREATE STREAM RESULT (SHOP INT KEY, PRICE DOUBLE) WITH (KAFKA_TOPIC='RESULT', VALUE_FORMAT='JSON', PARTITIONS=1);",
      'INSERT INTO RESULT SELECT SHOP, AMOUNT AS PRICE FROM SALES;',
    ],
    expectedException: { message: 'Incompatible schema between results and sink' },
  },
  {
    name: 'columns without an order cannot be compared so',
    statements: [sales, 'CREATE STREAM RESULT AS SELECT SHOP, ITEM FROM SALES WHERE ITEM > 3;'],
    expectedException: { message: 'Cannot compare ITEM (STRING) to 3 (INTEGER) with GREATER_THAN.' },
  },
  {
    name: 'the key has to be selected',
    statements: [sales, 'CREATE STREAM RESULT AS SELECT ITEM FROM SALES;'],
    expectedException: {
      message: 'The query used to build `RESULT` must include the key column SHOP in its projection',
    },
  },
];

for (const pipeline of pipelines) {
  test(pipeline.name, async () => {
    const file = readTestFile(JSON.stringify({ tests: [pipeline] }), 'pipelines');
    const result = await runCase(file.cases[0]!, { functions: builtInFunctions() });
    assert.deepEqual(result.failures, [], result.message);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}

test('a case is told what is wrong with it', async () => {
  const [first] = pipelines;
  const file = readTestFile(
    JSON.stringify({ tests: [{ ...first, outputs: [out(1, { ITEM: 'TEA', RATIO: 9 })] }] }),
    'x',
  );
  const { failures } = await runCase(file.cases[0]!, { functions: builtInFunctions() });
  assert.equal(failures[0], 'RESULT: 2 records, expected 1');
  assert.match(failures[1]!, /RESULT\[0\] value \$\.RATIO: expected 9, got 8/);
});

test('a case with formats is one for each, and digits are not lost', () => {
  const text = `{"feature": "f", "tests": [{"name": "n", "format": ["JSON", "AVRO"], "statements": ["X '{FORMAT}';"],
    "inputs": [{"topic": "t", "value": {"A": 12345678901234567890.10}}]}]}`;
  const { cases, feature } = readTestFile(text, 'file');
  assert.equal(feature, 'f');
  assert.deepEqual(
    cases.map(({ name, statements }) => [name, statements[0]]),
    [
      ['file - n - JSON', "X 'JSON';"],
      ['file - n - AVRO', "X 'AVRO';"],
    ],
  );
  assert.equal(jsonText(cases[0]!.inputs[0]!.value), jsonText(parseJson('{"A":12345678901234567890.10}')));
});
