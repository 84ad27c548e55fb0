import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { silentLogger } from '@headwater/logger';
import { type Guarantee, Streams, StreamsBuilder, StreamsError, serdes, type Topology } from '../index.ts';
import type { ClusterUnderTest } from './cluster-suite.ts';

const { long, string } = serdes;

function counted(input: string, output: string, check: (value: string) => void = () => {}): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>(input, { key: string, value: string })
    .mapValues((value) => {
      check(value);
      return value;
    })
    .groupBy((value) => value)
    .count({ store: 'counts' })
    .toStream()
    .to(output, { key: string, value: long });
  return builder.build();
}

/** The values of an output topic by key, as far as they were committed, once `isWhole`. */
export async function longsOf(client: KafkaClient, topic: string, isWhole: (table: Map<string, number>) => boolean) {
  const table = new Map<string, number>();
  const tail = client.tail({ topics: [topic], from: 'earliest', isolation: 'read_committed' });
  for await (const batch of tail) {
    for (const { key, value } of batch.records()) table.set(String(key), long.decode(value!, 0, value!.length, topic));
    if (isWhole(table)) break;
  }
  await tail.close();
  return table;
}

/** Topologies that come, go and fail while the application runs. */
export function topologiesSuite(name: string, cluster: ClusterUnderTest): void {
  let nextId = 0;
  const unique = (what: string) => `${what}-${process.pid}-${Date.now().toString(36)}-${nextId++}`;

  test(`${name}: topics that are read may be made later, when they are waited for`, { timeout: 60_000 }, async () => {
    await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'wait-test' }));
    const [input, output] = [unique('in'), unique('out')];
    await client.createTopics([{ name: output, partitions: 1 }]);
    const kafka = cluster.bootstrap();
    await using hasty = new Streams({ applicationId: unique('app'), kafka });
    hasty.add(counted(input, output));
    await assert.rejects(hasty.start(), (error) => error instanceof StreamsError && error.message.includes(input));
    const { promise: isWaiting, resolve: waits } = Promise.withResolvers<void>();
    const warn = (_fields: unknown, message?: string) => {
      if (message?.includes('waited for')) waits();
    };
    const logger = { ...silentLogger, warn };
    await using streams = new Streams({ applicationId: unique('app'), kafka, waitForTopicsMs: 50_000, logger });
    streams.add(counted(input, output));
    const started = streams.start();
    await isWaiting;
    await client.createTopics([{ name: input, partitions: 1 }]);
    await started;
    await client.produce({ topic: input, records: [{ value: 'a' }] });
    await longsOf(client, output, (table) => table.get('a') === 1);
  });

  for (const guarantee of ['at-least-once', 'exactly-once'] satisfies Guarantee[]) {
    test(`${name}: topologies come and go while others run, ${guarantee}`, { timeout: 60_000 }, async () => {
      await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'topologies-test' }));
      const [input, one, two] = [unique('in'), unique('one'), unique('two')];
      await client.createTopics([input, one, two].map((topic) => ({ name: topic, partitions: 2 })));
      await client.produce({ topic: input, records: [{ value: 'a' }, { value: 'b' }] });
      const applicationId = unique('app');
      await using streams = new Streams({
        applicationId,
        kafka: cluster.bootstrap(),
        guarantee,
        commitIntervalMs: 20,
      });
      await streams.start();
      const first = streams.add(counted(input, one), { name: 'first' });
      await first.started;
      assert.equal(first.state, 'running');
      await longsOf(client, one, (table) => table.get('a') === 1 && table.get('b') === 1);

      const second = streams.add(counted(input, two), { name: 'second' });
      await longsOf(client, two, (table) => table.get('a') === 1 && table.get('b') === 1);
      assert.throws(() => streams.add(counted(input, two), { name: 'second' }), { code: 'HW_STREAMS_TOPOLOGY' });
      await first.remove();
      await first.remove();
      assert.equal(first.state, 'removed');
      await client.produce({ topic: input, records: [{ value: 'a' }] });
      await longsOf(client, two, (table) => table.get('a') === 2);

      // It goes on where it was, and has missed nothing.
      const again = streams.add(counted(input, one), { name: 'first' });
      assert.equal((await longsOf(client, one, (table) => table.get('a') === 2)).get('b'), 1);
      await again.remove({ deleteInternalTopics: true });
      const { topics } = await client.metadata();
      const internal = topics.map((topic) => topic.name).filter((topic) => topic.startsWith(`${applicationId}-`));
      assert.ok(internal.length > 0 && internal.every((topic) => topic.startsWith(`${applicationId}-second-`)));
      assert.deepEqual((await client.committedOffsets(`${applicationId}-first`)).length, 0);

      assert.ok(second.metrics.length > 0 && streams.metrics.commits.count > 0);
      second.pause();
      await client.produce({ topic: input, records: [{ value: 'c' }] });
      second.resume();
      await longsOf(client, two, (table) => table.get('c') === 1);
      assert.equal(streams.state, 'running');
    });

    test(`${name}: a topic that takes less than it did gets smaller batches, and what is larger goes by its policy, ${guarantee}`, {
      timeout: 60_000,
    }, async () => {
      await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'limit-test' }));
      const [input, output] = [unique('in'), unique('out')];
      await client.createTopics([input, output].map((topic) => ({ name: topic, partitions: 1 })));
      const builder = new StreamsBuilder();
      const text = { key: string, value: string };
      // One is chosen by record: nothing is known of its limit before.
      builder.stream<string, string>(input, text).to(guarantee === 'exactly-once' ? () => output : output, text);
      await using streams = new Streams({
        applicationId: unique('app'),
        kafka: cluster.bootstrap(),
        guarantee,
        commitIntervalMs: 20,
        errors: { production: 'skip' },
      });
      streams.add(builder.build());
      await streams.start();
      const changes = [{ name: 'max.message.bytes', value: '20000' }];
      const [altered] = await client.alterConfigs([{ resource: { type: 'topic', name: output }, changes }]);
      assert.equal(altered?.error ?? null, null);
      const sizes = [...Array.from({ length: 60 }, () => 1_000), 30_000, 500];
      await client.produce({
        topic: input,
        records: sizes.map((size, n) => ({ key: `${n}`, value: 'x'.repeat(size) })),
      });
      const found: string[] = [];
      const tail = client.tail({ topics: [output], from: 'earliest', isolation: 'read_committed' });
      for await (const batch of tail) {
        for (const { key } of batch.records()) found.push(String(key));
        if (found.at(-1) === '61') break;
      }
      await tail.close();
      const expected = sizes.flatMap((size, n) => (size > 20_000 ? [] : [`${n}`]));
      assert.deepEqual(found, expected);
      assert.equal(streams.state, 'running');
    });

    test(`${name}: of repartition topics there is left what was not worked on, ${guarantee}`, {
      timeout: 60_000,
    }, async () => {
      await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'purge-test' }));
      const [input, output] = [unique('in'), unique('out')];
      await client.createTopics([input, output].map((topic) => ({ name: topic, partitions: 1 })));
      const applicationId = unique('app');
      await using streams = new Streams({
        applicationId,
        kafka: cluster.bootstrap(),
        guarantee,
        commitIntervalMs: 20,
        repartitionPurgeIntervalMs: 0,
      });
      streams.add(counted(input, output));
      await streams.start();
      const topic = `${applicationId}-counts-repartition`;
      const startOf = async () => (await client.listOffsets(topic, { 0: OffsetSpec.earliest }))[0]!.offset;
      for (let round = 1; round <= 2; round++) {
        const before = await startOf();
        await client.produce({ topic: input, records: [{ value: 'a' }, { value: 'b' }] });
        await longsOf(client, output, (table) => table.get('a') === round && table.get('b') === round);
        while ((await startOf()) < before + 2) await delay(20);
      }
    });

    test(`${name}: a topology that fails stops alone, ${guarantee}`, { timeout: 60_000 }, async () => {
      await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'topologies-test' }));
      const [input, one, two] = [unique('in'), unique('one'), unique('two')];
      await client.createTopics([input, one, two].map((topic) => ({ name: topic, partitions: 1 })));
      const failures: unknown[] = [];
      const errors: unknown[] = [];
      await using streams = new Streams({
        applicationId: unique('app'),
        kafka: cluster.bootstrap(),
        guarantee,
        commitIntervalMs: 20,
        onFailed: (error) => failures.push(error),
      });
      const refuse = (value: string) => {
        if (value === 'bad') throw new RangeError('not this one');
      };
      const failing = streams.add(counted(input, one, refuse), { name: 'failing', onFailed: (e) => errors.push(e) });
      const missing = unique('missing');
      streams.add(counted(input, two), { name: 'other' });
      await streams.start();
      await client.produce({ topic: input, records: ['a', 'b', 'bad', 'a'].map((value) => ({ value })) });
      const counts = await longsOf(client, two, (table) => table.get('a') === 2 && table.get('bad') === 1);
      assert.equal(counts.get('b'), 1);
      await client.produce({ topic: input, records: [{ value: 'b' }] });
      const later = await longsOf(client, two, (table) => table.get('b') === 2);
      assert.deepEqual(Object.fromEntries(later), { a: 2, b: 2, bad: 1 });
      assert.equal(failing.state, 'failed');
      assert.equal(streams.state, 'running');
      const error = failing.failure as StreamsError;
      assert.ok(error instanceof StreamsError);
      assert.equal(error.code, 'HW_STREAMS_PROCESSING');
      assert.deepEqual(error.place, { topic: input, partition: 0, offset: 2 });
      assert.deepEqual([errors, failures], [[error], []]);

      const late = streams.add(counted(missing, two), { name: 'late' });
      await assert.rejects(late.started, { code: 'HW_STREAMS_TOPOLOGY', message: new RegExp(missing) });
      assert.equal(late.state, 'failed');
      assert.equal(streams.state, 'running');
    });
  }

  test(`${name}: a paused topology rests on both instances, and goes on where it was, handed over too`, {
    timeout: 60_000,
  }, async () => {
    await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'topologies-test' }));
    const [input, one, two] = [unique('in'), unique('one'), unique('two')];
    await client.createTopics([input, one, two].map((topic) => ({ name: topic, partitions: 4 })));
    const applicationId = unique('app');
    const newInstance = () => {
      const streams = new Streams({
        applicationId,
        kafka: cluster.bootstrap(),
        guarantee: 'exactly-once',
        commitIntervalMs: 20,
        heartbeatIntervalMs: 100,
      });
      const paused = streams.add(counted(input, one), { name: 'paused' });
      streams.add(counted(input, two), { name: 'other' });
      return { streams, paused };
    };
    const first = newInstance();
    const second = newInstance();
    await using _first = first.streams;
    await using _second = second.streams;
    await Promise.all([first.streams.start(), second.streams.start()]);
    const write = () =>
      client.produce({ topic: input, records: ['a', 'b', 'c', 'd', 'e'].map((value) => ({ key: value, value })) });
    const isAll = (count: number) => (table: Map<string, number>) =>
      table.size === 5 && table.values().every((value) => value === count);
    await write();
    await longsOf(client, one, isAll(1));
    const worked = () =>
      [first, second].reduce(
        (sum, { paused }) => paused.metrics.reduce((all, { recordsIn }) => all + recordsIn, sum),
        0,
      );
    const before = worked();
    first.paused.pause();
    second.paused.pause();
    assert.ok(first.paused.isPaused && second.paused.isPaused);
    await write();
    // The other one has had the same records: what was paused could have, too.
    await longsOf(client, two, isAll(2));
    // A task that has moved meanwhile counts anew.
    assert.ok(worked() <= before, `${worked()} records were worked on, ${before} before the pause`);
    // Handed over, it rests on the instance that has it then, too.
    await first.streams.close();
    await write();
    await longsOf(client, two, isAll(3));
    second.paused.resume();
    await longsOf(client, one, isAll(3));
  });

  test(`${name}: a topology begins where its group says, and rests with all written when it is paused and committed`, {
    timeout: 60_000,
  }, async () => {
    await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'topologies-test' }));
    const [input, output] = [unique('in'), unique('out')];
    await client.createTopics([input, output].map((topic) => ({ name: topic, partitions: 1 })));
    await client.produce({ topic: input, records: ['a', 'b', 'a', 'c'].map((value) => ({ value })) });
    const applicationId = unique('app');
    // Commits that nobody asks for come too late.
    await using streams = new Streams({ applicationId, kafka: cluster.bootstrap(), commitIntervalMs: 3_600_000 });
    await streams.start();
    await client.commitOffsets(`${applicationId}-counts`, { [input]: { 0: 2 } });
    const handle = streams.add(counted(input, output), { name: 'counts' });
    assert.equal(handle.groupId, `${applicationId}-counts`);
    await handle.started;
    const offset = () => handle.metrics.flatMap(({ inputs }) => inputs).find(({ topic }) => topic === input)?.offset;
    while (offset() !== 4) await delay(5);
    handle.pause();
    await client.produce({ topic: input, records: [{ value: 'a' }] });
    // What it has sent on is worked on when it goes on.
    await handle.commit();
    assert.equal((await client.committedOffsets(handle.groupId, { partitions: { [input]: [0] } }))[0]?.offset, 4);
    handle.resume();
    while (handle.metrics.some(({ inputs }) => inputs.some(({ topic, offset }) => topic !== input && offset < 3))) {
      await handle.commit();
      await delay(5);
    }
    while (offset() !== 5) await delay(5);
    for (let commits = 0; commits < 2; commits++) await handle.commit();
    await handle.remove();
    assert.deepEqual(Object.fromEntries(await longsOf(client, output, (table) => table.get('a') === 2)), {
      a: 2,
      c: 1,
    });
  });

  test(`${name}: instances work on the topologies that they have`, { timeout: 60_000 }, async () => {
    await using client = closing(createClient({ bootstrap: cluster.bootstrap(), clientId: 'topologies-test' }));
    const [input, output] = [unique('in'), unique('out')];
    await client.createTopics([input, output].map((topic) => ({ name: topic, partitions: 2 })));
    await client.produce({ topic: input, records: [{ value: 'a' }, { value: 'b' }] });
    const applicationId = unique('app');
    const newInstance = () =>
      new Streams({ applicationId, kafka: cluster.bootstrap(), commitIntervalMs: 20, heartbeatIntervalMs: 100 });
    await using has = newInstance();
    await using hasNot = newInstance();
    await Promise.all([has.start(), hasNot.start()]);
    const handle = has.add(counted(input, output), { name: 'counts' });
    await handle.started;
    await longsOf(client, output, (table) => table.get('a') === 1 && table.get('b') === 1);
    const second = hasNot.add(counted(input, output), { name: 'counts' });
    await second.started;
    await handle.remove();
    await client.produce({ topic: input, records: [{ value: 'a' }, { value: 'b' }] });
    await longsOf(client, output, (table) => table.get('a') === 2 && table.get('b') === 2);
  });
}

function closing<T extends { close(): Promise<void> }>(what: T): T & AsyncDisposable {
  return Object.assign(what, { [Symbol.asyncDispose]: () => what.close() });
}
