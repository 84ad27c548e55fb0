/**
 * A cluster of three brokers of which one is killed while records flow:
 *   HEADWATER_TEST_KAFKA_CLUSTER=<a program with the verbs status, kill-broker N, start-broker N; status prints KAFKA_BOOTSTRAP=…>
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createClient } from '../index.ts';

const program = process.env['HEADWATER_TEST_KAFKA_CLUSTER'];
const skip = program === undefined ? 'HEADWATER_TEST_KAFKA_CLUSTER is not set (a program that kills brokers)' : false;
const cluster = async (...args: string[]) => (await promisify(execFile)(program!, args)).stdout;

test('a broker is killed: nothing is lost, doubled or out of order', { skip, timeout: 180_000 }, async (t) => {
  const bootstrap = /KAFKA_BOOTSTRAP=(\S+)/.exec(await cluster('status'))![1]!;
  const client = createClient({
    bootstrap,
    clientId: 'failover',
    connectTimeoutMs: 2000,
    retryTimeoutMs: 60_000,
    requestTimeoutMs: 10_000,
  });
  const topic = `hw-failover-${process.pid}-${Date.now()}`;
  const [created] = await client.createTopics([
    { name: topic, partitions: 6, replicationFactor: 3, configs: { 'min.insync.replicas': 2 } },
  ]);
  assert.equal(created!.error, null);
  const victim = (await client.metadata([topic])).topics[0]!.partitions[0]!.leader;
  const producer = client.producer({ lingerMs: 2, deliveryTimeoutMs: 90_000 });
  const count = 6000;
  const seen = new Map<string, number[]>();
  const tail = client.tail({ topics: [topic], from: 'earliest' });
  await tail.start();
  const reading = (async () => {
    let read = 0;
    for await (const batch of tail) {
      for (const record of batch.records()) {
        const key = String(record.key);
        seen.set(key, [...(seen.get(key) ?? []), Number(String(record.value))]);
        read++;
      }
      if (read >= count) break;
    }
  })();
  const sends: Promise<unknown>[] = [];
  let killing: Promise<unknown> | null = null;
  for (let i = 0; i < count; i++) {
    sends.push(producer.send({ topic, records: [{ key: `key-${i % 30}`, value: `${i}` }] }));
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    if (i === count / 3) killing = cluster('kill-broker', String(victim));
  }
  await Promise.all(sends);
  await killing;
  await reading;
  await cluster('start-broker', String(victim));
  await client.deleteTopics([topic]);
  await client.close();
  const wrong = [...seen].flatMap(([key, values]) =>
    values.flatMap((value, n) =>
      value === Number(key.slice(4)) + n * 30 ? [] : [`${key}, record ${n}: ${value} after ${values[n - 1]}`],
    ),
  );
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} of ${count} records are not where they belong`);
  t.diagnostic(`broker ${victim} of the cluster was killed; ${count} records, each once and in order`);
});

for (const groupProtocol of ['classic', 'consumer'] as const) {
  test(`${groupProtocol}: a broker is killed under three members that copy in transactions: each record once`, {
    skip,
    timeout: 240_000,
  }, async (t) => {
    const bootstrap = /KAFKA_BOOTSTRAP=(\S+)/.exec(await cluster('status'))![1]!;
    const options = { bootstrap, connectTimeoutMs: 2000, retryTimeoutMs: 60_000, requestTimeoutMs: 10_000 };
    const client = createClient({ ...options, clientId: 'failover' });
    const name = `hw-copy-${groupProtocol}-${process.pid}-${Date.now()}`;
    const [input, output] = [`${name}-in`, `${name}-out`];
    const configs = { 'min.insync.replicas': 2 };
    for (const topic of [input, output]) {
      const [made] = await client.createTopics([{ name: topic, partitions: 6, replicationFactor: 3, configs }]);
      assert.equal(made!.error, null);
    }
    const each = 600;
    const producer = client.producer({ lingerMs: 2, deliveryTimeoutMs: 90_000 });
    const feed = async () => {
      for (let i = 0; i < each; i++) {
        for (let partition = 0; partition < 6; partition++) {
          void producer.send({ topic: input, partition, records: [{ value: `${i}` }] });
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await producer.flush();
    };
    const ending = new AbortController();
    let aborted = 0;
    const errors: string[] = [];
    const worker = async (me: number) => {
      const own = createClient({ ...options, clientId: `copy-${me}` });
      while (!ending.signal.aborted) {
        const consumer = own.consumer({
          groupProtocol,
          groupId: name,
          topics: [input],
          autoCommit: false,
          autoOffsetReset: 'earliest',
          isolation: 'read_committed',
          sessionTimeoutMs: 10_000,
          heartbeatIntervalMs: 500,
        });
        const copier = own.transactionalProducer({ transactionalId: `${name}-${me}`, lingerMs: 0 });
        try {
          while (!ending.signal.aborted) {
            const batches = await consumer.poll({ maxWaitMs: 200 });
            if (batches.length === 0) continue;
            await copier.begin();
            for (const batch of batches) {
              const records = batch.records().map(({ value }) => ({ value }));
              copier.send({ topic: output, partition: batch.partition, records }).catch(() => {});
            }
            await copier.commit({ group: consumer });
          }
        } catch (error) {
          aborted++;
          errors.push((error as Error).message);
        }
        await copier.close();
        await consumer.close();
      }
      await own.close();
    };
    const workers = [0, 1, 2].map(worker);
    const feeding = feed();
    const seen = new Map<number, number[]>();
    let read = 0;
    const reader = client.consumer({
      partitions: { [output]: [0, 1, 2, 3, 4, 5] },
      autoOffsetReset: 'earliest',
      isolation: 'read_committed',
    });
    let victim = -1;
    while (read < each * 6) {
      for (const batch of await reader.poll()) {
        const values = batch.records().map(({ value }) => Number(String(value)));
        seen.set(batch.partition, [...(seen.get(batch.partition) ?? []), ...values]);
        read += values.length;
      }
      if (victim < 0 && read > each) {
        victim = (await client.cluster.coordinator('group', name)).id;
        await cluster('kill-broker', String(victim));
      }
    }
    await feeding;
    // Anything doubled would come now.
    for (const batch of await reader.poll({ maxWaitMs: 2000 })) read += batch.records().length;
    ending.abort();
    await Promise.all(workers);
    await cluster('start-broker', String(victim));
    await client.deleteTopics([input, output]);
    await client.close();
    const wrong = [...seen].flatMap(([partition, values]) =>
      values.flatMap((value, n) => (value === n ? [] : [`${partition}, record ${n}: ${value}`])),
    );
    assert.deepEqual(
      wrong.slice(0, 10),
      [],
      `${wrong.length} records are not where they belong; ${errors.slice(0, 5)}`,
    );
    assert.equal(read, each * 6);
    t.diagnostic(`broker ${victim}, which coordinated the group, was killed; ${aborted} transactions begun anew`);
    t.diagnostic([...new Set(errors)].slice(0, 6).join(' | '));
  });
}
