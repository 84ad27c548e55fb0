/**
 * How long a statement takes on a running server, from the request to /ksql until its query runs: CREATE STREAM AS with a filter and a projection, and
 * CREATE TABLE AS that counts by a field of the value, which needs a repartition topic and a changelog.
 *
 *   npm run bench -- sql/statements [how many of each, 30] [queries that run already, 0]
 *
 * The broker is BOOTSTRAP, else Apache Kafka where `../shared/peers/kafka start` runs one, else this project's own; in another process.
 */
import { performance } from 'node:perf_hooks';
import { createSqlClient, startSql } from '../index.ts';
import { benchBroker } from './support/bench-broker.ts';
import { machine, spread } from './support/figures.ts';

const count = Number(process.argv[2] ?? 30);
const others = Number(process.argv[3] ?? 0);
const broker = await benchBroker();
const name = `STATEMENTS${process.pid}`;
const sql = await startSql({ bootstrap: broker.bootstrap, port: 0, serviceId: name });
const client = createSqlClient({ url: sql.url });
const topic = (of: string, partitions: number) =>
  `WITH (KAFKA_TOPIC = '${name}-${of}', VALUE_FORMAT = 'JSON', PARTITIONS = ${partitions})`;
await client.execute(`CREATE STREAM readings (id STRING KEY, place STRING, celsius DOUBLE) ${topic('readings', 4)};`);

function filtered(index: number | string): string {
  return `CREATE STREAM warm${index} ${topic(`warm${index}`, 1)} AS SELECT id, celsius * 1.8 + 32 AS fahrenheit FROM readings WHERE celsius > ${String(index).length} EMIT CHANGES;`;
}

function counted(index: number | string): string {
  return `CREATE TABLE places${index} ${topic(`places${index}`, 1)} AS SELECT place, COUNT(*) AS n FROM readings GROUP BY place EMIT CHANGES;`;
}

for (let index = 0; index < others; index++) await client.execute(filtered(`_${index}`));
// The first ones compile what all of them use.
for (const statement of [filtered('_first'), counted('_first')]) await client.execute(statement);
for (const [kind, statementOf] of [
  ['CREATE STREAM AS, stateless', filtered],
  ['CREATE TABLE AS, with topics of its own', counted],
] as const) {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const startMs = performance.now();
    await client.execute(statementOf(index));
    times.push(performance.now() - startMs);
  }
  // The answer comes when it does.
  if (!isRunning()) throw new Error('a query does not run');
  times.sort((a, b) => a - b);
  const at = (share: number) => Number(times[Math.ceil(share * count) - 1]!.toFixed(1));
  console.log(
    JSON.stringify({
      benchmark: 'sql/statements',
      kind,
      statements: count,
      queriesBefore: others,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      ...spread(times),
      askedMs: 20,
      broker: broker.name,
      ...machine(),
    }),
  );
}
client.close();
await sql.close();
await broker.close();

function isRunning(): boolean {
  return sql.streams.metrics.topologies.every(({ state }) => state === 'running');
}
