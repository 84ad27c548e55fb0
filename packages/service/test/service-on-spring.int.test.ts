/** Services on Spring's own servers: `HEADWATER_TEST_EUREKA_URL` and `HEADWATER_TEST_CONFIG_URL`. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createService } from '../index.ts';
import { until } from './until.ts';

const eureka = process.env['HEADWATER_TEST_EUREKA_URL'];
const config = process.env['HEADWATER_TEST_CONFIG_URL'];

test('services find and call each other by a real Eureka, and are configured by a real Config Server', {
  skip:
    (eureka === undefined || config === undefined) &&
    'HEADWATER_TEST_EUREKA_URL, HEADWATER_TEST_CONFIG_URL are not set',
}, async () => {
  const env = { HEADWATER_DISCOVERY_URL: eureka, HEADWATER_CONFIG_URL: config };
  const name = `sdk-${randomUUID().slice(0, 8)}`;
  const quiet = { failFast: true, logStream: { write() {} }, renewalSeconds: 1 };
  await using called = await createService({ name, env, ...quiet });
  called.route('GET /hello', {}, () => ({ hello: called.config.client.get('shop.greeting') }));
  await using caller = await createService({ name: `${name}-caller`, env, ...quiet });
  await Promise.all([called.start(), caller.start()]);
  await until(() => caller.discovery!.instances(name).length === 1);
  const merged = (await (await fetch(`${config}/${name}-default.json`)).json()) as { shop?: { greeting?: string } };
  const answer = await caller.fetch(`http://${name}/hello`);
  assert.deepEqual(await answer.json(), JSON.parse(JSON.stringify({ hello: merged.shop?.greeting })));
  const health = (await (await fetch(`${caller.url}/actuator/health`)).json()) as {
    components: Record<string, { status: string }>;
  };
  assert.deepEqual([health.components['discovery']!.status, health.components['config']!.status], ['UP', 'UP']);
  await called.close();
  await until(() => caller.discovery!.allInstances(name).length === 0, 'it has left');
});
