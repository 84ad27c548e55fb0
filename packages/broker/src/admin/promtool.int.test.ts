/** Prometheus' own checker reads what the broker says. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ApiKey } from '@headwater/protocol';
import { batch, createTopic, fetchBody, produce, testBroker } from '../../test/fixtures.ts';

/** What its linter says of names that are Kafka's own, which dashboards look for. */
const knownAdvice = /should not have "_count" suffix|should contain no abbreviated|use base unit/;

test('promtool check metrics', async (t) => {
  if (spawnSync('promtool', ['--version']).error !== undefined) return t.skip('promtool is not installed here');
  const { broker, client } = await testBroker(t, { adminPort: 0, config: { 'num.partitions': 3 } });
  const raw = await client();
  await createTopic(raw, 'orders', 3);
  await produce(raw, 'orders', batch(['a', 'b']));
  await raw.call(ApiKey.Fetch, 11, fetchBody('orders', 0));
  const text = await (await fetch(`${broker.adminUrl}/metrics`)).text();
  const { status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  const said = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !knownAdvice.test(line));
  assert.deepEqual(said, []);
  // 3: it has advice, and could read everything.
  assert.ok(status === 0 || status === 3, `promtool ended with ${status}`);
});
