/** npm's ksqldb-client-node: push and pull queries over HTTP/2. Called as: script.ts DIR URL NAME, where DIR holds the package. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [dir, url, name] = process.argv.slice(2) as [string, string, string];
const { KsqlDbClient } = createRequire(join(dir, 'package.json'))('ksqldb-client-node');

const ksql = `CREATE STREAM ${name} (who STRING KEY, km BIGINT) WITH (kafka_topic='${name}', value_format='JSON', partitions=1);
  INSERT INTO ${name} (who, km) VALUES ('ann', 3); INSERT INTO ${name} (who, km) VALUES ('bob', 5);`;
const made = await fetch(`${url}/ksql`, { method: 'POST', body: JSON.stringify({ ksql }) });
assert.equal(made.status, 200);
const session = new KsqlDbClient({ url }).session();
async function all(
  sql: string,
  properties: Record<string, string> = {},
): Promise<{ rows: unknown[]; names: string[] }> {
  const stream = session.queryStream({ sql, properties });
  const rows: unknown[] = [];
  for await (const some of stream) rows.push(...some);
  return { rows, names: stream.columnNames };
}
const expected = [
  { WHO: 'ann', KM: 3 },
  { WHO: 'bob', KM: 5 },
];
const pushed = await all(`SELECT * FROM ${name} EMIT CHANGES LIMIT 2;`, { 'auto.offset.reset': 'earliest' });
assert.deepEqual(pushed, { rows: expected, names: ['WHO', 'KM'] });
assert.deepEqual((await all(`SELECT * FROM ${name};`)).rows, expected);
const wrong = session.queryStream({ sql: `SELECT * FROM ${name}_NOWHERE;` });
try {
  for await (const _ of wrong);
} catch {
  // Some versions throw, others tell afterwards.
}
assert.match(wrong.errorMessage, /NOWHERE/);
session.close();
console.log(`# ${pushed.rows.length} rows pushed`);
