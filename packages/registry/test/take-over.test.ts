/** Topics that others have written, and what is left when Kafka has compacted one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { createClient, type KafkaClient, OffsetSpec } from '@headwater/client';
import { type Registry, startRegistry } from '../index.ts';
import { type Answer, avroRecord, callRegistry } from './support/registry-call.ts';

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

type Entry = readonly [key: string, value: string | null];

async function registryOn(topic: string, entries: readonly Entry[]): Promise<Registry> {
  await client.createTopics([{ name: topic, partitions: 1, configs: { 'cleanup.policy': 'compact' } }]);
  const records = entries.map(([key, value]) => ({ key, value }));
  if (records.length > 0) await client.produce({ topic, partition: 0, records });
  return startRegistry({ kafkaUrl: broker.bootstrap, port: 0, topic });
}

async function entriesOf(topic: string): Promise<Entry[]> {
  const end = (await client.listOffsets(topic, { 0: OffsetSpec.latest }))[0]!.offset;
  const entries: Entry[] = [];
  for await (const batch of client.tail({ topics: [topic], from: 'earliest', partitions: [0] })) {
    for (const { key, value } of batch.records()) entries.push([String(key), value === null ? null : String(value)]);
    if (batch.nextOffset >= end) return entries;
  }
  return entries;
}

const ask = (registry: Registry, method: string, path: string, body?: unknown): Promise<Answer> =>
  callRegistry(registry.url, method, path, body);

test("Confluent's records, old and new, are taken over", async () => {
  const registry = await registryOn('theirs', [
    ['{"keytype":"NOOP","magic":0}', null],
    // As releases before 3.1 had them: magic 0, and neither type nor references.
    [
      '{"keytype":"SCHEMA","subject":"old","version":1,"magic":0}',
      '{"subject":"old","version":1,"id":1,"schema":"\\"int\\""}',
    ],
    ['{"keytype":"CONFIG","subject":null,"magic":0}', '{"compatibilityLevel":"FORWARD"}'],
    ['{"keytype":"CONFIG","magic":0}', '{"compatibilityLevel":"FULL"}'],
    ['{"keytype":"CONFIG","subject":"old","magic":0}', '{"subject":"old","compatibilityLevel":"NONE"}'],
    ['{"keytype":"MODE","subject":"old","magic":0}', '{"subject":"old","mode":"READONLY"}'],
    [
      '{"keytype":"SCHEMA","subject":"old","version":2,"magic":1}',
      '{"subject":"old","version":2,"id":2,"schemaType":"AVRO","references":[],"metadata":null,"ruleSet":null,"schema":"\\"long\\"","deleted":false}',
    ],
    [
      '{"keytype":"SCHEMA","subject":"gone","version":1,"magic":1}',
      '{"subject":"gone","version":1,"id":3,"schema":"\\"string\\"","deleted":false}',
    ],
    [
      '{"keytype":"SCHEMA","subject":"gone","version":2,"magic":1}',
      '{"subject":"gone","version":2,"id":4,"schema":"\\"bytes\\"","deleted":false}',
    ],
    ['{"keytype":"DELETE_SUBJECT","subject":"gone","magic":0}', '{"subject":"gone","version":1}'],
    [
      '{"keytype":"SCHEMA","subject":"cleared","version":1,"magic":1}',
      '{"subject":"cleared","version":1,"id":5,"schema":"\\"float\\"","deleted":true}',
    ],
    ['{"keytype":"CLEAR_SUBJECT","subject":"cleared","magic":0}', '{"subject":"cleared"}'],
    ['{"keytype":"CONTEXT","tenant":"default","context":".ctx","magic":0}', '{"tenant":"default","context":".ctx"}'],
    [
      '{"keytype":"SCHEMA","subject":":.ctx:s","version":1,"magic":1}',
      '{"subject":":.ctx:s","version":1,"id":1,"md5":"MTIzNDU2Nzg5MDEyMzQ1Ng==","metadata":{"properties":{"owner":"ada"}},"schema":"\\"double\\"","deleted":false}',
    ],
    // Of kinds that come later, and not understandable at all.
    ['{"keytype":"ASSOC","tenant":"default","magic":0}', '{"subject":"old"}'],
    ['{"keytype":"SCHEMA","subject":"broken","version":1,"magic":1}', '{"subject":'],
    ['no JSON', 'at all'],
  ]);
  assert.deepEqual((await ask(registry, 'GET', '/subjects')).body, [':.ctx:s', 'gone', 'old']);
  assert.deepEqual((await ask(registry, 'GET', '/subjects/gone/versions?deletedAsNegative=true')).body, [-1, 2]);
  assert.deepEqual((await ask(registry, 'GET', '/subjects/cleared/versions?deleted=true')).body.error_code, 40401);
  assert.deepEqual((await ask(registry, 'GET', '/config')).body, { compatibilityLevel: 'FULL' });
  assert.deepEqual((await ask(registry, 'GET', '/mode/old')).body, { mode: 'READONLY' });
  assert.deepEqual((await ask(registry, 'GET', '/contexts')).body, ['.', '.ctx']);
  assert.equal(
    (await ask(registry, 'GET', '/subjects/:.ctx:s/versions/1')).body.guid,
    '31323334-3536-3738-3930-313233343536',
  );
  const next = await ask(registry, 'POST', '/subjects/new/versions', avroRecord('T'));
  assert.deepEqual([next.body.id, next.body.version], [6, 1], 'the id of what was cleared is not given out again');
  await registry.close();
});

test('what is written has the very bytes that Confluent writes', async () => {
  const registry = await registryOn('ours', []);
  await ask(registry, 'POST', '/contexts/.c/subjects/s/versions', { schema: '"int"' });
  await ask(registry, 'PUT', '/config', { compatibility: 'NONE' });
  await ask(registry, 'PUT', '/mode/s', { mode: 'READONLY' });
  await ask(registry, 'DELETE', '/subjects/:.c:s');
  await ask(registry, 'PUT', '/mode/:.c:', { mode: 'IMPORT' });
  await registry.close();
  const entries = await entriesOf('ours');
  const told = entries.filter(([key]) => key !== '{"keytype":"NOOP","magic":0}');
  assert.ok(told.length < entries.length, 'a registry writes how far it wants to read');
  assert.deepEqual(told, [
    ['{"keytype":"CONTEXT","tenant":"default","context":".c","magic":0}', '{"tenant":"default","context":".c"}'],
    [
      '{"keytype":"SCHEMA","subject":":.c:s","version":1,"magic":1}',
      '{"subject":":.c:s","version":1,"id":1,"schema":"\\"int\\"","deleted":false}',
    ],
    ['{"keytype":"CONFIG","magic":0}', '{"compatibilityLevel":"NONE"}'],
    ['{"keytype":"MODE","subject":"s","magic":0}', '{"subject":"s","mode":"READONLY"}'],
    ['{"keytype":"DELETE_SUBJECT","subject":":.c:s","magic":0}', '{"subject":":.c:s","version":1}'],
    ['{"keytype":"NOOP","magic":0,"context":".c"}', '{"greatestId":1}'],
    ['{"keytype":"SCHEMA","subject":":.c:s","version":1,"magic":1}', null],
    ['{"keytype":"CLEAR_SUBJECT","subject":":.c:","magic":0}', '{"subject":":.c:"}'],
    ['{"keytype":"MODE","subject":":.c:","magic":0}', '{"subject":":.c:","mode":"IMPORT"}'],
  ]);
});

test('an id that was deleted for good is not given out again, even after a compaction', async () => {
  const first = await registryOn('compacted', []);
  await ask(first, 'POST', '/subjects/a/versions', { schema: '"int"' });
  await ask(first, 'POST', '/subjects/b/versions', { schema: '"long"' });
  await ask(first, 'DELETE', '/subjects/b');
  await ask(first, 'DELETE', '/subjects/b?permanent=true');
  await first.close();
  // What a compaction leaves: the last value of each key, and none of those that have none.
  const last = new Map(await entriesOf('compacted'));
  const left = [...last].filter(([, value]) => value !== null);
  const second = await registryOn('compacted-copy', left);
  const next = await ask(second, 'POST', '/subjects/c/versions', { schema: '"float"' });
  assert.equal(next.body.id, 3);
  await second.close();
});

test('of two schemas under one id the one that the log has first counts', async () => {
  const registry = await registryOn('twice', [
    [
      '{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}',
      '{"subject":"a","version":1,"id":1,"schema":"\\"int\\"","deleted":false}',
    ],
    [
      '{"keytype":"SCHEMA","subject":"b","version":1,"magic":1}',
      '{"subject":"b","version":1,"id":1,"schema":"\\"long\\"","deleted":false}',
    ],
    [
      '{"keytype":"SCHEMA","subject":"c","version":1,"magic":1}',
      '{"subject":"c","version":1,"id":2,"schema":"\\"long\\"","deleted":false}',
    ],
    [
      '{"keytype":"SCHEMA","subject":"a","version":1,"magic":1}',
      '{"subject":"a","version":1,"id":2,"schema":"\\"long\\"","deleted":false}',
    ],
  ]);
  assert.deepEqual((await ask(registry, 'GET', '/subjects')).body, ['a', 'c']);
  assert.equal((await ask(registry, 'GET', '/subjects/a/versions/1/schema')).body, 'int');
  await registry.close();
});
