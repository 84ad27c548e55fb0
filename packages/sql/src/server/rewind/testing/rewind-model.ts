import { deepEqual } from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { startBroker } from '@headwater/broker';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { newSession } from '../../../engine/session.ts';
import { SeededRandom } from '../../../syntax/testing/seeded-random.ts';
import { type SqlServer, startSql } from '../../start-sql.ts';

interface LoggedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly user: string;
  readonly kind: string;
  readonly amount: number;
}

type Table = Record<string, unknown>;

/** A table, and what it is when it is made from some records of its stream. */
interface Model {
  readonly name: string;
  readonly statement: string;
  /** Rows of the table's topic: keys and values as text. */
  tableOf(records: readonly LoggedRecord[]): Table;
}

const models: readonly Model[] = [
  {
    name: 'SUMS',
    statement: `CREATE TABLE sums WITH (format='JSON') AS
      SELECT user, SUM(amount) AS total, COUNT(*) AS n FROM events GROUP BY user;`,
    tableOf: (records) =>
      tableBy(
        records,
        ({ user }) => JSON.stringify(user),
        (rows) => ({ TOTAL: rows.reduce((sum, { amount }) => sum + amount, 0), N: rows.length }),
      ),
  },
  {
    name: 'KINDS',
    statement: `CREATE TABLE kinds WITH (format='JSON') AS
      SELECT kind, COUNT(*) AS n, MAX(amount) AS most FROM events WHERE amount > 3 GROUP BY kind HAVING COUNT(*) > 2;`,
    tableOf: (records) =>
      Object.fromEntries(
        Object.entries(
          tableBy(
            records.filter(({ amount }) => amount > 3),
            ({ kind }) => JSON.stringify(kind),
            (rows) => ({ N: rows.length, MOST: Math.max(...rows.map(({ amount }) => amount)) }),
          ),
        ).filter(([, row]) => (row as { N: number }).N > 2),
      ),
  },
];

function tableBy(
  records: readonly LoggedRecord[],
  keyOf: (record: LoggedRecord) => string,
  rowOf: (records: readonly LoggedRecord[]) => unknown,
): Table {
  return Object.fromEntries(
    Array.from(Map.groupBy(records, keyOf), ([key, rows]) => [key, rowOf(rows)] as const).sort(([one], [other]) =>
      one < other ? -1 : 1,
    ),
  );
}

export interface RewindModelOptions {
  readonly seed: number;
  /** How often it is rewound. */
  readonly rounds: number;
  readonly guarantee: 'at_least_once' | 'exactly_once_v2';
}

/** Random logs, rewound to random moments while more is written: each table is in the end what is made of the log from there. */
export async function runRewindModel({ guarantee, rounds, seed }: RewindModelOptions): Promise<void> {
  const random = new SeededRandom(seed);
  const broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'model' });
  let sql: SqlServer | null = null;
  try {
    sql = await startSql({
      bootstrap: broker.bootstrap,
      port: 0,
      settings: [
        ['ksql.streams.auto.offset.reset', 'earliest'],
        ['commit.interval.ms', '20'],
        ['processing.guarantee', guarantee],
      ],
    });
    const session = newSession();
    const { engine } = sql;
    await engine.execute(
      `CREATE STREAM events (user STRING KEY, kind STRING, amount INT) WITH (kafka_topic='events', value_format='JSON', partitions=3);`,
      session,
    );
    for (const { statement } of models) await engine.execute(statement, session);
    // An hour ago: older ones are deleted by the broker.
    let timeMs = Date.now() - 3_600_000;
    const write = async (count: number) => {
      const records = Array.from({ length: count }, () => {
        timeMs += between(random, -5, 20);
        const value = JSON.stringify({ KIND: `k${between(random, 0, 5)}`, AMOUNT: between(random, 0, 9) });
        return { key: `u${between(random, 0, 30)}`, value, timestamp: timeMs };
      });
      if (records.length > 0) await client.produce({ topic: 'events', records });
    };
    await write(500);
    for (let round = 0; round < rounds; round++) {
      const { name, tableOf } = models[between(random, 0, models.length - 1)]!;
      const log = await readLog(client);
      const { isTaken, text } = randomStart(log, random);
      await engine.execute(`REWIND ${name} TO ${text};`, session);
      while (engine.rewinds.size > 0) {
        if (between(random, 0, 3) === 0) await write(between(random, 1, 200));
        await delay(5);
      }
      // The swap is to its end.
      await engine.exclusive(async () => {});
      await write(between(random, 0, 100));
      const wanted = tableOf((await readLog(client)).filter(isTaken));
      // A limit for hangs: then it is told what differs.
      const untilMs = performance.now() + 60_000;
      for (let isSame = false; !isSame; await delay(20)) {
        const found = await topicTable(client, name);
        isSame = JSON.stringify(found) === JSON.stringify(wanted);
        if (performance.now() > untilMs) deepEqual(found, wanted, `${name} rewound to ${text}, round ${round}`);
      }
    }
    for (let isLeft = true; isLeft; await delay(20)) {
      const { topics } = await client.metadata();
      isLeft = topics.some((topic) => topic.name.endsWith('-results'));
    }
  } finally {
    await sql?.close();
    await client.close();
    await broker.close();
  }
}

/** Both are possible. */
function between(random: SeededRandom, least: number, most: number): number {
  return least + random.below(most - least + 1);
}

/** Where to begin, and which records are behind that. */
function randomStart(
  log: readonly LoggedRecord[],
  random: SeededRandom,
): { readonly text: string; readonly isTaken: (record: LoggedRecord) => boolean } {
  const kind = between(random, 0, 4);
  if (kind === 0) return { text: 'BEGINNING', isTaken: () => true };
  const last = (partition: number) => log.findLast((record) => record.partition === partition)?.offset ?? -1;
  if (kind < 3) {
    const starts = [0, 1, 2].map((partition) => between(random, 0, last(partition) + 1));
    return {
      text: `OFFSETS (${starts.map((offset, partition) => `${partition} = ${offset}`).join(', ')})`,
      isTaken: ({ offset, partition }) => offset >= starts[partition]!,
    };
  }
  const { timestamp } = log[between(random, 0, log.length - 1)]!;
  const starts = [0, 1, 2].map(
    (partition) =>
      log.find((record) => record.partition === partition && record.timestamp >= timestamp)?.offset ??
      last(partition) + 1,
  );
  return { text: `TIMESTAMP ${timestamp}`, isTaken: ({ offset, partition }) => offset >= starts[partition]! };
}

async function readLog(client: KafkaClient): Promise<LoggedRecord[]> {
  const log: LoggedRecord[] = [];
  await eachRecord(client, 'events', (partition, { key, offset, timestamp, value }) => {
    const { AMOUNT, KIND } = JSON.parse(String(value)) as { AMOUNT: number; KIND: string };
    log.push({ partition, offset, timestamp, user: String(key), kind: KIND, amount: AMOUNT });
  });
  return log;
}

/** The newest rows of a table's topic, by key. */
async function topicTable(client: KafkaClient, topic: string): Promise<Table> {
  const table = new Map<string, unknown>();
  await eachRecord(client, topic, (_partition, { key, value }) => {
    if (value === null) table.delete(String(key));
    else table.set(String(key), JSON.parse(String(value)));
  });
  return Object.fromEntries([...table].sort(([one], [other]) => (one < other ? -1 : 1)));
}

interface SomeRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly offset: number;
  readonly timestamp: number;
}

async function eachRecord(
  client: KafkaClient,
  topic: string,
  take: (partition: number, record: SomeRecord) => void,
): Promise<void> {
  const isolation = 'read_committed';
  const { topics } = await client.metadata([topic]);
  for (const { partition } of topics[0]!.partitions) {
    const end = (await client.listOffsets(topic, { [partition]: OffsetSpec.latest }, { isolation }))[partition]!.offset;
    for (let offset = 0; offset < end; ) {
      const [fetched] = await client.fetch([{ topic, partition, offset }], { isolation });
      for (const batch of fetched!.batches) for (const record of batch.records()) take(partition, record);
      offset = fetched!.nextOffset;
    }
  }
}
