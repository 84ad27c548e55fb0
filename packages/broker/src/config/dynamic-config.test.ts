import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { batch, createTopic, produce, temporaryDir, testBroker } from '../../test/fixtures.ts';
import type { RawClient } from '../../test/raw-client.ts';

const broker = 4;

async function set(client: RawClient, resourceName: string, name: string, value: string | null): Promise<number> {
  const configs = [{ name, configOperation: value === null ? 1 : 0, value }];
  const resources = [{ resourceType: broker, resourceName, configs }];
  const { responses } = await client.call(ApiKey.IncrementalAlterConfigs, 1, { resources, validateOnly: false });
  return responses[0]!.errorCode;
}

async function described(client: RawClient, resourceType: number, resourceName: string, name: string) {
  const resources = [{ resourceType, resourceName, configurationKeys: [name] }];
  const { results } = await client.call(ApiKey.DescribeConfigs, 4, { resources, includeSynonyms: true });
  return results[0]!.configs[0]!;
}

test('a setting changed while the broker runs acts on all topics that say nothing of it', async (t) => {
  const { client } = await testBroker(t);
  const raw = await client();
  await createTopic(raw, 'plain');
  assert.equal((await produce(raw, 'plain', batch(['x'.repeat(2_000)]))).errorCode, 0);
  assert.equal(await set(raw, '', 'message.max.bytes', '1000'), 0);
  assert.equal((await produce(raw, 'plain', batch(['x'.repeat(2_000)]))).errorCode, ErrorCode.MESSAGE_TOO_LARGE);
  assert.equal(await set(raw, '1', 'message.max.bytes', '100000'), 0);
  assert.equal((await produce(raw, 'plain', batch(['x'.repeat(2_000)]))).errorCode, 0);
  assert.equal(await set(raw, '1', 'message.max.bytes', null), 0);
  assert.equal(await set(raw, '', 'message.max.bytes', null), 0);
  assert.equal((await described(raw, 2, 'plain', 'max.message.bytes')).value, '1048588');
});

test('settings changed while the broker runs are kept, and are those of its id', async (t) => {
  const dataDir = await temporaryDir(t);
  const first = await testBroker(t, { dataDir });
  const client = await first.client();
  assert.equal(await set(client, '', 'log.retention.ms', '5000'), 0);
  assert.equal(await set(client, '1', 'log.retention.ms', '6000'), 0);
  assert.equal(await set(client, '1', 'num.partitions', '6000'), ErrorCode.INVALID_REQUEST);
  await first.broker.close();
  const second = await testBroker(t, { dataDir });
  const again = await second.client();
  await createTopic(again, 'later');
  assert.equal((await described(again, 2, 'later', 'retention.ms')).value, '6000');
  await second.broker.close();
  const third = await testBroker(t, { dataDir, brokerId: 2 });
  assert.equal((await described(await third.client(), 2, 'later', 'retention.ms')).value, '5000');
});

test('a limit on connections changes at once', async (t) => {
  const { client } = await testBroker(t);
  const raw = await client();
  assert.equal(await set(raw, '', 'max.connections', '1'), 0);
  const refused = await client();
  await refused.closed();
  assert.equal(await set(raw, '', 'max.connections', '2'), 0);
  const admitted = await client();
  assert.equal((await described(admitted, broker, '1', 'max.connections')).value, '2');
});

test('the level of the logger is that which a client sets', async (t) => {
  const { client, lines } = await testBroker(t);
  const raw = await client();
  const level = async (value: string): Promise<void> => {
    const resources = [{ resourceType: 8, resourceName: '1', configs: [{ name: 'root', configOperation: 0, value }] }];
    await raw.call(ApiKey.IncrementalAlterConfigs, 1, { resources, validateOnly: false });
  };
  await level('error');
  const before = lines.length;
  await createTopic(raw, 'quiet');
  assert.equal(lines.length, before);
  await level('INFO');
  await createTopic(raw, 'told');
  assert.ok(lines.some(({ fields }) => fields['topic'] === 'told'));
});
