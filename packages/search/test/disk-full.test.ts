import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSearch } from '../index.ts';
import { type Files, nodeFiles } from '../src/engine/files.ts';
import { diskError } from './support/memory-files.ts';
import { RestClient } from './support/rest-client.ts';

interface Disk {
  isFull: boolean;
  freeBytes: number;
  files: Files;
}

function makeDisk(): Disk {
  const disk: Disk = { isFull: false, freeBytes: 1e12, files: nodeFiles };
  const check = (): void => {
    if (disk.isFull) throw diskError('ENOSPC');
  };
  disk.files = {
    ...nodeFiles,
    freeBytes: () => disk.freeBytes,
    async writeFile(path, chunks) {
      check();
      await nodeFiles.writeFile(path, chunks);
    },
    openAppend(path, sizeBytes) {
      const file = nodeFiles.openAppend(path, sizeBytes);
      return {
        get sizeBytes() {
          return file.sizeBytes;
        },
        get isDamaged() {
          return file.isDamaged;
        },
        append(chunks) {
          check();
          file.append(chunks);
        },
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
  return disk;
}

async function withDisk(run: (client: RestClient, disk: Disk, restart: () => Promise<RestClient>) => Promise<void>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-search-'));
  const disk = makeDisk();
  let store = await startSearch({ dataDir, files: disk.files });
  try {
    await run(new RestClient(store.url), disk, async () => {
      await store.close();
      store = await startSearch({ dataDir, files: disk.files });
      return new RestClient(store.url);
    });
  } finally {
    await store.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

test('a full disk refuses writes with 429, and nothing else', async () => {
  await withDisk(async (client, disk, restart) => {
    await client.put('/i/_doc/1?refresh=true', { word: 'kept' });
    disk.isFull = true;
    const refused = await client.put('/i/_doc/2', { word: 'lost' });
    assert.equal(refused.status, 429);
    assert.equal(refused.json.error.type, 'cluster_block_exception');
    assert.match(refused.json.error.reason, /flood-stage watermark, index has read-only-allow-delete block/);
    const bulk = await client.bulk([{ index: { _index: 'i', _id: '3' } }, { word: 'lost' }]);
    assert.deepEqual([bulk.status, bulk.json.items[0].index.status], [200, 429]);
    assert.equal((await client.put('/other', {})).status, 429);
    assert.equal((await client.get('/i/_doc/1')).status, 200);
    assert.equal((await client.get('/i/_doc/2')).status, 404);
    assert.equal((await client.get('/i/_count?q=word:kept')).json.count, 1);
    await client.post('/i/_refresh');
    assert.equal((await client.get('/i/_count')).json.count, 1);
    disk.isFull = false;
    // The store looks again after a moment.
    for (;;) {
      const answer = await client.put('/i/_doc/4?refresh=true', { word: 'again' });
      if (answer.status === 201) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const after = await restart();
    const { json } = await after.post('/i/_search', { sort: ['_id'] });
    assert.deepEqual(
      json.hits.hits.map((hit: { _id: string }) => hit._id),
      ['1', '4'],
    );
  });
});

test('an index can be deleted on a full disk', async () => {
  await withDisk(async (client, disk) => {
    await client.put('/i/_doc/1', { word: 'kept' });
    disk.isFull = true;
    assert.equal((await client.delete('/i')).status, 200);
    assert.equal((await client.get('/i')).status, 404);
  });
});

test('writes stop before the disk is full', async () => {
  await withDisk(async (client, disk) => {
    disk.freeBytes = 1024;
    const refused = await client.put('/i/_doc/1', { n: 1 });
    assert.deepEqual([refused.status, refused.json.error.type], [429, 'cluster_block_exception']);
  });
});
