import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, apis, decodeResponse, ErrorCode } from '@headwater/protocol';
import { createTopic, testBroker } from '../../test/fixtures.ts';
import { bodies } from '../../test/request-bodies.ts';
import { handlers } from '../handlers/index.ts';
import { hasErrorPlace } from './error-answers.ts';

/** Every errorCode of a decoded answer, wherever it is. */
function errorCodes(value: unknown): number[] {
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    /errorcode$/i.test(name) ? [inner as number] : errorCodes(inner),
  );
}

test('an injected error is in the answer of every API in every version that has room for one', async (t) => {
  const { broker, client, lines } = await testBroker(t);
  const raw = await client();
  const topic = 'orders';
  const topicId = await createTopic(raw, topic);
  for (const { apiKey, maxVersion, minVersion } of handlers) {
    const body = bodies[apiKey];
    const { name } = apis[apiKey]!;
    if (body === undefined || !hasErrorPlace(apiKey)) continue;
    for (let version = minVersion; version <= maxVersion; version++) {
      using fault = broker.faults.add({ kind: 'error', error: 'POLICY_VIOLATION', match: { api: name } });
      raw.send(apiKey, version, (body as (version: number, known: object) => never)(version, { topic, topicId }));
      await raw.until(() => raw.frames.length > 0);
      assert.ok(!raw.isClosed, `${name} ${version}: ${JSON.stringify(lines.at(-1))}`);
      const answer = decodeResponse(apiKey, version, await raw.nextFrame());
      const where = `${name} ${version}: ${JSON.stringify(answer.body)}`;
      assert.equal(fault.hits, 1, where);
      // Version 0 of a few told no errors at all.
      const codes = errorCodes(answer.body);
      const hasPlace = JSON.stringify(apis[apiKey]!.response.fields).includes('rrorCode');
      assert.ok(codes.includes(ErrorCode.POLICY_VIOLATION) || !hasPlace || codes.length === 0, where);
    }
  }
});

test('the same for part of a request: the rest is answered as ever', async (t) => {
  const { broker, client } = await testBroker(t);
  const raw = await client();
  const names = ['orders', 'bills'];
  const ids = [await createTopic(raw, 'orders', 2), await createTopic(raw, 'bills')];
  broker.faults.add({ kind: 'error', error: 'UNKNOWN_SERVER_ERROR', match: { topic: 'orders', partition: 1 } });
  const described = await raw.call(ApiKey.Metadata, 12, {
    topics: names.map((name) => ({ name })),
    allowAutoTopicCreation: false,
  });
  const parts = described.topics.map(({ name, errorCode, partitions }) => [
    name,
    errorCode,
    partitions.map((each) => [each.partitionIndex, each.errorCode]),
  ]);
  assert.deepEqual(
    new Set(parts.map((each) => JSON.stringify(each))),
    new Set([
      JSON.stringify([
        'orders',
        0,
        [
          [0, 0],
          [1, -1],
        ],
      ]),
      JSON.stringify(['bills', 0, [[0, 0]]]),
    ]),
  );
  for (const version of [11, 17]) {
    const topics = names.map((topic, index) => ({
      ...(version >= 13 ? { topicId: ids[index]! } : { topic }),
      partitions: (index === 0 ? [0, 1] : [0]).map((partition) => ({
        partition,
        fetchOffset: 0,
        partitionMaxBytes: 1_000,
      })),
    }));
    const fetched = await raw.call(ApiKey.Fetch, version, { maxWaitMs: 60_000, minBytes: 1, topics });
    const codes = fetched.responses.map(({ partitions }) =>
      partitions.map((each) => [each.partitionIndex, each.errorCode]),
    );
    assert.deepEqual(
      codes,
      [
        [
          [0, 0],
          [1, -1],
        ],
        [[0, 0]],
      ],
      'at once, and each topic once',
    );
  }
});
