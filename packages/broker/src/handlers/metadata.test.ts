import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode, zeroUuid } from '@headwater/protocol';
import { createTopic, testBroker } from '../../test/fixtures.ts';

test('a topic without a name is refused in versions that have no answer for it', async (t) => {
  const client = await (await testBroker(t)).client();
  const topicId = await createTopic(client, 'orders');
  for (const version of [10, 11]) {
    for (const wanted of [{ name: null }, { name: null, topicId }, { name: 'orders', topicId }]) {
      const topics = [wanted, { name: 'orders' }];
      const answer = await client.call(ApiKey.Metadata, version, { topics, allowAutoTopicCreation: false });
      assert.deepEqual(
        answer.topics.map(({ errorCode, name }) => [errorCode, name]),
        [
          [ErrorCode.INVALID_REQUEST, wanted.name ?? ''],
          [ErrorCode.INVALID_REQUEST, 'orders'],
        ],
      );
      assert.deepEqual([answer.brokers.length, answer.controllerId], [0, -1]);
    }
  }
  const topics = [{ name: null, topicId }];
  const byId = await client.call(ApiKey.Metadata, 12, { topics, allowAutoTopicCreation: false });
  assert.deepEqual([byId.topics[0]!.errorCode, byId.topics[0]!.name], [0, 'orders']);
  assert.notEqual(byId.topics[0]!.topicId, zeroUuid);
});
