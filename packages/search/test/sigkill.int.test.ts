/** What was acknowledged is there after the process was killed at any moment. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from './support/memory-files.ts';
import { RestClient } from './support/rest-client.ts';
import { StoreProcess } from './support/store-process.ts';

const writers = 4;
const docsPerBulk = 200;

test('every acknowledged document survives kill -9 in the middle of bulk requests', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  console.log(`SEED=${seed}`);
  const random = seededRandom(seed);
  const dataDir = mkdtempSync(join(tmpdir(), 'headwater-search-'));
  /** Version by id, as the last answer told it. */
  const acknowledged = new Map<string, number>();
  /** How many writes of an id had no answer: it may be there, or be newer than known. */
  const unanswered = new Map<string, number>();
  const count = (id: string, step: number): void => {
    const now = (unanswered.get(id) ?? 0) + step;
    if (now === 0) unanswered.delete(id);
    else unanswered.set(id, now);
  };
  let nextId = 0;
  try {
    for (let round = 0; round < 6; round++) {
      const store = await StoreProcess.start(dataDir);
      const client = new RestClient(store.url);
      const write = async (): Promise<void> => {
        for (;;) {
          const ids = Array.from({ length: docsPerBulk }, () =>
            nextId > 0 && random() < 0.2 ? `d${Math.floor(random() * nextId)}` : `d${nextId++}`,
          );
          for (const id of ids) count(id, 1);
          const items = ids.flatMap((id) => [
            { index: { _index: 'i', _id: id } },
            { id, text: `the document ${id} of round ${round}`, n: nextId },
          ]);
          let answer: Awaited<ReturnType<typeof client.bulk>>;
          try {
            answer = await client.bulk(items);
          } catch {
            return;
          }
          assert.equal(answer.json.errors, false);
          for (const [i, id] of ids.entries()) {
            const version = answer.json.items[i].index._version as number;
            acknowledged.set(id, Math.max(version, acknowledged.get(id) ?? 0));
          }
          for (const id of ids) count(id, -1);
        }
      };
      const running = Promise.all(Array.from({ length: writers }, write));
      const waitMs = 300 + random() * 1500;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      if (round % 2 === 0) void client.post('/i/_flush').catch(() => {});
      await store.kill();
      await running;

      const after = await StoreProcess.start(dataDir);
      try {
        await check(new RestClient(after.url), acknowledged, new Set(unanswered.keys()));
      } finally {
        await after.kill();
      }
    }
    console.log(`${acknowledged.size} documents acknowledged, ${unanswered.size} uncertain`);
    assert.ok(acknowledged.size > 1000);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});

async function check(
  client: RestClient,
  acknowledged: ReadonlyMap<string, number>,
  uncertain: ReadonlySet<string>,
): Promise<void> {
  const ids = [...acknowledged.keys()];
  for (let from = 0; from < ids.length; from += 1000) {
    const { json } = await client.post('/i/_mget', { ids: ids.slice(from, from + 1000) });
    for (const doc of json.docs as { _id: string; found: boolean; _version: number; _source: { id: string } }[]) {
      assert.equal(doc.found, true, `${doc._id} is lost`);
      const version = acknowledged.get(doc._id)!;
      if (uncertain.has(doc._id)) assert.ok(doc._version >= version, `${doc._id} went back`);
      else assert.equal(doc._version, version, `version of ${doc._id}`);
      assert.equal(doc._source.id, doc._id);
    }
  }
  await client.post('/i/_refresh');
  const { count } = (await client.get('/i/_count')).json;
  assert.ok(count >= ids.length && count <= ids.length + uncertain.size, `${count} documents are found`);
  // The index finds what it stores.
  for (const id of ids.slice(-50)) {
    const found = await client.post('/i/_count', { query: { match_phrase: { text: `document ${id}` } } });
    assert.ok(found.json.count >= 1, `${id} is not found`);
  }
}
