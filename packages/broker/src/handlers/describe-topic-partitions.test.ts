import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, ErrorCode } from '@headwater/protocol';
import { createTopic, testBroker } from '../../test/fixtures.ts';

test('a page that begins nowhere is refused, and the connection goes on', async (t) => {
  const { client } = await testBroker(t);
  const raw = await client();
  await createTopic(raw, 'orders', 2);
  const topics = [{ name: 'orders' }];
  for (const cursor of [
    { topicName: 'orders', partitionIndex: -1 },
    { topicName: 'other', partitionIndex: 0 },
  ]) {
    const answer = await raw.call(ApiKey.DescribeTopicPartitions, 0, { topics, cursor });
    assert.deepEqual(
      answer.topics.map(({ name, errorCode }) => [name, errorCode]),
      [['orders', ErrorCode.INVALID_REQUEST]],
    );
  }
  const cursor = { topicName: 'orders', partitionIndex: 1 };
  const answer = await raw.call(ApiKey.DescribeTopicPartitions, 0, { topics, cursor });
  assert.equal(answer.topics[0]!.partitions.length, 1);
});
