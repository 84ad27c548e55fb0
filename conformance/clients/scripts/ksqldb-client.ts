/** npm's ksqldb-client (HTTP/2). Called as: script.ts DIR URL NAME, where DIR holds the package. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { until } from './until.ts';

const [dir, url, name] = process.argv.slice(2) as [string, string, string];
const KsqldbClient = createRequire(join(dir, 'package.json'))('ksqldb-client');
const { hostname, port, protocol } = new URL(url);
const client = new KsqldbClient({ host: `${protocol}//${hostname}`, port });
await client.connect();

const earliest = { streamsProperties: { 'auto.offset.reset': 'earliest' } };
const done = async (sql: string, more = {}): Promise<void> => {
  const { error, status } = await client.executeStatement(sql, more);
  assert.equal(status, 200, JSON.stringify(error));
};
await done(
  `CREATE STREAM ${name} (who STRING KEY, km INT) WITH (kafka_topic='${name}', value_format='JSON', partitions=2);`,
);
const variables = { sessionVariables: { TABLE: `${name}_TOTALS` } };
// biome-ignore lint/suspicious/noTemplateCurlyInString: a session variable
const made = 'CREATE TABLE ${TABLE} AS SELECT who, SUM(km) AS km FROM ';
await done(`${made}${name} GROUP BY who;`, { ...variables, ...earliest });
for (const [WHO, KM] of [
  ['ann', 3],
  ['bob', 5],
  ['ann', 4],
]) {
  const { data, status } = await client.insertInto(name, { WHO, KM });
  assert.equal(status, 200);
  assert.equal(data.rows[0].status, 'ok');
}
let rows: unknown[] = [];
await until('the sum', async () => {
  const { data, error } = await client.query(`SELECT * FROM ${name}_TOTALS WHERE who = 'ann';`);
  assert.equal(error, undefined);
  rows = data?.rows ?? [];
  return JSON.stringify(rows) === '[{"WHO":"ann","KM":7}]';
});
const pushed: unknown[] = [];
let queryId: string | undefined;
const ended = client.streamQuery(
  `SELECT who, km FROM ${name} EMIT CHANGES;`,
  ({ metadata, rows: some = [] }: { metadata?: { queryId?: string }; rows?: unknown[] }) => {
    queryId ??= metadata?.queryId;
    pushed.push(...some);
  },
  { properties: earliest.streamsProperties },
);
await until('three rows', () => pushed.length >= 3);
assert.deepEqual(pushed.map((row) => JSON.stringify(row)).sort(), [
  '{"WHO":"ann","KM":3}',
  '{"WHO":"ann","KM":4}',
  '{"WHO":"bob","KM":5}',
]);
assert.equal((await client.terminatePushQuery(queryId)).error, undefined);
await ended;
const upper = name.toUpperCase();
const streams: { name: string }[] = await client.listStreams();
assert.ok(streams.some((each) => each.name === upper));
const tables: { name: string }[] = await client.listTables();
assert.ok(tables.some((each) => each.name === `${upper}_TOTALS`));
assert.equal((await client.describeSource(name)).fields[0].type, 'KEY');
const { error } = await client.query(`SELECT * FROM ${name}_NOWHERE;`);
assert.match(error.message, /NOWHERE/);
await client.disconnect();
console.log(`# ${pushed.length} rows pushed, ${rows.length} looked up`);
