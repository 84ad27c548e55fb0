import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiKey, apis } from '@headwater/protocol';
import { batch, createTopic, produce, testBroker } from '../../test/fixtures.ts';
import type { RawClient } from '../../test/raw-client.ts';
import { bodies } from '../../test/request-bodies.ts';
import { handlers } from './index.ts';

/**
 * What only says that a group, member or broker is not there, that no election is needed, or that a client may not have a token, or
 * that this is no time for SASL: an answer of its own kind.
 */
const expectedErrors = new Set([25, 34, 49, 64, 69, 79, 84, 102, 105]);

test('every version that is advertised is answered in that version, and well', async (t) => {
  const { client } = await testBroker(t, {
    config: { 'authorizer.class.name': 'acls', 'super.users': 'User:ANONYMOUS' },
  });
  const raw = await client();
  const topicId = await createTopic(raw, 'known');
  await produce(raw, 'known', batch(['first']));
  for (const { apiKey, minVersion, maxVersion } of handlers) {
    const body = bodies[apiKey];
    assert.ok(body, `${apis[apiKey].name} has no request in this test`);
    for (let version = minVersion; version <= maxVersion; version++) {
      const request = body(version, { topic: 'known', topicId });
      const answer = await call(raw, apiKey, version, request);
      const wrong = errorCodes(answer).filter((code) => code !== 0 && !expectedErrors.has(code));
      assert.deepEqual(wrong, [], `${apis[apiKey].name} v${version}: ${JSON.stringify(answer)}`);
    }
  }
});

async function call(raw: RawClient, apiKey: ApiKey, version: number, body: unknown): Promise<unknown> {
  try {
    return await raw.call(apiKey, version, body as never);
  } catch (error) {
    throw new Error(`${apis[apiKey].name} v${version}`, { cause: error });
  }
}

function errorCodes(value: unknown): number[] {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'errorCode' ? [inner as number] : errorCodes(inner),
  );
}

test('ApiVersions lists what is served, and nothing else', async (t) => {
  const { client } = await testBroker(t);
  const raw = await client();
  const { apiKeys } = await raw.call(ApiKey.ApiVersions, 4, { clientSoftwareName: 'a', clientSoftwareVersion: 'b' });
  assert.deepEqual(
    apiKeys.map(({ apiKey }) => apiKey).sort((a, b) => a - b),
    handlers.map(({ apiKey }) => apiKey).sort((a, b) => a - b),
  );
  for (const { apiKey, maxVersion } of apiKeys) {
    const api = apis[apiKey as ApiKey];
    assert.equal(maxVersion, api.maxVersion, `${api.name}: the newest version of the tables`);
  }
});
