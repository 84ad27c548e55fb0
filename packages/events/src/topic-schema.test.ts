import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { createClient } from '@headwater/client';
import { startRegistry } from '@headwater/registry';
import { EventTopic } from './event-topic.ts';
import { TopicSchema } from './topic-schema.ts';

const schema = { type: 'object', title: 'Login', properties: { user: { type: 'string' } } };

async function until(isFine: () => boolean): Promise<void> {
  while (!isFine()) await new Promise((resolve) => setImmediate(resolve));
}

test('the schema is in the registry, and records name it by its guid', { timeout: 60_000 }, async () => {
  const broker = await startBroker({ port: 0 });
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const topicSchema = new TopicSchema({ topic: 'logins', schema, registryUrl: registry.url });
  await until(() => topicSchema.headers.length > 0);
  topicSchema.close();
  topicSchema.close();
  const [header] = topicSchema.headers;
  assert.equal(header?.key, '__value_schema_id');
  assert.equal(header?.value[0], 1);
  const latest = await fetch(`${registry.url}/subjects/logins-value/versions/latest`);
  const { guid, schema: kept, schemaType } = (await latest.json()) as Record<string, string>;
  assert.equal(header?.value.toString('hex', 1), guid?.replaceAll('-', ''));
  assert.deepEqual([schemaType, JSON.parse(kept!)], ['JSON', schema]);

  const topic = new EventTopic({ topic: 'logins', bootstrap: broker.bootstrap, schema, registryUrl: registry.url });
  await using client = createClient({ bootstrap: broker.bootstrap, clientId: 'reader' });
  topic.tell('first', { user: 'ada' }, { headers: [{ key: 'own', value: 'x' }] });
  await until(() => topic.sent > 0);
  read: for await (const batch of client.tail({ topics: ['logins'], from: 'earliest' })) {
    for (const { headers, offset } of batch.records()) {
      if (offset === 0) assert.equal(headers[0]?.key, 'own');
      const named = headers.find(({ key }) => key === '__value_schema_id');
      if (named !== undefined) assert.deepEqual(Buffer.from(named.value!), header?.value);
      if (named !== undefined) break read;
      // The registry had not answered yet.
      topic.tell('again', { user: 'ada' });
    }
  }
  await topic.close();
  await registry.close();
  await broker.close();
});

test('a registry that is away holds up nothing, and one that refuses is told once', { timeout: 60_000 }, async () => {
  const told: string[] = [];
  const warn = (_: object, message: string) => void told.push(message);
  const logger = { debug: warn, info() {}, warn, error() {} };
  const away = new TopicSchema({ topic: 'logins', schema, registryUrl: 'http://127.0.0.1:9', logger: logger as never });
  assert.deepEqual(away.headers, []);
  await until(() => told.length === 1);
  assert.match(told[0]!, /not registered yet/);
  away.close();

  const broker = await startBroker({ port: 0 });
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const wrong = { schema: { type: 7 }, topic: 'logins', registryUrl: registry.url, logger: logger as never };
  const refused = new TopicSchema(wrong);
  refused.register();
  await until(() => told.length === 2);
  assert.match(told[1]!, /refuses the schema/);
  assert.deepEqual(refused.headers, []);
  refused.close();
  await registry.close();
  await broker.close();
});
