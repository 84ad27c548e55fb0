/** The config client on a real Config Server: `HEADWATER_TEST_CONFIG_URL`, and `HEADWATER_TEST_CONFIG_REPO` where its folder may be written to. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createConfigClient } from '../config.ts';
import { until } from './until.ts';

const url = process.env['HEADWATER_TEST_CONFIG_URL'];
const repo = process.env['HEADWATER_TEST_CONFIG_REPO'];

test('sources, lists and placeholders come to what the server itself makes of them', {
  skip: url === undefined && 'HEADWATER_TEST_CONFIG_URL is not set',
}, async () => {
  const config = createConfigClient({ name: 'orders', profiles: ['dev'], url: url!, env: {}, failFast: true });
  try {
    await config.start();
    const merged = (await (await fetch(`${url}/orders-dev.json`)).json()) as Record<string, unknown>;
    assert.ok(Object.keys(merged).length > 0, 'the server has something for orders');
    for (const prefix of Object.keys(merged)) assert.deepEqual(config.tree(prefix), merged[prefix]);
    const [first] = [...config.layers.effective().values()].filter(({ key }) =>
      Object.hasOwn(merged, key.split('.')[0]!),
    );
    assert.match(config.entry(first!.key)!.origin, /:\d+:\d+/, 'values come with their origins');
  } finally {
    await config.close();
  }
});

test('a changed file is a changed setting', {
  skip: (url === undefined || repo === undefined) && 'HEADWATER_TEST_CONFIG_REPO is not set',
}, async () => {
  const name = `sdk-${randomUUID().slice(0, 8)}`;
  const file = join(repo!, `${name}.yml`);
  writeFileSync(file, 'sdk: {rate: 1}\n');
  const config = createConfigClient({ name, url: url!, env: {}, failFast: true, pollMs: 200 });
  try {
    await config.start();
    const settings = config.settings('sdk', { rate: 0 });
    assert.equal(settings.get().rate, 1);
    writeFileSync(file, 'sdk: {rate: 2}\n');
    await until(() => settings.get().rate === 2);
  } finally {
    await config.close();
    rmSync(file, { force: true });
  }
});
