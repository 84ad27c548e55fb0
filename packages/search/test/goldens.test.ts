/**
 * Scores and highlights as the imitated system gives them: recorded from it, for texts made up here (OpenSearch 3.7,
 * Lucene 10.4).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type SearchServer, startSearch } from '../index.ts';
import { RestClient } from './support/rest-client.ts';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(`${import.meta.dirname}/goldens/${name}.json`, 'utf8')) as unknown;
const { texts, gold } = read('highlight') as {
  texts: Record<string, string | string[]>;
  gold: { q: object; field: string; opt: object; hits: Record<string, string[] | null> }[];
};
const scores = read('scores') as { q: object; hits: [string, number][] }[];

let store: SearchServer;
let client: RestClient;

before(async () => {
  store = await startSearch();
  client = new RestClient(store.url);
  await client.put('/h', {
    mappings: {
      properties: { t: { type: 'text' }, k: { type: 'keyword' }, e: { type: 'text', analyzer: 'english' } },
    },
  });
  const items = Object.entries(texts).flatMap(([id, text]) => [
    { index: { _index: 'h', _id: id } },
    { t: text, k: Array.isArray(text) ? 'arr' : 'x', e: text },
  ]);
  await client.bulk(items, '?refresh=true');
});
after(() => store.close());

test('scores are those of the imitated system', async () => {
  for (const { q, hits } of scores) {
    const { json } = await client.post('/h/_search', { query: q, _source: false });
    const found = json.hits.hits as { _id: string; _score: number }[];
    assert.deepEqual(
      found.map(({ _id }) => _id),
      hits.map(([id]) => id),
      JSON.stringify(q),
    );
    for (const [i, [id, score]] of hits.entries()) {
      const difference = Math.abs(found[i]!._score - score);
      assert.ok(
        difference <= 1e-6 * Math.max(1, score),
        `${JSON.stringify(q)} ${id}: ${found[i]!._score}, not ${score}`,
      );
    }
  }
});

test('highlights are those of the imitated system', async () => {
  for (const { q, field, opt, hits } of gold) {
    const highlight = { fields: { [field]: opt } };
    const { json } = await client.post('/h/_search', { query: q, highlight, _source: false, size: 20 });
    const found = Object.fromEntries(
      (json.hits.hits as { _id: string; highlight?: Record<string, string[]> }[]).map((hit) => [
        hit._id,
        hit.highlight?.[field] ?? null,
      ]),
    );
    assert.deepEqual(found, hits, `${JSON.stringify(q)} ${JSON.stringify(opt)}`);
  }
});
