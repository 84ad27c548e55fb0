/** npm's ksqldb-js (axios, and HTTP/2 for push queries and inserts). Called as: script.ts DIR URL NAME, where DIR holds the package. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { until } from './until.ts';

const [dir, url, name] = process.argv.slice(2) as [string, string, string];
const Ksqldb = createRequire(join(dir, 'package.json'))('ksqldb-js');
const client = new Ksqldb({ ksqldbURL: url });
const upper = name.toUpperCase();

await client.createStream(name, ['who VARCHAR KEY', 'km INTEGER'], name, 'json', 1);
const inserted = await client.insertStream(name, [{ WHO: 'ann', KM: 3 }]);
assert.deepEqual(inserted, [{ status: 'ok', seq: 0 }]);
const made = await client.ksql(`CREATE TABLE ${name}_TOTALS AS SELECT who, SUM(km) AS km FROM ${name} GROUP BY who;`);
assert.equal(made.commandStatus.status, 'SUCCESS');
const pushed: string[] = [];
const queryId = await client.push(
  `SELECT who, km FROM ${name} EMIT CHANGES;`,
  (chunk: string) => void pushed.push(chunk),
);
assert.match(queryId, /./);
// The client reads a frame as one row: one is sent at a time.
await client.insertStream(name, [{ WHO: 'bob', KM: 5 }]);
await until('a row', () => pushed.length === 2);
assert.deepEqual(JSON.parse(pushed[1]!), ['bob', 5]);
await until('the sum', async () => {
  const [header, ...rows] = await client.pull(`SELECT * FROM ${name}_TOTALS WHERE who = 'bob';`);
  assert.deepEqual(header.columnNames, ['WHO', 'KM']);
  return JSON.stringify(rows) === '[["bob",5]]';
});
const { streams } = await client.ksql('LIST STREAMS;');
assert.ok(streams.some((each: { name: string }) => each.name === upper));
await assert.rejects(client.ksql(`DROP STREAM ${name}_NOWHERE;`), /NOWHERE/);
console.log(`# ${pushed.length - 1} row pushed`);
// Its session of the push query stays open.
process.exit(0);
