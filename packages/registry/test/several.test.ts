/** Several registries on one topic. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Registry, type RegistryOptions, startRegistry } from '../index.ts';
import { avroRecord, callRegistry } from './support/registry-call.ts';

/** On a real Kafka where one is given: bootstrap addresses. */
const given = process.env['HEADWATER_TEST_KAFKA'];
const run = Date.now().toString(36);

let broker: Broker | null = null;
let kafkaUrl: string;
let client: KafkaClient;

before(async () => {
  if (given === undefined) broker = await startBroker();
  kafkaUrl = given ?? broker!.bootstrap;
  client = createClient({ bootstrap: kafkaUrl, clientId: 'test' });
});
after(async () => {
  await client.close();
  await broker?.close();
});

function optionsOf(name: string): RegistryOptions {
  const [topic, groupId] = [`_schemas-${name}-${run}`, `registries-${name}-${run}`];
  return { kafkaUrl, port: 0, topic, groupId, heartbeatIntervalMs: 50 };
}

function start(name: string): Promise<Registry> {
  return startRegistry(optionsOf(name));
}

const field = (name: string) => ({ name, type: 'int', default: 0 });

test('one writes and all tell the same, at once', async () => {
  const registries = [await start('same'), await start('same'), await start('same')];
  for (let round = 0; round < 12; round++) {
    const { url } = registries[round % 3]!;
    const fields = Array.from({ length: round + 1 }, (_, index) => field(`f${index}`));
    const made = await callRegistry(url, 'POST', '/subjects/s/versions', avroRecord('T', ...fields));
    assert.deepEqual([made.status, made.body.id, made.body.version], [200, round + 1, round + 1]);
    const read = await callRegistry(url, 'GET', `/subjects/s/versions/${round + 1}`);
    assert.equal(read.body.id, made.body.id, 'who has sent a write on knows it when it answers');
  }
  const refused = await Promise.all(
    registries.map(({ url }) =>
      callRegistry(url, 'POST', '/subjects/s/versions', avroRecord('T', { name: 'new', type: 'int' })),
    ),
  );
  for (const { body, status } of refused) assert.deepEqual([status, body.error_code], [409, 409]);
  for (const { url } of registries) {
    const deleted = await callRegistry(url, 'DELETE', '/subjects/s/versions/latest');
    assert.equal(typeof deleted.body, 'number');
  }
  const context = await callRegistry(registries[2]!.url, 'DELETE', '/contexts/.none');
  assert.equal(context.status, 204);
  for (const registry of registries) await registry.close();
});

test('many clients at all of them at once: no id for two schemas', async () => {
  const registries = [await start('many'), await start('many')];
  const ids = new Map<number, string>();
  const clients = Array.from({ length: 8 }, async (_, number) => {
    for (let index = 0; index < 15; index++) {
      const schema = avroRecord(`T${number}_${index % 12}`, field('a'));
      const { url } = registries[(number + index) % 2]!;
      const { body } = await callRegistry(url, 'POST', `/subjects/s${index % 5}-${number}/versions?force=true`, schema);
      const known = ids.get(body.id);
      assert.ok(known === undefined || known === schema.schema, `id ${body.id} is of one schema`);
      ids.set(body.id, schema.schema);
    }
  });
  await Promise.all(clients);
  assert.deepEqual(
    [...ids.keys()].sort((a, b) => a - b),
    Array.from({ length: 96 }, (_, index) => index + 1),
  );
  for (const registry of registries) await registry.close();
});

test('when the leader goes another one leads, and ids go on', async () => {
  const first = await start('next');
  assert.equal((await callRegistry(first.url, 'POST', '/subjects/s/versions', { schema: '"int"' })).body.id, 1);
  const second = await start('next');
  assert.equal((await callRegistry(second.url, 'POST', '/subjects/t/versions', { schema: '"long"' })).body.id, 2);
  await first.close();
  assert.equal((await callRegistry(second.url, 'POST', '/subjects/u/versions', { schema: '"float"' })).body.id, 3);
  await second.close();
});

test('a registry that may not lead sends writes on, and refuses them while there is none', async () => {
  const options = optionsOf('eligible');
  const follower = await startRegistry({ ...options, isLeaderEligible: false });
  const leader = await startRegistry(options);
  assert.equal((await callRegistry(follower.url, 'POST', '/subjects/s/versions', { schema: '"int"' })).body.id, 1);
  const looped = await callRegistry(follower.url, 'DELETE', '/subjects/s', undefined, { 'x-forward': 'true' });
  assert.deepEqual([looped.status, looped.body.error_code], [500, 50003]);
  await leader.close();
  await follower.close();
});

test('what a late leader has written has no effect, and the leader writes the truth behind it', async () => {
  const registry = await start('late');
  await callRegistry(registry.url, 'POST', '/subjects/a/versions', { schema: '"int"' });
  await callRegistry(registry.url, 'POST', '/subjects/b/versions', { schema: '"long"' });
  const topic = `_schemas-late-${run}`;
  const record = (subject: string, id: number, schema: string) => ({
    key: JSON.stringify({ keytype: 'SCHEMA', subject, version: 1, magic: 1 }),
    value: JSON.stringify({ subject, version: 1, id, schema, deleted: false }),
  });
  // An id of another schema, and another schema under a version that there is.
  await client.produce({ topic, partition: 0, records: [record('c', 1, '"float"'), record('b', 1, '"int"')] });
  const next = await callRegistry(registry.url, 'POST', '/subjects/d/versions', { schema: '"double"' });
  assert.equal(next.body.id, 3);
  assert.equal((await callRegistry(registry.url, 'GET', '/subjects/c/versions/1')).body.error_code, 40401);
  assert.equal((await callRegistry(registry.url, 'GET', '/subjects/b/versions/1')).body.id, 2);
  const last = new Map<string, string | null>();
  for await (const batch of client.tail({ topics: [topic], from: 'earliest', partitions: [0] })) {
    for (const { key, value } of batch.records()) last.set(String(key), value === null ? null : String(value));
    if (last.get(record('c', 1, '').key) === null && last.get(record('b', 1, '').key)?.includes('"id":2')) break;
  }
  await registry.close();
});
