/** The discovery client on a real Eureka server: `HEADWATER_TEST_EUREKA_URL`. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createDiscoveryClient } from '../discovery.ts';
import { until } from './until.ts';

const url = process.env['HEADWATER_TEST_EUREKA_URL'];

test('registers, renews, is found by another client, goes out of service and leaves', {
  skip: url === undefined && 'HEADWATER_TEST_EUREKA_URL is not set',
  timeout: 180_000,
}, async () => {
  const service = `sdk-${randomUUID().slice(0, 8)}`;
  const provider = createDiscoveryClient({ url: url!, fetch: false });
  const reader = createDiscoveryClient({ url: url!, pollMs: 500 });
  try {
    await reader.ready();
    const own = provider.register({
      service,
      port: 8090,
      renewalSeconds: 1,
      metadata: { zone: 'a', version: '1.2.0' },
    });
    await own.registered();
    const renewedMs = own.state.lastRenewalMs!;
    await until(() => own.state.lastRenewalMs! > renewedMs && own.state.error === null);
    await until(() => reader.instances(service).length === 1, 'found');
    const [found] = reader.instances(service.toUpperCase());
    assert.equal(found!.url, 'http://127.0.0.1:8090');
    assert.deepEqual({ ...found!.metadata }, { zone: 'a', version: '1.2.0' });
    own.setStatus('OUT_OF_SERVICE');
    await until(
      () => reader.instances(service).length === 0 && reader.allInstances(service).length === 1,
      'out of service',
    );
    assert.equal(reader.allInstances(service)[0]!.status, 'OUT_OF_SERVICE');
    await provider.close();
    await until(() => reader.allInstances(service).length === 0, 'gone');
    assert.ok(reader.state.deltaFetches > 0);
  } finally {
    await Promise.all([provider.close(), reader.close()]);
  }
});
