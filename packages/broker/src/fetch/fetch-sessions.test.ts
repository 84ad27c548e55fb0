import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode, zeroUuid } from '@headwater/protocol';
import { batch, createTopic, produce, testBroker } from '../../test/fixtures.ts';
import type { RawClient } from '../../test/raw-client.ts';
import { ManualClock } from '../clock/manual-clock.ts';
import { FetchPart } from './fetch-part.ts';
import { FetchSessions } from './fetch-sessions.ts';
import { FetchWaiters } from './fetch-waiters.ts';

const ask = (partition: number, fetchOffset = 0) => ({
  partition,
  fetchOffset,
  partitionMaxBytes: 1_000,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
});
const parts = (count: number) =>
  Array.from({ length: count }, (_, partition) => new FetchPart('t', zeroUuid, false, ask(partition)));

function cache(slots: number, partitions = 1_000) {
  let nowMs = 0;
  const limits = { slots: () => slots, partitions: () => partitions, monotonicMs: () => nowMs };
  const sessions = new FetchSessions(limits, new FetchWaiters());
  return { sessions, pass: (ms: number) => void (nowMs += ms) };
}

test('a full cache makes room for a larger session only when one is old, and for any when one was not used', () => {
  const { sessions, pass } = cache(2);
  const small = sessions.create(parts(2), false)!;
  const large = sessions.create(parts(5), false)!;
  assert.equal(sessions.create(parts(9), false), null, 'young ones stay');
  pass(120_001);
  sessions.touch(small);
  sessions.touch(large);
  assert.equal(sessions.create(parts(2), false), null, 'it is not larger');
  const larger = sessions.create(parts(3), false)!;
  assert.equal(sessions.get(small.id), undefined);
  assert.deepEqual(sessions.stats(), { sessions: 2, partitions: 8, evictions: 1 });
  pass(60_000);
  sessions.touch(large);
  pass(60_001);
  assert.ok(sessions.create(parts(1), false) !== null, 'one was not used for two minutes');
  assert.equal(sessions.get(larger.id), undefined);
  assert.equal(sessions.get(large.id), large);
});

test('all sessions together have so many partitions', () => {
  const { sessions } = cache(10, 6);
  const first = sessions.create(parts(4), false)!;
  assert.equal(sessions.create(parts(3), false), null);
  assert.ok(sessions.create(parts(2), false) !== null);
  first.update({
    topics: [{ topic: 't', topicId: zeroUuid, partitions: [{ ...wire, ...ask(9) }] }],
    forgottenTopicsData: [],
  });
  sessions.touch(first);
  assert.equal(sessions.get(first.id), undefined, 'it grew beyond what there is room for');
  assert.deepEqual(sessions.stats(), { sessions: 1, partitions: 2, evictions: 1 });
});

const wire = { logStartOffset: -1, replicaDirectoryId: zeroUuid, highWatermark: -1 };

async function fetch(
  client: RawClient,
  sessionId: number,
  sessionEpoch: number,
  topics: { topic: string; partitions: ReturnType<typeof ask>[] }[] = [],
  maxWaitMs = 0,
) {
  return client.call(ApiKey.Fetch, 12, {
    maxWaitMs,
    minBytes: 1,
    maxBytes: 1_000_000,
    sessionId,
    sessionEpoch,
    topics,
  });
}

test('a session waits for its partitions, is told of the one that has something, and who had some comes last', async (t) => {
  const { client } = await testBroker(t);
  const [reader, writer] = [await client(), await client()];
  await createTopic(reader, 'many', 200);
  const partitions = Array.from({ length: 200 }, (_, partition) => ask(partition));
  const { sessionId } = await fetch(reader, 0, 0, [{ topic: 'many', partitions }]);
  let offset = 0;
  for (let epoch = 1; epoch <= 20; epoch++) {
    const waiting = fetch(reader, sessionId, epoch, [{ topic: 'many', partitions: [ask(7, offset)] }], 60_000);
    await produce(writer, 'many', batch(['x']), { partition: 7 });
    const { responses } = await waiting;
    assert.deepEqual(
      responses.map(({ partitions: told }) => told.map((one) => [one.partitionIndex, one.highWatermark])),
      [[[7, ++offset]]],
    );
  }
  // Both have records, and there is room for one batch: the one that was told last waits.
  await produce(writer, 'many', batch(['y'.repeat(900)]), { partition: 7 });
  await produce(writer, 'many', batch(['z'.repeat(900)]), { partition: 150 });
  const body = { maxWaitMs: 0, minBytes: 1, maxBytes: 100, sessionId, sessionEpoch: 21 };
  const { responses } = await reader.call(ApiKey.Fetch, 12, {
    ...body,
    topics: [{ topic: 'many', partitions: [ask(7, offset)] }],
  });
  const withRecords = responses.flatMap((topic) => topic.partitions.filter(({ records }) => records!.length > 0));
  assert.deepEqual(
    withRecords.map(({ partitionIndex }) => partitionIndex),
    [150],
  );
});

test('a fetch that does not wait for the one before it is the one that counts', async (t) => {
  const { client } = await testBroker(t, { clock: new ManualClock() });
  const raw = await client();
  await createTopic(raw, 'one');
  const { sessionId } = await fetch(raw, 0, 0, [{ topic: 'one', partitions: [ask(0)] }]);
  const body = { maxWaitMs: 60_000, minBytes: 1, maxBytes: 1_000, sessionId, topics: [] };
  raw.send(ApiKey.Fetch, 12, { ...body, sessionEpoch: 1 });
  raw.send(ApiKey.Fetch, 12, { ...body, sessionEpoch: 2, maxWaitMs: 0 });
  const codes = [];
  for (let count = 0; count < 2; count++) codes.push((await raw.nextFrame()).readInt16BE(4 + 1 + 4));
  assert.deepEqual(codes, [ErrorCode.INVALID_FETCH_SESSION_EPOCH, 0]);
});

test('a deleted topic ends the wait of its session', async (t) => {
  const { client } = await testBroker(t, { clock: new ManualClock() });
  const [reader, admin] = [await client(), await client()];
  await createTopic(reader, 'short');
  const { sessionId } = await fetch(reader, 0, 0, [{ topic: 'short', partitions: [ask(0)] }]);
  const waiting = fetch(reader, sessionId, 1, [], 60_000);
  await admin.call(ApiKey.DeleteTopics, 5, { topicNames: ['short'], timeoutMs: 1_000 });
  const { responses } = await waiting;
  assert.equal(responses[0]!.partitions[0]!.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('without slots every fetch is in full', async (t) => {
  const { client } = await testBroker(t, { config: { 'max.incremental.fetch.session.cache.slots': 0 } });
  const raw = await client();
  await createTopic(raw, 'plain');
  const { errorCode, sessionId } = await fetch(raw, 0, 0, [{ topic: 'plain', partitions: [ask(0)] }]);
  assert.deepEqual([errorCode, sessionId], [0, 0]);
});
