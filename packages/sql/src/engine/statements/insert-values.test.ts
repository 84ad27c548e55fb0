import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { builtInFunctions } from '../../functions/built-in.ts';
import { LiveCluster } from '../../testing/live-cluster.ts';
import { createMemoryRegistry } from '../../testing/memory-registry.ts';
import { SqlEngine } from '../sql-engine.ts';

async function engineWith(...statements: readonly string[]) {
  const cluster = new LiveCluster();
  const registry = createMemoryRegistry();
  const engine = new SqlEngine({
    topics: cluster,
    queries: cluster,
    functions: builtInFunctions(),
    registry: registry.client,
  });
  const session = { properties: new Map(), variables: new Map() };
  const run = (text: string) => engine.execute(text, session);
  for (const statement of statements) await run(statement);
  return { cluster, registry, run };
}

const stream =
  "CREATE STREAM s (k STRING KEY, i INT, b BIGINT, d DECIMAL(4, 2), t TIMESTAMP) WITH (kafka_topic='s', value_format='JSON', partitions=1);";
const table = "CREATE TABLE t (k STRING PRIMARY KEY, i INT) WITH (kafka_topic='t', value_format='JSON', partitions=1);";

test('numbers widen, and texts become times', async () => {
  const { cluster, run } = await engineWith(stream);
  await run("INSERT INTO s (rowtime, k, i, b, d, t) VALUES (7, 'a', 1, 2, 1.5, '2020-01-01');");
  const [record] = cluster.recordsOf('s');
  equal(record!.timestamp, 7);
  equal(record!.key!.toString(), 'a');
  deepEqual(JSON.parse(record!.value!.toString()), { I: 1, B: 2, D: 1.5, T: Date.UTC(2020, 0, 1) });
});

const refusals: readonly (readonly [string, RegExp])[] = [
  ["INSERT INTO s (k, i) VALUES ('a');", /^SqlError: Failed to prepare statement: Expected number columns .*: 2, 1$/],
  [
    "INSERT INTO s VALUES ('a');",
    /Failed to insert values into 'S'\. Expected a value for each column\. .* Got \['a'\]/,
  ],
  ['INSERT INTO s (k) VALUES (x.y);', /Failed to prepare statement: 'X' is not a valid stream\/table name or alias\./],
  [
    'INSERT INTO s (k) VALUES (y);',
    /Failed to insert values into 'S'\. Unsupported column reference in insert value: Y/,
  ],
  ["INSERT INTO s (i) VALUES ('1');", /Expected type INTEGER for field `I` but got STRING\(1\)$/],
  ['INSERT INTO s (i) VALUES (5000000000);', /Expected type INTEGER for field `I` but got BIGINT\(5000000000\)/],
  ['INSERT INTO s (k) VALUES (1);', /Expected type STRING for field `K` but got INTEGER\(1\)/],
  ['INSERT INTO s (d) VALUES (1.505);', /Expected type DECIMAL\(4, 2\) for field `D` but got DECIMAL\(1\.505\)/],
  ["INSERT INTO s (t) VALUES ('x');", /got STRING\(x\)\. Timestamp format must be yyyy-mm-ddThh:mm:ss\[\.S\]/],
  ["INSERT INTO s (k, z) VALUES ('a', 1);", /Column name `Z` does not exist\./],
  ['INSERT INTO s (rowoffset) VALUES (1);', /Inserting into column `ROWOFFSET` is not allowed\./],
  ['INSERT INTO t (i) VALUES (1);', /Value for primary key column\(s\) K is required for tables/],
];

test('what does not fit is refused in ksqlDB’s words', async () => {
  const { cluster, run } = await engineWith(stream, table);
  for (const [text, message] of refusals) await rejects(run(text), message, text);
  equal(cluster.recordsOf('s').length + cluster.recordsOf('t').length, 0);
});

test('of a target that takes no rows the statement is not told', async () => {
  const { run } = await engineWith(
    "CREATE STREAM h (k STRING KEY, v INT, x BYTES HEADER('x')) WITH (kafka_topic='h', value_format='JSON', partitions=1);",
    "CREATE SOURCE STREAM r (v INT) WITH (kafka_topic='h', value_format='JSON');",
  );
  const refused = { code: 'HW_SQL_STATEMENT', statementText: '' };
  await rejects(run('INSERT INTO nowhere VALUES (1);'), { ...refused, message: /unknown stream\/table: `NOWHERE`/ });
  await rejects(run("INSERT INTO h VALUES ('a', 1);"), { ...refused, message: 'Cannot insert into HEADER columns: X' });
  await rejects(run('INSERT INTO r VALUES (1);'), { ...refused, message: /read-only stream: R/ });
});

test('keys keep the schema that they have', async () => {
  const { cluster, registry, run } = await engineWith(
    "CREATE STREAM a (k BIGINT KEY, v INT) WITH (kafka_topic='a', key_format='AVRO', value_format='JSON', partitions=1);",
  );
  registry.register('a-key', { schemaType: 'AVRO', schema: '{"type":"long","connect.version":1}', references: [] });
  await run('INSERT INTO a VALUES (1, 2);');
  registry.register('a-key', { schemaType: 'AVRO', schema: '["null","long"]', references: [] });
  await rejects(
    run('INSERT INTO a VALUES (1, 2);'),
    /Cannot INSERT VALUES into data source `A`\. ksqlDB generated schema would overwrite existing key schema\./,
  );
  equal(cluster.recordsOf('a').length, 1);
});
