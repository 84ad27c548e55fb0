/**
 * Ten thousand queries on one server that have nothing to do: what one of them costs in memory and to start, what all cost while nothing comes, and how
 * long a record takes through all of them. The broker is in another process.
 *
 *   npm run bench -- sql/idle-queries [how many, 10000] [seconds to look on, 5]
 *
 * Each is CREATE STREAM AS with a topic of its own. Asked are less than 1.2 GB in all.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@headwater/client';
import { createSqlClient, startSql } from '../index.ts';
import { benchBroker } from './support/bench-broker.ts';
import { machine } from './support/figures.ts';

const count = Number(process.argv[2] ?? 10_000);
const seconds = Number(process.argv[3] ?? 5);
/** Statements of one request. */
const chunk = 50;
const broker = await benchBroker();
const name = `IDLE${process.pid}`;
const sql = await startSql({ bootstrap: broker.bootstrap, port: 0, serviceId: name });
const client = createSqlClient({ url: sql.url });
const cpuMs = (since: NodeJS.CpuUsage) => {
  const { system, user } = process.cpuUsage(since);
  return (system + user) / 1000;
};

await client.execute(
  `CREATE STREAM readings (id STRING KEY, celsius DOUBLE) WITH (KAFKA_TOPIC = '${name}', VALUE_FORMAT = 'JSON', PARTITIONS = 1);`,
);
const before = process.memoryUsage();
const [startedMs, cpuBefore] = [performance.now(), process.cpuUsage()];
for (let from = 0; from < count; from += chunk) {
  const statements = Array.from({ length: Math.min(chunk, count - from) }, (_, index) => statementOf(from + index));
  await client.execute(statements.join('\n'));
}
const [startMs, startCpuMs] = [performance.now() - startedMs, cpuMs(cpuBefore)];
const isEachRunning = sql.streams.metrics.topologies.every(({ state }) => state === 'running');
const started = process.memoryUsage();
const idleCpu = process.cpuUsage();
await delay(seconds * 1000);
const idleCpuMsPerSecond = cpuMs(idleCpu) / seconds;
const after = process.memoryUsage();
const passMs = await timeOfRecord();
console.log(
  JSON.stringify({
    benchmark: 'sql/idle-queries',
    queries: count,
    isEachRunning,
    startSeconds: Number((startMs / 1000).toFixed(1)),
    startMsEach: Number((startMs / count).toFixed(2)),
    startCpuMsEach: Number((startCpuMs / count).toFixed(2)),
    rssMb: Math.round(after.rss / 1e6),
    rssMbAtStart: Math.round(started.rss / 1e6),
    rssBytesEach: Math.round((after.rss - before.rss) / count),
    heapBytesEach: Math.round((after.heapUsed - before.heapUsed) / count),
    askedMb: 1200,
    idleCpuMsPerSecond: Number(idleCpuMsPerSecond.toFixed(1)),
    recordThroughAllMs: Math.round(passMs),
    broker: broker.name,
    ...machine(),
  }),
);
client.close();
await sql.close();
await broker.close();

function statementOf(index: number): string {
  return `CREATE STREAM warm${index} WITH (KAFKA_TOPIC = '${name}-${index}') AS SELECT id, celsius * 1.8 + 32 AS fahrenheit FROM readings WHERE celsius > ${index};`;
}

/** From one record being written, which goes through no filter, until all queries have worked on it. */
async function timeOfRecord(): Promise<number> {
  const kafka = createClient({ bootstrap: broker.bootstrap, clientId: 'bench' });
  const fromMs = performance.now();
  await kafka.produce({ topic: name, records: [{ key: 'a', value: '{"CELSIUS":-1}' }] });
  await kafka.close();
  while (sql.streams.metrics.tasks.reduce((sum, { recordsIn }) => sum + recordsIn, 0) < count) await delay(10);
  return performance.now() - fromMs;
}
