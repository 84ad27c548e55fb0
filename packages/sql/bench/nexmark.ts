/**
 * Nexmark q0 to q8 and q11 to q13 in SQL on this server: events of the published model, seeded; each query's results are compared with what is worked
 * out from the events here, independently. A line for each query.
 *
 *   npm run bench -- nexmark [q0 q5 …] [--events 100000] [--rounds 3] [--seed 42]
 *
 * The broker is BOOTSTRAP, else Apache Kafka where `../shared/peers/kafka start` runs one, else this project's own in another process. Time and CPU are
 * those from the statement until all is committed; the first round compiles.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { createSqlClient, startSql } from '../index.ts';
import { benchBroker } from './support/bench-broker.ts';
import { machine, spread } from './support/figures.ts';
import { checks, type ResultRow, sideValue } from './support/nexmark/checks.ts';
import { type Events, firstMs, nexmarkEvents } from './support/nexmark/events.ts';
import { type NexmarkQuery, type NexmarkTopic, nexmarkQueries, sourceStatements } from './support/nexmark/queries.ts';

const { positionals, values: flags } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '42' },
  },
});
const queries = nexmarkQueries.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (queries.length === 0) {
  console.error(
    `there is no query ${positionals.join(', ')}; known: ${nexmarkQueries.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
const partitions = 4;
const sideRows = 10_000;
const dayMs = 86_400_000;
const commitMs = 200;
const prefix = `NEXMARK${process.pid}`;
const topicOf = (topic: NexmarkTopic) => `${prefix}-${topic}`;

const events = nexmarkEvents(Number(flags.events), Number(flags.seed));
const counts: Record<NexmarkTopic, number> = {
  person: events.persons.length,
  auction: events.auctions.length,
  bid: events.bids.length,
  arrival: events.bids.length,
  side: sideRows,
};
const broker = await benchBroker();
const kafka = createClient({ bootstrap: broker.bootstrap, clientId: 'bench' });
await load(kafka, events);
const sql = await startSql({
  bootstrap: broker.bootstrap,
  port: 0,
  serviceId: prefix,
  settings: [
    ['ksql.streams.auto.offset.reset', 'earliest'],
    ['ksql.streams.commit.interval.ms', String(commitMs)],
  ],
});
const client = createSqlClient({ url: sql.url });
await client.execute(sourceStatements(topicOf));
for (const query of queries) await measure(query);
client.close();
await sql.close();
await kafka.close();
await broker.close();

async function measure(query: NexmarkQuery): Promise<void> {
  const records = query.reads.reduce((sum, topic) => sum + counts[topic], 0);
  const seconds: number[] = [];
  const cpuSeconds: number[] = [];
  let wrong: string | null = null;
  let rows = 0;
  for (let round = 0; round < Number(flags.rounds); round++) {
    const run = `${query.name}_${round}_${process.pid}`.toUpperCase();
    const [startMs, cpu] = [performance.now(), process.cpuUsage()];
    await client.execute(query.statements(run));
    const idleMs = await settled(records);
    const { system, user } = process.cpuUsage(cpu);
    seconds.push((performance.now() - startMs - idleMs) / 1000);
    cpuSeconds.push((system + user) / 1e6);
    const results = await read(run);
    const firstStep = query.statements(run).includes(`${run}-1`) ? (await read(`${run}-1`)).records : [];
    rows = results.rows.length;
    wrong ??= checks[query.name]!(events, { ...results, firstStep });
    await client.execute((await queryIds()).map((id) => `TERMINATE ${id};`).join('\n'));
  }
  if (wrong !== null) process.exitCode = 1;
  console.log(
    JSON.stringify({
      benchmark: 'nexmark',
      query: query.name,
      about: query.about,
      records,
      resultRows: rows,
      isRight: wrong === null,
      ...(wrong !== null && { wrong }),
      recordsPerCpuSecond: spread(cpuSeconds.map((each) => records / each)),
      recordsPerSecond: spread(seconds.map((each) => records / each)),
      seed: Number(flags.seed),
      broker: broker.name,
      ...machine(),
    }),
  );
}

/** Waits until all is worked on and committed; how long nothing was done at the end. */
async function settled(records: number): Promise<number> {
  let [last, lastMs] = [-1, performance.now()];
  for (;;) {
    await delay(20);
    const { tasks, topologies } = sql.streams.metrics;
    if (topologies.some(({ state }) => state === 'failed')) throw new Error('the query has failed');
    const done = tasks.reduce((sum, { recordsIn }) => sum + recordsIn, 0);
    const isBehind = tasks.some(({ inputs }) => inputs.some(({ lagRecords }) => lagRecords !== 0));
    if (done !== last) [last, lastMs] = [done, performance.now()];
    const idleMs = performance.now() - lastMs;
    // A commit hands on what was held back, which may go through the next step.
    if (done >= records && !isBehind && idleMs > 10 * commitMs) return idleMs;
  }
}

async function queryIds(): Promise<string[]> {
  const [entity] = await client.execute('SHOW QUERIES;');
  return (entity as unknown as { queries: { id: string }[] }).queries.map(({ id }) => id).reverse();
}

/** All that is in a topic of results at the moment. */
async function read(topic: string): Promise<{ records: ResultRow[]; rows: ResultRow[] }> {
  const { topics } = await kafka.metadata([topic]);
  const partitions = topics[0]!.partitions.map(({ partition }) => partition);
  const ends = await kafka.listOffsets(
    topic,
    Object.fromEntries(partitions.map((partition) => [partition, OffsetSpec.latest])),
  );
  const missing = new Set(partitions.filter((partition) => ends[partition]!.offset > 0));
  const records: ResultRow[] = [];
  const rows = new Map<string, ResultRow>();
  if (missing.size === 0) return { records, rows: [] };
  for await (const batch of kafka.tail({ topics: [topic], from: 'earliest' })) {
    for (const { key, value } of batch.records()) {
      const id = key === null ? '' : key.toString('latin1');
      if (value === null) rows.delete(id);
      else {
        const row = JSON.parse(value.toString()) as ResultRow;
        records.push(row);
        rows.set(id, row);
      }
    }
    if (batch.nextOffset >= ends[batch.partition]!.offset) missing.delete(batch.partition);
    if (missing.size === 0) break;
  }
  return { records, rows: [...rows.values()] };
}

async function load(client: KafkaClient, { auctions, bids, persons }: Events): Promise<void> {
  const names: readonly NexmarkTopic[] = ['person', 'auction', 'bid', 'arrival', 'side'];
  await client.createTopics(
    names.map((name) => ({
      name: topicOf(name),
      partitions,
      configs: { 'retention.ms': '-1', ...(name === 'arrival' && { 'message.timestamp.type': 'LogAppendTime' }) },
    })),
  );
  await produce(
    client,
    'side',
    Array.from({ length: sideRows }, (_, id) => [id, firstMs - dayMs, { value: sideValue(id) }]),
  );
  await produce(
    client,
    'person',
    persons.map((each) => [each.id, each.date_time, each]),
  );
  await produce(
    client,
    'auction',
    auctions.map((each) => [each.id, each.date_time, each]),
  );
  const bidRecords = bids.map((each) => [each.auction, each.date_time, each] as const);
  await produce(client, 'bid', bidRecords);
  await produce(client, 'arrival', bidRecords);
}

/** Records by key, time and value. */
async function produce(
  client: KafkaClient,
  topic: NexmarkTopic,
  records: readonly (readonly [number, number, object])[],
): Promise<void> {
  for (let from = 0; from < records.length; from += 5_000) {
    await client.produce({
      topic: topicOf(topic),
      records: records.slice(from, from + 5_000).map(([id, timestamp, value]) => {
        const key = Buffer.alloc(8);
        key.writeBigInt64BE(BigInt(id));
        return { key, value: JSON.stringify(value), timestamp };
      }),
    });
  }
}
