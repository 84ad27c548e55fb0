import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { ApiKey } from '@headwater/protocol';
import { startBroker } from '../index.ts';
import { RawClient } from './raw-client.ts';

/** Requests to a broker, and what its answers say about them; `unique` is for names of its own. */
export type Steps = (client: RawClient, unique: string) => Promise<unknown>;

/** Where an Apache Kafka runs beside ours. */
async function peerAddress(): Promise<string | null> {
  const root = resolve(import.meta.dirname, '../../..');
  const peer = join(process.env['HEADWATER_SHARED'] ?? resolve(root, '../shared'), 'peers/kafka');
  if (!existsSync(peer)) return null;
  const { stdout } = await promisify(execFile)(peer, ['status']).catch(() => ({ stdout: '' }));
  return /KAFKA_BOOTSTRAP=(\S+)/.exec(stdout)?.[1] ?? null;
}

/** A test for each case: the same requests to Apache Kafka and to ours, and the same answers as far as they are about the request. */
export function compareWithKafka(cases: Readonly<Record<string, Steps>>): void {
  for (const [name, steps] of Object.entries(cases)) {
    test(`as Apache Kafka answers: ${name}`, async (t: TestContext) => {
      const bootstrap = await peerAddress();
      if (bootstrap === null) return t.skip('Apache Kafka does not run here (peers/kafka in HEADWATER_SHARED)');
      const [host, port] = bootstrap.split(':') as [string, string];
      // As the peer is set up: an authorizer that lets everybody through.
      const config = { 'authorizer.class.name': 'StandardAuthorizer', 'super.users': 'User:ANONYMOUS' };
      const broker = await startBroker({ config });
      t.after(() => broker.close());
      const unique = `peer-${Date.now().toString(36)}-${Math.floor(Math.random() * 1e6).toString(36)}`;
      const [theirs, ours] = [await RawClient.connect({ host, port: Number(port) }), await RawClient.connect(broker)];
      t.after(() => {
        theirs.close();
        ours.close();
      });
      await coordinatorReady(theirs, unique);
      const expected = await steps(theirs, unique);
      const actual = await steps(ours, unique);
      assert.deepEqual(actual, expected);
    });
  }
}

/** A Kafka that has had no group yet first makes the topic of their offsets. */
async function coordinatorReady(client: RawClient, group: string): Promise<void> {
  for (;;) {
    await client.call(ApiKey.FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] });
    const { groups } = await client.call(ApiKey.DescribeGroups, 5, { groups: [group] });
    if (groups[0]!.errorCode === 0) return;
  }
}
