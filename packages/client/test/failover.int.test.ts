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
