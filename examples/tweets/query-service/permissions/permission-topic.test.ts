import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient } from '@headwater/client';
import { silentLogger } from '@headwater/logger';
import { eventually } from '../../test/truth.ts';
import { type Permission, permissionKey } from './permission.ts';
import { PermissionTopic } from './permission-topic.ts';

const viewers: Permission = {
  principal: 'role:viewer',
  documentId: '*',
  permission: 'READ',
  grantedBy: 'query-service',
  grantedAt: '2026-11-22T17:00:00.000Z',
};
let broker: Broker;
let client: KafkaClient;

before(async () => {
  broker = await startBroker();
  client = createClient({ bootstrap: broker.bootstrap, clientId: 'test' });
});
after(async () => {
  await client.close();
  await broker.close();
});

function follow(topic: string, by: KafkaClient = client): PermissionTopic {
  const permissions = new PermissionTopic({ client: by, topic, first: [viewers], logger: silentLogger });
  permissions.start();
  return permissions;
}

const isRead = (permissions: PermissionTopic) =>
  eventually('the permissions are read', 30_000, async () => permissions.table);

/** The committed records of the topic, as `key = value` or `key = null`. */
async function recordsOf(topic: string): Promise<string[]> {
  const position = { topic, partition: 0, offset: 0 };
  const fetched = await client.fetch([position], { isolation: 'read_committed' });
  const records = fetched.flatMap(({ batches }) => batches.flatMap((batch) => batch.records()));
  return records.map(({ key, value }) => `${key} = ${value === null ? null : 'READ'}`);
}

test('instances that find the topic empty at the same time write what it begins with once', async () => {
  const clients = Array.from({ length: 4 }, (_, i) => createClient({ bootstrap: broker.bootstrap, clientId: `${i}` }));
  const instances = clients.map((one) => follow('together', one));
  for (const instance of instances) {
    assert.deepEqual([...(await isRead(instance)).all()], [viewers]);
  }
  assert.deepEqual(await recordsOf('together'), [`${permissionKey(viewers)} = READ`]);
  await Promise.all(instances.map((one) => one.close()));
  await Promise.all(clients.map((one) => one.close()));
});

test('what was taken back stays so when an instance that had found the topic empty comes late', async () => {
  const topic = 'late';
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  // Halts where it has looked for the last time and not begun to write.
  const halting = createClient({ bootstrap: broker.bootstrap, clientId: 'halting' });
  const made = halting.transactionalProducer.bind(halting);
  halting.transactionalProducer = (options) => {
    const producer = made(options);
    const begin = producer.begin.bind(producer);
    producer.begin = async () => {
      reached.resolve();
      await gate.promise;
      await begin();
    };
    return producer;
  };
  const late = follow(topic, halting);
  await reached.promise;
  const first = follow(topic);
  assert.equal((await isRead(first)).size, 1);
  await first.revoke(viewers);
  gate.resolve();
  assert.equal((await isRead(late)).size, 0);
  assert.equal(first.table!.size, 0);
  assert.deepEqual(await recordsOf(topic), [`${permissionKey(viewers)} = READ`, `${permissionKey(viewers)} = null`]);
  await Promise.all([first.close(), late.close()]);
  await halting.close();
});

test('an instance that died while it wrote leaves the topic to the next', async () => {
  const topic = 'dead';
  await client.createTopics([{ name: topic, partitions: 1 }]);
  const dead = client.transactionalProducer({ transactionalId: `${topic}-first` });
  await dead.begin();
  void dead.send({ topic, records: [{ key: permissionKey(viewers), value: JSON.stringify(viewers) }] });
  await dead.flush();
  const next = follow(topic);
  assert.deepEqual([...(await isRead(next)).all()], [viewers]);
  assert.deepEqual(await recordsOf(topic), [`${permissionKey(viewers)} = READ`]);
  await next.close();
  await dead.close();
});
