import { equal, ok } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { SeededRandom } from '../../syntax/testing/seeded-random.ts';
import { type SqlServer, startSql } from '../start-sql.ts';

let broker: Awaited<ReturnType<typeof startBroker>>;
let client: KafkaClient;

before(async () => {
  broker = await startBroker({ config: { 'group.min.session.timeout.ms': '100' } });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
});

after(async () => {
  await client?.close();
  await broker?.close();
});

const start = (serviceId: string, lookMs: number): Promise<SqlServer> =>
  startSql({
    bootstrap: broker.bootstrap,
    port: 0,
    serviceId,
    settings: [
      ['ksql.streams.auto.offset.reset', 'earliest'],
      ['commit.interval.ms', '20'],
      ['headwater.rewind.look.interval.ms', String(lookMs)],
    ],
  });

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape are looked into
async function run(url: string, ksql: string): Promise<any[]> {
  const response = await fetch(`${url}/ksql`, { method: 'POST', body: JSON.stringify({ ksql }) });
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const answer = (await response.json()) as any;
  if (response.status !== 200) throw new Error(answer.message);
  return answer;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

/** Values by key of a topic, and how many records it has, as far as they are committed. */
async function topicTable(topic: string): Promise<{ table: Record<string, number>; count: number }> {
  const isolation = 'read_committed';
  const table = new Map<string, number>();
  let count = 0;
  const { topics } = await client.metadata([topic]);
  for (const { partition } of topics[0]!.partitions) {
    const end = (await client.listOffsets(topic, { [partition]: OffsetSpec.latest }, { isolation }))[partition]!.offset;
    for (let offset = 0; offset < end; ) {
      const [fetched] = await client.fetch([{ topic, partition, offset }], { isolation });
      for (const { key, value } of fetched!.batches.flatMap((batch) => [...batch.records()])) {
        count++;
        if (value === null) table.delete(String(key));
        else table.set(String(key), (JSON.parse(String(value)) as { N: number }).N);
      }
      offset = fetched!.nextOffset;
    }
  }
  return { table: Object.fromEntries([...table].sort()), count };
}

async function tableIs(topic: string, wanted: Record<string, number>): Promise<void> {
  await until(async () => JSON.stringify((await topicTable(topic)).table) === JSON.stringify(wanted));
}

const ride = (topic: string, ...riders: string[]) =>
  client.produce({ topic, partition: 0, records: riders.map((key) => ({ key, value: '{}' })) });

async function swapped({ engine }: SqlServer): Promise<void> {
  await until(() => engine.rewinds.size === 0);
  // The swap is to its end.
  await engine.exclusive(async () => {});
}

test('a server that starts again has the new generation, or goes on with it', async (t) => {
  let sql = await start('restart_', 20);
  t.after(() => sql.close());
  await run(
    sql.url,
    `CREATE STREAM rides (rider STRING KEY, km INT) WITH (kafka_topic='rides', value_format='JSON', partitions=1);
     CREATE TABLE counts AS SELECT rider, COUNT(*) AS n FROM rides GROUP BY rider;`,
  );
  await ride('rides', 'ann', 'bob', 'ann', 'bob', 'carl');
  await tableIs('COUNTS', { ann: 2, bob: 2, carl: 1 });
  await run(sql.url, 'REWIND TABLE counts TO OFFSETS (0 = 2);');
  await swapped(sql);
  await tableIs('COUNTS', { ann: 1, bob: 1, carl: 1 });
  await sql.close();

  // It never catches up while this one runs.
  sql = await start('restart_', 86_400_000);
  equal(sql.engine.rewinds.size, 0);
  const [query] = sql.engine.queries.values();
  equal(query!.runId, `${query!.id}_G2`);
  await ride('rides', 'ann');
  await tableIs('COUNTS', { ann: 2, bob: 1, carl: 1 });
  await run(sql.url, 'REWIND TABLE counts TO OFFSETS (0 = 4);');
  equal(sql.engine.rewinds.size, 1);
  await sql.close();
  await ride('rides', 'dora');

  sql = await start('restart_', 20);
  await swapped(sql);
  await tableIs('COUNTS', { ann: 1, carl: 1, dora: 1 });
  equal(sql.engine.queries.get(query!.id)!.runId, `${query!.id}_G3`);
  await run(sql.url, 'DROP TABLE counts;');
  await sql.close();
  await until(async () => !(await client.metadata()).topics.some(({ name }) => name.includes(query!.id)));
});

const seed = Number(process.env['HEADWATER_SEED'] ?? 20261122);

test(`killed at any moment of a rewind, the table is the old one or the new one (seed ${seed})`, {
  timeout: 180_000,
}, async (t) => {
  const random = new SeededRandom(seed);
  const script = join(import.meta.dirname, 'testing', 'rewind-server.ts');
  let child: ChildProcess | null = null;
  t.after(() => child?.kill('SIGKILL'));
  const launch = async (): Promise<string> => {
    child = spawn(process.execPath, [script, broker.bootstrap, 'killed_'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout! }), 'line');
    return line as string;
  };
  const kill = async (): Promise<void> => {
    const exited = once(child!, 'exit');
    child!.kill('SIGKILL');
    await exited;
  };
  let url = await launch();
  await run(
    url,
    `CREATE STREAM walks (walker STRING KEY, km INT) WITH (kafka_topic='walks', value_format='JSON', partitions=1);
     CREATE TABLE walked AS SELECT walker, COUNT(*) AS n FROM walks GROUP BY walker;`,
  );
  const walkers = Array.from({ length: 300 }, () => `w${random.below(40)}`);
  await ride('walks', ...walkers);
  const tableFrom = (offset: number): Record<string, number> =>
    Object.fromEntries(
      Array.from(
        Map.groupBy(walkers.slice(offset), (walker) => walker),
        ([walker, all]) => [walker, all.length] as const,
      ).sort(),
    );
  let before = tableFrom(0);
  await tableIs('WALKED', before);
  for (let round = 0; round < 3; round++) {
    const offset = random.below(walkers.length - 50);
    const after = tableFrom(offset);
    await run(url, `REWIND TABLE walked TO OFFSETS (0 = ${offset});`);
    await delay(random.below(500));
    await kill();
    // What was about to be written is written, or not at all.
    url = await launch();
    const { table } = await topicTable('WALKED');
    const isOneOf = [before, after].some((each) => JSON.stringify(each) === JSON.stringify(table));
    ok(isOneOf, `round ${round}: ${JSON.stringify({ table, before, after })}`);
    await until(async () => (await run(url, 'SHOW QUERIES;'))[0].queries.length === 1);
    await tableIs('WALKED', after);
    before = after;
  }
  await kill();
});
