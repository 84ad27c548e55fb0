import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSession } from '../engine/session.ts';
import { SqlEngine } from '../engine/sql-engine.ts';
import { builtInFunctions } from '../functions/built-in.ts';
import { SqlError } from '../sql-error.ts';
import { parseScript } from '../syntax/parse.ts';
import { MemoryTopics, RememberedQueries } from '../testing/memory-cluster.ts';

const visits =
  "CREATE STREAM VISITS (WHO STRING KEY, PAGE STRING, N INT, TAGS ARRAY<STRING>) WITH (KAFKA_TOPIC='visits', VALUE_FORMAT='JSON', PARTITIONS=1);";
const members =
  "CREATE TABLE MEMBERS (ID STRING PRIMARY KEY, CITY STRING) WITH (KAFKA_TOPIC='members', VALUE_FORMAT='JSON', PARTITIONS=1);";
const withClause = (more: string) =>
  `CREATE STREAM S (K STRING KEY, V STRING) WITH (KAFKA_TOPIC='s', PARTITIONS=1, ${more});`;

/** Statements of which the last is refused, and words of its error. */
const rejections: readonly (readonly [script: string, message: RegExp])[] = [
  [withClause("VALUE_FORMAT='JSON', WINDOW_TYPE='TUMBLING', WINDOW_SIZE='0 SECONDS'"), /Size must be positive/],
  ["CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='s', FORMAT='JSON', WINDOW_TYPE='SESSION');", /require a key column/],
  ["CREATE STREAM S (V INT) WITH (KAFKA_TOPIC='', FORMAT='JSON', PARTITIONS=1);", /non-empty topic name/],
  [withClause("FORMAT='JSON', TIMESTAMP='V', TIMESTAMP_FORMAT='no such'"), /Invalid datetime format/],
  [withClause("FORMAT='JSON', CLEANUP_POLICY='compact'"), /CLEANUP_POLICY config is automatically inferred/],
  [withClause("FORMAT='PROTOBUF_NOSR', VALUE_PROTOBUF_NULLABLE_REPRESENTATION='MAYBE'"), /OPTIONAL, WRAPPER/],
  [
    "CREATE TABLE T (K STRING PRIMARY KEY, V INT) WITH (KAFKA_TOPIC='t', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=5);",
    /Non-windowed tables do not support retention/,
  ],
  [
    `${members} CREATE TABLE T WITH (RETENTION_MS=5) AS SELECT * FROM MEMBERS;`,
    /Non-windowed tables do not support retention/,
  ],
  [
    `${members} CREATE OR REPLACE TABLE MEMBERS (ID STRING PRIMARY KEY, CITY STRING) WITH (KAFKA_TOPIC='members', VALUE_FORMAT='DELIMITED');`,
    /formats must be identical/,
  ],
  [
    `${members} CREATE OR REPLACE TABLE MEMBERS (ID STRING PRIMARY KEY, CITY STRING) WITH (KAFKA_TOPIC='members', VALUE_FORMAT='JSON', TIMESTAMP='CITY', TIMESTAMP_FORMAT='yyyy');`,
    /timestamp columns must be identical/,
  ],
  [
    `${members} CREATE TABLE AGAIN (ID STRING PRIMARY KEY) WITH (KAFKA_TOPIC='members', VALUE_FORMAT='JSON'); DROP TABLE MEMBERS DELETE TOPIC;`,
    /Found other data sources \(AGAIN\) using topic members/,
  ],
  [withClause("FORMAT='JSON'").replace('PARTITIONS=1', 'PARTITIONS=0'), /a topic has 1 or more/],
  [
    "CREATE STREAM S (K STRING KEY, K BYTES HEADER('k')) WITH (KAFKA_TOPIC='s', FORMAT='JSON', PARTITIONS=1);",
    /Duplicate column names: K/,
  ],
  [`${visits} CREATE OR REPLACE STREAM VISITS AS SELECT * FROM VISITS;`, /should not be referenced itself/],
  [`${visits} ALTER STREAM VISITS ADD COLUMN ROWTIME INT;`, /reserved column name/],
  [`${visits} ALTER STREAM VISITS ADD COLUMN Z INT, ADD COLUMN Z STRING;`, /same name already exists/],
  [
    `${members} CREATE TABLE T AS SELECT CITY, COUNT(*) FROM MEMBERS WINDOW TUMBLING (SIZE 1 DAY) GROUP BY CITY;`,
    /Windowing not supported for table aggregations/,
  ],
  [`${visits} CREATE STREAM S AS SELECT WHO, TAGS['a'] FROM VISITS;`, /do not apply to ARRAY/],
  [
    `${visits} CREATE STREAM S AS SELECT * FROM VISITS; INSERT INTO S WITH (QUERY_ID='a-b') SELECT * FROM VISITS;`,
    /only alphanumeric/,
  ],
  [
    `${visits} CREATE STREAM S AS SELECT * FROM VISITS; INSERT INTO S WITH (QUERY_ID='csas_1') SELECT * FROM VISITS;`,
    /reserved query ID prefix/,
  ],
];

for (const [script, message] of rejections) {
  test(`${parseScript(script).at(-1)!.text} is refused`, async () => {
    const engine = new SqlEngine({
      topics: new MemoryTopics(),
      queries: new RememberedQueries(),
      functions: builtInFunctions(),
      registry: null,
    });
    const session = newSession();
    const statements = parseScript(script);
    for (const statement of statements.slice(0, -1)) await engine.execute(statement, session);
    await assert.rejects(engine.execute(statements.at(-1)!, session), (error) => {
      assert.ok(error instanceof SqlError, String(error));
      assert.match(error.message, message);
      return true;
    });
  });
}

test('a parameter of a lambda stands there once', () => {
  assert.throws(
    () => parseScript("CREATE STREAM S AS SELECT REDUCE(TAGS, '', (x, x) => x) AS T FROM VISITS;"),
    /Lambda arguments have duplicates: \[X, X\]/,
  );
});

/** Served, but where only ksqlDB's own dialect is wanted. */
const plainRejections: readonly (readonly [script: string, message: RegExp])[] = [
  [
    "CREATE STREAM S (K STRING KEY, N INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='DELIMITED', PARTITIONS=1); CREATE TABLE T AS SELECT K, AVG(N) FROM S GROUP BY K;",
    /has an intermediate type that the value format can not handle/,
  ],
  [
    `${visits} CREATE TABLE T AS SELECT WHO, COUNT(*) AS C FROM VISITS WHERE N > 0 GROUP BY WHO; CREATE OR REPLACE TABLE T AS SELECT WHO, COUNT(*) AS C FROM VISITS GROUP BY WHO;`,
    /StreamAggregate must have matching columns not part of aggregate\. Values differ: \[`WHO`, `ROWTIME`, `N`\] vs\. \[`WHO`, `ROWTIME`\]/,
  ],
];

for (const [script, message] of plainRejections) {
  test(`${parseScript(script).at(-1)!.text} is refused in the plain dialect`, async () => {
    const run = async (dialect: string) => {
      const engine = new SqlEngine({
        topics: new MemoryTopics(),
        queries: new RememberedQueries(),
        functions: builtInFunctions(),
        registry: null,
        settings: new Map([['headwater.dialect', dialect]]),
      });
      for (const statement of parseScript(script)) await engine.execute(statement, newSession());
    };
    await run('extended');
    await assert.rejects(run('ksqldb'), message);
  });
}
