import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../functions/built-in.ts';
import { runCase } from './run-case.ts';
import { readTestFile } from './test-case.ts';

const orders =
  "CREATE STREAM ORDERS (ID INT KEY, TRACE STRING, TOTAL INT, RAW BYTES) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=1);";
const header = (key: string, text: string) => ({ KEY: key, VALUE: Buffer.from(text).toString('base64') });
const order = (key: number, value: object, headers: object[] = []) => ({ topic: 'orders', key, value, headers });
const out = (key: number, value: object, headers: object[] = [], topic = 'RESULT') => ({ topic, key, value, headers });

const pipelines = [
  {
    name: 'texts and bytes are written, replace what came under the key, and others stay',
    statements: [
      orders,
      "CREATE STREAM RESULT AS SELECT ID, TOTAL, UCASE(TRACE) AS TRACE HEADER('trace'), RAW HEADER('it''s raw') FROM ORDERS;",
      "CREATE STREAM COPY AS SELECT ID, TOTAL, FROM_BYTES(TRACE, 'utf8') AS T FROM RESULT;",
      'CREATE STREAM PLAIN AS SELECT ID, TOTAL FROM ORDERS;',
    ],
    inputs: [
      order(1, { TRACE: 'abc', TOTAL: 5, RAW: 'AQI=' }, [
        header('a', '1'),
        header('trace', 'old'),
        header('trace', 'x'),
      ]),
      order(2, { TOTAL: 6 }, [header('trace', 'old')]),
    ],
    outputs: [
      out(1, { TOTAL: 5 }, [header('a', '1'), header('trace', 'ABC'), { KEY: "it's raw", VALUE: 'AQI=' }]),
      out(2, { TOTAL: 6 }),
      out(
        1,
        { TOTAL: 5, T: 'ABC' },
        [header('a', '1'), header('trace', 'ABC'), { KEY: "it's raw", VALUE: 'AQI=' }],
        'COPY',
      ),
      out(2, { TOTAL: 6, T: null }, [], 'COPY'),
      out(1, { TOTAL: 5 }, [header('a', '1'), header('trace', 'old'), header('trace', 'x')], 'PLAIN'),
      out(2, { TOTAL: 6 }, [header('trace', 'old')], 'PLAIN'),
    ],
    post: {
      sources: [
        {
          name: 'RESULT',
          type: 'stream',
          schema: "ID INT KEY, TOTAL INT, TRACE BYTES HEADER('trace'), RAW BYTES HEADER('it''s raw')",
        },
      ],
    },
  },
  {
    name: 'they are written into a stream that is there, by several rows of a record too',
    statements: [
      orders,
      "CREATE STREAM RESULT (ID INT KEY, N INT, T BYTES HEADER('trace')) WITH (KAFKA_TOPIC='RESULT', VALUE_FORMAT='JSON', PARTITIONS=1);",
      "INSERT INTO RESULT SELECT ID, TRACE AS HEADER('trace'), EXPLODE(ARRAY[TOTAL, TOTAL + 1]) AS N FROM ORDERS WHERE TOTAL > 5;",
    ],
    inputs: [order(1, { TRACE: 'abc', TOTAL: 5 }), order(2, { TRACE: 'def', TOTAL: 6 })],
    outputs: [out(2, { N: 6 }, [header('trace', 'def')]), out(2, { N: 7 }, [header('trace', 'def')])],
  },
  {
    name: 'HEADER is a name elsewhere',
    statements: [orders, 'CREATE STREAM RESULT AS SELECT ID, TOTAL AS HEADER, TRACE HEADERS FROM ORDERS;'],
    inputs: [order(1, { TRACE: 'abc', TOTAL: 5 })],
    outputs: [out(1, { HEADER: 5, HEADERS: 'abc' })],
  },
  {
    name: 'other types are to be made texts',
    statements: [orders, "CREATE STREAM RESULT AS SELECT ID, TRACE, TOTAL AS T HEADER('total') FROM ORDERS;"],
    expectedException: {
      message: "HEADER('total') has to be a STRING or BYTES, and TOTAL is INTEGER. Write CAST(TOTAL AS STRING).",
    },
  },
  {
    name: 'columns have different names',
    statements: [orders, "CREATE STREAM RESULT AS SELECT ID, TRACE, TRACE HEADER('trace') FROM ORDERS;"],
    expectedException: { message: "HEADER('trace') would be shown by a column called `TRACE`, and there is one." },
  },
  {
    name: 'a header has one value',
    statements: [
      orders,
      "CREATE STREAM RESULT AS SELECT ID, TOTAL, TRACE AS A HEADER('t'), TRACE AS B HEADER('t') FROM ORDERS;",
    ],
    expectedException: { message: "HEADER('t') is selected twice: each header has one value." },
  },
  {
    name: 'tables have none',
    statements: [
      orders,
      "CREATE TABLE RESULT AS SELECT ID, COUNT(*) AS N, CAST(SUM(TOTAL) AS STRING) AS S HEADER('s') FROM ORDERS GROUP BY ID;",
    ],
    expectedException: { message: "HEADER('s'): headers are written by queries of streams." },
  },
  {
    name: 'all header columns of a stream are to be written',
    statements: [
      orders,
      "CREATE STREAM RESULT (ID INT KEY, N INT, T BYTES HEADER('trace')) WITH (KAFKA_TOPIC='RESULT', VALUE_FORMAT='JSON', PARTITIONS=1);",
      'INSERT INTO RESULT SELECT ID, TOTAL AS N FROM ORDERS;',
    ],
    expectedException: {
      message:
        "Cannot insert into RESULT because it has header columns. Select what they are to be: … AS T HEADER('trace')",
    },
  },
];

for (const pipeline of pipelines) {
  test(`written headers: ${pipeline.name}`, async () => {
    const file = readTestFile(JSON.stringify({ tests: [pipeline] }), 'pipelines');
    const result = await runCase(file.cases[0]!, { functions: builtInFunctions() });
    assert.deepEqual(result.failures, [], result.message);
    assert.notEqual(result.isMessageMet, false, result.message);
  });
}
