import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type AclMatrix, aclMatrix, matrixBroker, matrixConnect } from '../../test/acl-matrix.ts';
import { testBroker } from '../../test/fixtures.ts';

test('each request gets from each user what Apache Kafka 4.3.1 answers, for each right alone', async (t) => {
  const { broker } = await testBroker(t, { config: matrixBroker });
  const actual = await aclMatrix(matrixConnect(broker), 'golden');
  // Recorded from Apache Kafka with these very steps; acl-matrix-peer.int.test.ts compares the two where it runs.
  const expected = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../test/golden/acl-matrix.json'), 'utf8'),
  ) as AclMatrix;
  for (const name of Object.keys(expected)) assert.deepEqual(actual[name], expected[name], name);
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
});
