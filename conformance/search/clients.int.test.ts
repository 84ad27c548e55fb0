/**
 * The official clients of OpenSearch and Elasticsearch against the store, unchanged.
 *
 * The one of Elasticsearch is no dependency of this repository: it is installed into a temporary directory, and its test
 * is skipped where that cannot be done.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startSearch } from '@headwater/search';
import { Client as OpenSearchClient } from '@opensearch-project/opensearch';

const run = promisify(execFile);
const elasticVersion = '8.19.1';

// biome-ignore lint/suspicious/noExplicitAny: two clients whose types differ are called alike
type AnyClient = any;

interface Dialect {
  client: AnyClient;
  /** Where a client puts a request's body. */
  withBody: (params: object, body: object) => object;
  withDocument: (params: object, document: object) => object;
  /** The body of an answer. */
  bodyOf: (answer: AnyClient) => AnyClient;
}

async function exercise({ client, withBody, withDocument, bodyOf }: Dialect): Promise<void> {
  const info = bodyOf(await client.info());
  assert.equal(info.tagline, 'You Know, for Search');
  assert.equal(bodyOf(await client.ping()), true);
  bodyOf(
    await client.indices.create(
      withBody(
        { index: 'articles' },
        {
          settings: { number_of_shards: 1, number_of_replicas: 0 },
          mappings: { properties: { title: { type: 'text' }, tag: { type: 'keyword' }, at: { type: 'date' } } },
        },
      ),
    ),
  );
  assert.equal(bodyOf(await client.indices.exists({ index: 'articles' })), true);
  assert.equal(bodyOf(await client.indices.exists({ index: 'absent' })), false);

  const failures: unknown[] = [];
  const summary = await client.helpers.bulk({
    datasource: Array.from({ length: 2_500 }, (_, i) => ({
      id: i,
      title: `Article ${i} of the sea`,
      tag: `t${i % 7}`,
      at: 1.7e12 + i,
    })),
    onDocument: (doc: { id: number }) => ({ index: { _index: 'articles', _id: String(doc.id) } }),
    flushBytes: 50_000,
    refreshOnCompletion: 'articles',
    onDrop: (failure: unknown) => failures.push(failure),
  });
  assert.deepEqual(failures, []);
  assert.equal(summary.successful, 2_500);

  const found = bodyOf(
    await client.search(
      withBody(
        { index: 'articles' },
        {
          query: { bool: { must: { match: { title: 'sea 77' } }, filter: { term: { tag: 't0' } } } },
          highlight: { fields: { title: {} } },
          sort: ['_score', { at: 'desc' }],
          size: 3,
        },
      ),
    ),
  );
  assert.equal(found.hits.hits[0]._id, '77');
  assert.deepEqual(found.hits.hits[0].highlight.title, ['Article <em>77</em> of the <em>sea</em>']);
  assert.deepEqual(found.hits.total, { value: 358, relation: 'eq' });

  const read = bodyOf(await client.get({ index: 'articles', id: '5', _source_includes: ['title'] }));
  assert.deepEqual(read._source, { title: 'Article 5 of the sea' });
  const updated = bodyOf(
    await client.update(withBody({ index: 'articles', id: '5', refresh: true }, { doc: { tag: 'new' } })),
  );
  assert.equal(updated._version, 2);
  assert.equal(
    bodyOf(await client.count(withBody({ index: 'articles' }, { query: { term: { tag: 'new' } } }))).count,
    1,
  );
  const many = bodyOf(await client.mget(withBody({ index: 'articles' }, { ids: ['1', 'nope'] })));
  assert.deepEqual(
    many.docs.map((doc: { found: boolean }) => doc.found),
    [true, false],
  );
  assert.equal(bodyOf(await client.delete({ index: 'articles', id: '5' })).result, 'deleted');
  assert.equal(bodyOf(await client.exists({ index: 'articles', id: '5' })), false);
  assert.equal(
    bodyOf(
      await client.deleteByQuery(withBody({ index: 'articles', refresh: true }, { query: { term: { tag: 't1' } } })),
    ).deleted,
    357,
  );

  await assert.rejects(client.get({ index: 'absent', id: '1' }), (error: AnyClient) => {
    assert.equal(error.name, 'ResponseError');
    assert.equal(error.statusCode, 404);
    return /index_not_found_exception/.test(String(error));
  });
  await assert.rejects(client.search(withBody({ index: 'articles' }, { query: { nope: {} } })), { statusCode: 400 });
  await assert.rejects(
    client.create(withDocument({ index: 'articles', id: '7' }, { title: 'again' })),
    (error: AnyClient) => error.statusCode === 409 && /version_conflict_engine_exception/.test(String(error)),
  );
  const rows = bodyOf(await client.cat.indices({ format: 'json', h: 'index,docs.count' }));
  assert.deepEqual(rows, [{ index: 'articles', 'docs.count': String(2_500 - 1 - 357) }]);
  const mapping = bodyOf(await client.indices.getMapping({ index: 'articles' }));
  assert.equal(mapping.articles.mappings.properties.id.type, 'long');
  assert.equal(bodyOf(await client.indices.delete({ index: 'articles' })).acknowledged, true);
}

test('@opensearch-project/opensearch', async () => {
  const store = await startSearch();
  const client = new OpenSearchClient({ node: store.url, compression: 'gzip' });
  try {
    await exercise({
      client,
      withBody: (params, body) => ({ ...params, body }),
      withDocument: (params, body) => ({ ...params, body }),
      bodyOf: (answer: { body: unknown }) => answer.body,
    });
  } finally {
    await client.close();
    await store.close();
  }
});

test('@elastic/elasticsearch', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-elastic-'));
  const store = await startSearch();
  try {
    try {
      const args = ['install', '--prefix', dir, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
      await run('npm', [...args, `@elastic/elasticsearch@${elasticVersion}`], { timeout: 120_000 });
    } catch (error) {
      t.skip(`@elastic/elasticsearch could not be installed: ${String(error).split('\n')[0]}`);
      return;
    }
    const { Client } = createRequire(join(dir, 'x.js'))('@elastic/elasticsearch') as {
      Client: new (options: object) => AnyClient;
    };
    const client = new Client({ node: store.url, compression: true });
    try {
      await exercise({
        client,
        withBody: (params, body) => ({ ...params, ...body }),
        withDocument: (params, document) => ({ ...params, document }),
        bodyOf: (answer) => answer,
      });
    } finally {
      await client.close();
    }
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
