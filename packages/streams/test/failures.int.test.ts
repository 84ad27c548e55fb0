/** What goes wrong between an instance and the cluster, one thing after the other: each record counts once all the same. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { Streams, StreamsBuilder, serdes } from '../index.ts';

const { long, string } = serdes;

let broker: Broker;
let client: KafkaClient;
before(async () => {
  broker = await startBroker({ config: { 'group.initial.rebalance.delay.ms': 0 } });
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'failures' });
});
after(async () => {
  await client.close();
  await broker.close();
});

/** Counts by key, and copies of what came in. A static member: so its transactional id is known. */
async function open(applicationId: string, topologyName = '') {
  const [input, counts, copies] = ['in', 'counts', 'copies'].map((name) => `${applicationId}-${name}`) as [
    string,
    string,
    string,
  ];
  await client.createTopics([input, counts, copies].map((name) => ({ name, partitions: 2 })));
  const builder = new StreamsBuilder();
  const lines = builder.stream<string, string>(input, { key: string, value: string });
  lines.groupByKey().count({ store: 'counted' }).toStream().to(counts, { key: string, value: long });
  lines.to(copies, { key: string, value: string });
  const streams = new Streams({
    applicationId,
    kafka: broker.bootstrap,
    guarantee: 'exactly-once',
    commitIntervalMs: 20,
    groupInstanceId: 'one',
    heartbeatIntervalMs: 100,
    onFailed: (error) => {
      throw error;
    },
  });
  streams.add(builder.build(), { name: topologyName });
  const tail = client.tail({ topics: [counts, copies], from: 'earliest', isolation: 'read_committed' });
  const found = { counts: new Map<string, number>(), copies: [] as string[] };
  const batches = tail[Symbol.asyncIterator]();
  let written = 0;
  return {
    streams,
    found,
    async write(): Promise<void> {
      const records = Array.from({ length: 40 }, (_, n) => ({ key: `k${n % 8}`, value: `${written + n}` }));
      written += records.length;
      await client.produce({ topic: input, records });
    },
    /** Until all that was written has come. */
    async settled(): Promise<void> {
      const isWhole = () =>
        found.copies.length >= written && [...found.counts.values()].reduce((sum, count) => sum + count, 0) === written;
      while (!isWhole()) {
        const { value: batch } = await batches.next();
        for (const { key, value } of batch!.records()) {
          if (batch!.topic === copies) found.copies.push(String(value));
          else found.counts.set(String(key), long.decode(value!, 0, value!.length, ''));
        }
      }
      assert.equal(new Set(found.copies).size, found.copies.length, 'nothing came twice');
      assert.equal(found.copies.length, written);
    },
    async close(): Promise<void> {
      await streams.close();
      await tail.close();
    },
  };
}

const troubles: [what: string, cause: (applicationId: string) => unknown][] = [
  ['another producer fences it', (id) => broker.fence({ transactionalId: `${id}-one` })],
  ['the group rebalances', (id) => broker.rebalance(id)],
  ['the broker restarts', () => broker.restart()],
  ['the group has gone on without it', (id) => refuse('TxnOffsetCommit', 'ILLEGAL_GENERATION', { groupId: id })],
  [
    'results have too few replicas for a time',
    (id) => refuse('Produce', 'NOT_ENOUGH_REPLICAS', { topic: `${id}-copies` }),
  ],
  [
    'results are refused and the transaction has to be aborted',
    (id) => refuse('Produce', 'INVALID_PRODUCER_EPOCH', { topic: `${id}-copies` }),
  ],
  ['its transaction is in another state', () => refuse('EndTxn', 'INVALID_TXN_STATE', {})],
  [
    'the answer to a commit gets lost',
    () => broker.faults.add({ kind: 'disconnect', when: 'after', match: { api: 'EndTxn' }, times: 1 }),
  ],
];

function refuse(api: string, error: string, match: Record<string, string>): void {
  broker.faults.add({ kind: 'error', error, match: { api, ...match }, times: 1 });
}

test('an instance goes on after each failure, and each record counts once', { timeout: 60_000 }, async (t) => {
  const applicationId = `failures-${process.pid}`;
  const application = await open(applicationId);
  t.after(() => application.close());
  await application.streams.start();
  await application.write();
  await application.settled();
  for (const [what, cause] of troubles) {
    await t.test(what, async () => {
      await application.write();
      await cause(applicationId);
      await application.write();
      await application.settled();
      broker.faults.removeAll();
    });
  }
});

test('the application group is asked with the commits of a topology that has offsets of its own', {
  timeout: 60_000,
}, async (t) => {
  const applicationId = `beside-${process.pid}`;
  const application = await open(applicationId, 'beside');
  t.after(() => application.close());
  await application.streams.start();
  await application.write();
  await application.settled();
  // Only the application's group has members, and so a generation to be refused by.
  using fault = broker.faults.add({
    kind: 'error',
    error: 'ILLEGAL_GENERATION',
    match: { api: 'TxnOffsetCommit', groupId: applicationId },
    times: 1,
  });
  await application.write();
  await application.settled();
  assert.equal((fault as unknown as { hits: number }).hits, 1);
});
