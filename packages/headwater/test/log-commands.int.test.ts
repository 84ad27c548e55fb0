import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { command, pipeRecords } from './pipe-records.ts';

// Apache Kafka, or any other, as the control: HEADWATER_TEST_KAFKA=host:port.
const given = process.env['HEADWATER_TEST_KAFKA'];
const mark = `cli-${process.pid}-${Date.now().toString(36)}`;
let broker: Broker | undefined;
let kafka = given ?? '';

before(async () => {
  if (given !== undefined) return;
  broker = await startBroker({ port: 0 });
  kafka = broker.bootstrap;
});
after(() => broker?.close());

test('100,000 records go through produce and consume, each once, in flat memory', { timeout: 120_000 }, async (t) => {
  const { produceMs, consumeMs, produceMiB, consumeMiB } = await pipeRecords(kafka, `${mark}-pipe`, 100_000);
  t.diagnostic(
    `produce ${produceMs.toFixed(0)} ms, ${produceMiB.toFixed(0)} MiB; consume ${consumeMs.toFixed(0)} ms, ${consumeMiB.toFixed(0)} MiB`,
  );
  assert.ok(produceMiB < 500 && consumeMiB < 500);
});

test('Ctrl-C ends a consumer with 130, a reader that goes ends it with 0', { timeout: 120_000 }, async () => {
  const topic = `${mark}-signals`;
  const client = createClient({ bootstrap: kafka, clientId: 'test' });
  await client.createTopics([{ name: topic, partitions: 1 }]);
  await client.produce({ topic, records: Array.from({ length: 1000 }, (_, at) => ({ value: `${at}`.padEnd(500) })) });
  const following = command(kafka, ['consume', topic, '--from', 'earliest', '--format', 'value']);
  await once(following.child.stdout!, 'data');
  following.child.stdout!.resume();
  following.child.kill('SIGINT');
  assert.deepEqual(await once(following.child, 'exit'), [130, null], following.said());

  const unread = command(kafka, ['consume', topic, '--from', 'earliest', '--format', 'value']);
  await once(unread.child.stdout!, 'data');
  unread.child.stdout!.destroy();
  // It notices at the next record that it writes.
  const more = setInterval(() => void client.produce({ topic, records: [{ value: 'more' }] }), 50);
  assert.deepEqual(await once(unread.child, 'exit'), [0, null], unread.said());
  clearInterval(more);
  await client.close();
});

test('a broker that goes away while lines come: what was acknowledged is said, and what was not', {
  timeout: 120_000,
}, async (t) => {
  if (given !== undefined) return t.skip('stops the broker');
  const own = await startBroker({ port: 0 });
  const client = createClient({ bootstrap: own.bootstrap, clientId: 'test' });
  await client.createTopics([{ name: 'orders', partitions: 1 }]);
  const producing = command(own.bootstrap, ['produce', 'orders', '--format', 'text']);
  const exit = once(producing.child, 'exit');
  producing.child.stdin!.write('one\n');
  while ((await client.listOffsets('orders', { 0: -1 }))[0]!.offset < 1)
    await new Promise((done) => setTimeout(done, 20));
  await client.close();
  await own.close();
  producing.child.stdin!.end('two\n');
  const [code] = await exit;
  assert.equal(code, 1);
  assert.match(producing.said(), /1 record acknowledged, 1 record not/);
  const away = command(own.bootstrap, ['topics', 'list']);
  assert.deepEqual(await once(away.child, 'exit'), [1, null]);
  assert.match(away.said(), /no Kafka answers at 127\.0\.0\.1:\d+ .*is it running\?.*\[HW_KAFKA_AWAY\]/);
});
