import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSearch } from '../index.ts';
import { RestClient } from './support/rest-client.ts';

async function withDir(run: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-search-'));
  try {
    await run(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function during(dataDir: string, run: (client: RestClient) => Promise<void>): Promise<void> {
  const store = await startSearch({ dataDir });
  try {
    await run(new RestClient(store.url));
  } finally {
    await store.close();
  }
}

test('a restart gives everything back: documents, versions, settings, mappings, aliases, identity', async () => {
  await withDir(async (dataDir) => {
    let clusterUuid = '';
    await during(dataDir, async (client) => {
      clusterUuid = (await client.get('/')).json.cluster_uuid;
      await client.put('/i', {
        settings: { number_of_shards: 3, analysis: { analyzer: { mine: { tokenizer: 'whitespace' } } } },
        mappings: { properties: { text: { type: 'text', analyzer: 'mine' }, big: { type: 'long' } } },
        aliases: { other: { filter: { query_string: { query: 'big:9007199254740993' } } } },
      });
      for (let i = 0; i < 20; i++)
        await client.put(`/i/_doc/${i}`, `{"text":"Word-${i} X","big":${9007199254740983n + BigInt(i)}}`);
      await client.put('/i/_doc/3', { text: 'again' });
      await client.delete('/i/_doc/4');
    });
    await during(dataDir, async (client) => {
      assert.equal((await client.get('/')).json.cluster_uuid, clusterUuid);
      assert.equal((await client.get('/i/_count')).json.count, 19);
      assert.equal((await client.get('/i/_doc/3')).json._version, 2);
      assert.equal((await client.get('/i/_search?q=text:Word-7')).json.hits.total.value, 1);
      assert.match((await client.get('/other/_search')).text, /"big":9007199254740993\b/);
      assert.equal((await client.get('/other/_count')).json.count, 1);
      const { mappings, settings } = (await client.get('/i')).json.i;
      assert.equal(mappings.properties.text.analyzer, 'mine');
      assert.equal(settings.index.number_of_shards, '3');
      await client.delete('/i');
    });
    await during(dataDir, async (client) => {
      assert.equal((await client.get('/i')).status, 404);
      assert.deepEqual(readdirSync(join(dataDir, 'indices')), []);
    });
  });
});

test('one directory serves one store', async () => {
  await withDir(async (dataDir) => {
    await during(dataDir, async () => {
      await assert.rejects(startSearch({ dataDir }), { code: 'HW_SEARCH_DATA_DIR_IN_USE' });
    });
    // What a process that was killed leaves behind is no lock.
    writeFileSync(join(dataDir, 'lock'), '999999999 1');
    await during(dataDir, async () => {});
    assert.deepEqual(readdirSync(dataDir).sort(), ['cluster.json', 'indices']);
  });
});

test('an index with a damaged file does not keep the others from opening', async () => {
  await withDir(async (dataDir) => {
    await during(dataDir, async (client) => {
      await client.put('/good/_doc/1', { n: 1 });
      await client.put('/bad/_doc/1', { n: 1 });
    });
    const indices = join(dataDir, 'indices');
    for (const uuid of readdirSync(indices)) {
      const { name } = JSON.parse(readFileSync(join(indices, uuid, 'index.json'), 'utf8')) as { name: string };
      if (name !== 'bad') continue;
      const shard = join(indices, uuid, '0');
      const file = join(shard, readdirSync(shard).find((one) => one.endsWith('.idx'))!);
      const bytes = readFileSync(file);
      bytes[bytes.length >>> 1]! ^= 1;
      writeFileSync(file, bytes);
    }
    await during(dataDir, async (client) => {
      assert.equal((await client.get('/good/_count')).json.count, 1);
      const bad = await client.get('/bad/_search');
      assert.equal(bad.status, 503);
      assert.match(bad.text, /HW_SEARCH_CORRUPT_FILE|damaged/);
      assert.equal((await client.get('/_cluster/health')).json.status, 'red');
      assert.equal((await client.delete('/bad')).status, 200);
    });
  });
});
