/**
 * Each request by each user, to Apache Kafka and to ours, and the same answers. Kafka has to have a listener for it:
 *
 *     listener.security.protocol.map=…,SASL:SASL_PLAINTEXT
 *     sasl.enabled.mechanisms=PLAIN
 *     super.users=User:ANONYMOUS;User:admin
 *     listener.name.sasl.plain.sasl.jaas.config=…PlainLoginModule required user_admin="admin-secret" user_u0="u0-secret" …;
 *
 * with all users of `matrixUsers`, and HEADWATER_TEST_ACL_KAFKA=host:port names it. With HEADWATER_TEST_RECORD=1 its answers become
 * the ones that the unit test expects.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBroker } from '../index.ts';
import { aclMatrix, matrixBroker, matrixConnect } from './acl-matrix.ts';

test('as Apache Kafka answers: each request by each user', async (t) => {
  const address = process.env['HEADWATER_TEST_ACL_KAFKA'];
  if (address === undefined) return t.skip('HEADWATER_TEST_ACL_KAFKA names no Apache Kafka with a SASL listener');
  const [host, port] = address.split(':') as [string, string];
  const unique = `acl-${Date.now().toString(36)}`;
  const expected = await aclMatrix(matrixConnect({ host, port: Number(port) }), unique);
  if (process.env['HEADWATER_TEST_RECORD'] === '1') {
    const path = join(import.meta.dirname, 'golden/acl-matrix.json');
    writeFileSync(path, `${JSON.stringify(expected, null, 2)}\n`);
  }
  const broker = await startBroker({ config: matrixBroker });
  t.after(() => broker.close());
  assert.deepEqual(await aclMatrix(matrixConnect(broker), unique), expected);
});
