import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDiscovery } from '@headwater/discovery';
import { startGateway } from '../index.ts';
import { backend } from './support.ts';

test('lb:// over a Eureka server: instances that come, go and die', { timeout: 120_000 }, async () => {
  const discovery = await startDiscovery({ port: 0 });
  const first = await backend((_req, res) => res.end('first'));
  await using second = await backend((_req, res) => res.end('second'));
  const gateway = await startGateway({
    parts: {},
    routes: [{ id: 'shop', uri: 'lb://Shop', predicates: ['Path=/shop/**'] }],
    discoveryUrl: discovery.url,
  });
  try {
    const register = async (id: string, url: string): Promise<void> => {
      const instance = {
        instanceId: id,
        app: 'SHOP',
        hostName: '127.0.0.1',
        ipAddr: '127.0.0.1',
        vipAddress: 'shop',
        status: 'UP',
        port: { $: Number(new URL(url).port), '@enabled': 'true' },
        dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
      };
      const answer = await fetch(`${discovery.url}/eureka/apps/SHOP`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ instance }),
      });
      assert.equal(answer.status, 204, await answer.text());
    };
    const ask = async (): Promise<string> => await (await fetch(`${gateway.url}/shop/1`)).text();
    const eventually = async (condition: () => Promise<boolean>, what: string): Promise<void> => {
      const deadline = performance.now() + 60_000;
      while (!(await condition())) assert.ok(performance.now() < deadline, what);
    };
    assert.match(await ask(), /HW_GATEWAY_NO_INSTANCE/);
    await register('shop-1', first.url);
    await eventually(async () => (await ask()) === 'first', 'the first instance is there');
    await register('shop-2', second.url);
    await eventually(async () => (await ask()) === 'second', 'the second instance is there');

    // It dies without a word: discovery goes on listing it until its lease is over, and no call is lost.
    await first[Symbol.asyncDispose]();
    for (let i = 0; i < 50; i++) assert.equal(await ask(), 'second');

    await discovery.close();
    assert.equal(await ask(), 'second', 'without discovery the last list stays');
  } finally {
    await gateway.close();
    await discovery.close();
  }
});
