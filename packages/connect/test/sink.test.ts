import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { runSink } from '../src/running-sink.ts';
import { type Chunk, RefusedChunk, type SinkStore, type Written } from '../src/sink-store.ts';
import { untilTrue } from './until-true.ts';

/** Keeps what a database would keep, and fails at random: before it has written, or after, when nobody can know. */
class FaultyStore implements SinkStore<string> {
  readonly operation = 'insert';
  readonly attributes = {};
  readonly kept: { rows: string[]; offsets: Map<number, number> };
  readonly random: () => number;

  constructor(kept: FaultyStore['kept'], random: () => number) {
    this.kept = kept;
    this.random = random;
  }

  async positions(_: string, partitions: readonly number[]): Promise<Map<number, number>> {
    if (this.random() < 0.2) throw new Error('away');
    return new Map([...this.kept.offsets].filter(([partition]) => partitions.includes(partition)));
  }

  async write({ entries, moves }: Chunk<string>): Promise<Written> {
    if (this.random() < 0.2) throw new Error('away');
    if (entries.some(({ item }) => item === 'refused')) throw new RefusedChunk('no');
    const { offsets, rows } = this.kept;
    const fenced = [...moves].filter(([partition, { from }]) => (offsets.get(partition) ?? null) !== from);
    const lost = new Set(fenced.map(([partition]) => partition));
    for (const { item, record } of entries) if (!lost.has(record.partition)) rows.push(item);
    for (const [partition, { to }] of moves) if (!lost.has(partition)) offsets.set(partition, to);
    if (this.random() < 0.2) throw new Error('the connection broke');
    return { fenced: [...lost], repeats: 0 };
  }

  async close(): Promise<void> {}
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a sink that has no partition, as others have them all, stands by and is well', async (t) => {
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  await client.createTopics([{ name: 'one', partitions: 1 }]);
  const kept = { rows: [] as string[], offsets: new Map<number, number>() };
  const open = () =>
    runSink<string>({ client, groupId: 'sink', topic: 'one', map: String }, new FaultyStore(kept, () => 1));
  const sinks = [open(), open()];
  try {
    await untilTrue('both are active, one with the partition', 30_000, async () => {
      const figures = sinks.map((sink) => sink.figures);
      return figures.every(({ state }) => state === 'active') && figures.filter(({ lags }) => 0 in lags).length === 1;
    });
  } finally {
    await Promise.all(sinks.map((sink) => sink.close()));
  }
});

test('each record is stored once, whichever instance is there and whatever fails', async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const random = seeded(seed);
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  await client.createTopics([
    { name: 'in', partitions: 3 },
    { name: 'dead', partitions: 1 },
  ]);
  const kept = { rows: [] as string[], offsets: new Map<number, number>() };
  const open = () =>
    runSink<string>(
      {
        client,
        groupId: 'sink',
        topic: 'in',
        batchRecords: 7,
        lingerMs: 1,
        poison: { deadLetterTopic: 'dead' },
        map({ value }) {
          const text = value!.toString();
          if (text === 'unreadable') throw new Error('it is not readable');
          return text;
        },
      },
      new FaultyStore(kept, random),
    );
  let sinks = [open(), open()];
  const sent: string[] = [];
  for (let round = 0; round < 4; round++) {
    const records = Array.from({ length: 60 }, (_, at) => ({ key: null, value: `${round}-${at}` }));
    for (const [at, record] of records.entries()) {
      await client.produce({ topic: 'in', partition: at % 3, records: [record] });
      sent.push(record.value);
    }
    if (round === 1) await client.produce({ topic: 'in', partition: 1, records: [{ value: 'unreadable' }] });
    if (round === 2) await client.produce({ topic: 'in', partition: 2, records: [{ value: 'refused' }] });
    await sinks[round % 2]!.close();
    sinks = round % 2 === 0 ? [open(), sinks[1]!] : [sinks[0]!, open()];
  }
  const ends = new Map([0, 1, 2].map((partition) => [partition, 80 + (partition > 0 ? 1 : 0)]));
  try {
    await untilTrue('all is stored', 60_000, async () => {
      const missing = [...ends].filter(([partition, end]) => kept.offsets.get(partition) !== end);
      if (missing.length === 0) return true;
      throw new Error(JSON.stringify({ missing, stored: [...kept.offsets], sinks: sinks.map((sink) => sink.figures) }));
    });
  } finally {
    await Promise.all(sinks.flatMap((sink) => [sink.close(), sink.close()]));
  }
  assert.deepEqual(kept.rows.toSorted(), sent.toSorted());
  const dead = await client.fetch([{ topic: 'dead', partition: 0, offset: 0 }], { maxWaitMs: 100 });
  assert.ok(dead.length > 0);
});

test('of the records of a batch with one name the newest that becomes something is stored, and no older one is looked at', async (t) => {
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  await client.createTopics([{ name: 'named', partitions: 1 }]);
  const texts = ['a 1', 'b 1', 'a 2', ' alone', 'a unreadable', 'c unreadable', 'b nothing', ' alone'];
  const records = texts.map((value) => ({ key: value.split(' ')[0] || null, value }));
  await client.produce({ topic: 'named', partition: 0, records });
  const kept = { rows: [] as string[], offsets: new Map<number, number>() };
  const seen: string[] = [];
  const told: number[] = [];
  const sink = runSink<string>(
    {
      client,
      groupId: 'sink',
      topic: 'named',
      newestOf: ({ key }) => key?.toString() ?? null,
      map({ value }) {
        const text = value!.toString();
        seen.push(text);
        if (text.endsWith('unreadable')) throw new Error('it is not readable');
        return text.endsWith('nothing') ? null : text;
      },
      onPoison: ({ offset }) => told.push(offset),
    },
    new FaultyStore(kept, () => 1),
  );
  try {
    await untilTrue('all is stored', 30_000, async () => kept.offsets.get(0) === texts.length);
    assert.deepEqual(kept.rows.toSorted(), [' alone', ' alone', 'a 2', 'b 1']);
    assert.ok(!seen.includes('a 1'), 'a newer one of its name was stored');
    assert.deepEqual(told, [4, 5]);
    await untilTrue('all are counted', 30_000, async () => sink.figures.lag === 0);
    const { poisonous, read, records: ended, sent } = sink.figures;
    assert.deepEqual({ poisonous, read, ended, sent }, { poisonous: 2, read: 8, ended: 8, sent: 5 });
  } finally {
    await sink.close();
  }
});

test('a topic that was deleted and created anew stops the sink, with what to do', async (t) => {
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  const produce = async (count: number) => {
    await client.createTopics([{ name: 'anew', partitions: 1 }]);
    await client.produce({ topic: 'anew', records: Array.from({ length: count }, (_, n) => ({ value: `${n}` })) });
  };
  const kept = { rows: [] as string[], offsets: new Map<number, number>() };
  const open = () =>
    runSink<string>(
      { client, groupId: 'sink', topic: 'anew', map: ({ value }) => String(value) },
      new FaultyStore(kept, () => 1),
    );
  await produce(10);
  const first = open();
  await untilTrue('all is stored', 30_000, async () => kept.offsets.get(0) === 10);
  await first.close();
  await client.deleteTopics(['anew']);
  await produce(3);
  const second = open();
  await assert.rejects(second.finished, {
    code: 'HW_CONNECT_TOPIC_ANEW',
    message: /partition 0 of anew: the store has it up to offset 10, and the log ends at 3/,
  });
  assert.match(String(second.figures.lastError), /another name/);
  assert.equal(second.figures.state, 'stopped');
  assert.equal(kept.rows.length, 10, 'nothing of it was mixed with what is there');
  await second.close();
});

test('a sink whose client is closed ends its waiting, and closes', async () => {
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  await client.createTopics([{ name: 'closed', partitions: 1 }]);
  const kept = { rows: [] as string[], offsets: new Map<number, number>() };
  const sink = runSink<string>(
    { client, groupId: 'sink', topic: 'closed', map: String },
    new FaultyStore(kept, () => 1),
  );
  try {
    await untilTrue('it is active', 30_000, async () => sink.figures.state === 'active');
    await client.close();
    await untilTrue('it says that it cannot read', 30_000, async () => sink.figures.lastError !== null);
    assert.match(String(sink.figures.lastError), /closed/);
  } finally {
    await sink.close();
  }
});

test('a partition that goes to another instance during a write does not hold up those that stay', async (t) => {
  await using broker = await startBroker();
  const client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
  t.after(() => client.close());
  await client.createTopics([{ name: 'moving', partitions: 2 }]);
  const produce = (value: string) =>
    Promise.all([0, 1].map((partition) => client.produce({ topic: 'moving', partition, records: [{ value }] })));
  const kept = { rows: [] as string[], offsets: new Map<number, number>() };
  const held = Promise.withResolvers<void>();
  let isWriting = false;
  class SlowStore extends FaultyStore {
    override async write(chunk: Chunk<string>): Promise<Written> {
      if (!isWriting && chunk.entries.some(({ item }) => item === 'slow')) {
        isWriting = true;
        await held.promise;
      }
      return await super.write(chunk);
    }
  }
  const map = ({ value }: { value: Buffer | null }) => String(value);
  const open = (lingerMs: number) =>
    runSink<string>({ client, groupId: 'sink', topic: 'moving', lingerMs, map }, new SlowStore(kept, () => 1));
  // What waits for its time is written when a poll has brought nothing: then no batch is in hand, and the group may move partitions.
  const first = open(500);
  await produce('first');
  await untilTrue('the first are stored', 30_000, async () => kept.rows.length === 2);
  await produce('slow');
  await untilTrue('a write is under way', 30_000, async () => isWriting);
  const second = open(1);
  try {
    await untilTrue('the other instance has stored one', 30_000, async () => kept.rows.length === 3);
    held.resolve();
    await produce('last');
    await untilTrue('all are stored', 30_000, async () => kept.rows.length === 6);
    assert.deepEqual(kept.rows.toSorted(), ['first', 'first', 'last', 'last', 'slow', 'slow']);
    await untilTrue('both get on', 30_000, async () =>
      [first, second].every(({ figures }) => figures.state === 'active' && Object.keys(figures.positions).length === 1),
    );
  } finally {
    held.resolve();
    await Promise.all([first.close(), second.close()]);
  }
});
