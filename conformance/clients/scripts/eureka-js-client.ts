/** npm's eureka-js-client. Called as: script.ts DIR URL NAME SCENARIO, where DIR holds the package. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { until } from './until.ts';

const [dir, url, name, scenario] = process.argv.slice(2) as [string, string, string, string];
const { Eureka } = createRequire(join(dir, 'package.json'))('eureka-js-client');
const { hostname: host, port, pathname } = new URL(url);

function clientOf(app: string, instanceId: string, ownPort: number) {
  return new Eureka({
    instance: {
      app,
      instanceId,
      hostName: '127.0.0.1',
      ipAddr: '127.0.0.1',
      // It tells instances apart by host and port.
      port: { $: ownPort, '@enabled': true },
      vipAddress: app.toLowerCase(),
      dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
      leaseInfo: { renewalIntervalInSecs: 1, durationInSecs: 5 },
      metadata: { zone: 'a' },
    },
    eureka: {
      host,
      port: Number(port),
      servicePath: `${pathname}/apps/`,
      heartbeatInterval: 500,
      registryFetchInterval: 500,
    },
    shouldUseDelta: scenario === 'delta',
    logger: { warn() {}, info() {}, debug() {}, error: console.error },
  });
}

const started = (client: { start(done: (error?: Error) => void): void }): Promise<void> =>
  new Promise((resolve, reject) => client.start((error) => (error ? reject(error) : resolve())));
const stopped = (client: { stop(done: () => void): void }): Promise<void> =>
  new Promise((resolve) => client.stop(resolve));

const [one, two] = [clientOf(name, `${name}:1`, 8080), clientOf(name, `${name}:2`, 8081)];
let beats = 0;
one.on('heartbeat', () => beats++);
await started(one);
await started(two);
type Instance = { instanceId: string; status: string; metadata: unknown; port: { $: number } };
const seen = (): Instance[] => one.getInstancesByAppId(name);
await until('both instances', () => seen().length === 2);
assert.deepEqual(
  seen()
    .map(({ instanceId }) => instanceId)
    .sort(),
  [`${name}:1`, `${name}:2`],
);
for (const { metadata, status } of seen()) assert.deepEqual([metadata, status], [{ zone: 'a' }, 'UP']);
assert.deepEqual(
  seen()
    .map(({ port: { $: number } }) => number)
    .sort(),
  [8080, 8081],
);
assert.equal(one.getInstancesByVipAddress(name.toLowerCase()).length, 2);
await until('heartbeats', () => beats >= 4);
await stopped(two);
await until('the other one to be gone', () => seen().length === 1);
// Said by somebody: only instances that are UP are given out, except by its deltas, where it does not look.
const status = async (method: string, query: string): Promise<void> => {
  const answer = await fetch(`${url}/apps/${name}/${encodeURIComponent(`${name}:1`)}/status?${query}`, { method });
  assert.equal(answer.status, 200);
};
await status('PUT', 'value=OUT_OF_SERVICE');
await until('nobody in service', () => seen().every((instance) => instance.status === 'OUT_OF_SERVICE'));
await status('DELETE', 'value=UP');
await until('it to be back', () => seen()[0]?.status === 'UP');
await stopped(one);
const after = await fetch(`${url}/apps/${name}/${encodeURIComponent(`${name}:1`)}`);
assert.equal(after.status, 404);
process.exit(0);
