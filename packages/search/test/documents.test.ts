import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type SearchServer, startSearch } from '../index.ts';
import { RestClient } from './support/rest-client.ts';

let store: SearchServer;
let client: RestClient;

before(async () => {
  store = await startSearch();
  client = new RestClient(store.url);
});
after(() => store.close());

test('a document is given back as the very bytes that came', async () => {
  const source =
    '{"id": 592089033144795136,\n "real": 1.00, "text": "\\u00e4\\/é", "__proto__": {"x": 1}, "big": 18446744073709551615.5e10}';
  const created = await client.put('/bytes/_doc/1?refresh=true', source);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get('location'), '/bytes/_doc/1');
  assert.equal((await client.get('/bytes/_source/1')).text, source);
  assert.ok((await client.get('/bytes/_doc/1')).text.includes(source));
  assert.ok((await client.post('/bytes/_search')).text.includes(source));
});

test('64-bit integers are found, sorted and shown exactly', async () => {
  const ids = ['592089033144795136', '592089033144795137', '592089033144795138', '9223372036854775807'];
  await client.bulk(
    ids.flatMap((id) => [{ index: { _index: 'exact', _id: id } }, `{"n":${id}}`]),
    '?refresh=true',
  );
  for (const id of ids) {
    const found = await client.post('/exact/_search', `{"query":{"term":{"n":${id}}}}`);
    assert.deepEqual(
      found.json.hits.hits.map((hit: { _id: string }) => hit._id),
      [id],
    );
  }
  const sorted = await client.post(
    '/exact/_search',
    '{"sort":[{"n":"desc"}],"search_after":[592089033144795138],"docvalue_fields":["n"]}',
  );
  assert.match(sorted.text, /"sort":\[592089033144795137\]/);
  assert.match(sorted.text, /"fields":\{"n":\[592089033144795137\]\}/);
  assert.equal(sorted.json.hits.hits.length, 2);
});

test('create, get, update, delete and what they answer', async () => {
  const created = await client.put('/life/_create/a?routing=r', { n: 1, deep: { x: 1 } });
  assert.deepEqual(created.json, {
    _index: 'life',
    _id: 'a',
    _version: 1,
    result: 'created',
    _shards: { total: 2, successful: 1, failed: 0 },
    _seq_no: 0,
    _primary_term: 1,
  });
  const again = await client.put('/life/_create/a?routing=r', { n: 1 });
  assert.equal(again.status, 409);
  assert.equal(again.json.error.type, 'version_conflict_engine_exception');
  const updated = await client.post('/life/_update/a?routing=r&_source=true', { doc: { deep: { y: 2 } } });
  assert.deepEqual(updated.json.get._source, { n: 1, deep: { x: 1, y: 2 } });
  const unchanged = await client.post('/life/_update/a?routing=r', { doc: { n: 1 } });
  assert.equal(unchanged.json.result, 'noop');
  const upserted = await client.post('/life/_update/b', { doc: { n: 5 }, doc_as_upsert: true });
  assert.equal(upserted.status, 201);
  const missing = await client.post('/life/_update/c', { doc: { n: 5 } });
  assert.deepEqual([missing.status, missing.json.error.type], [404, 'document_missing_exception']);
  const read = await client.get('/life/_doc/a?routing=r&_source_includes=deep.*&_source_excludes=*.x');
  assert.deepEqual(read.json, {
    _index: 'life',
    _id: 'a',
    _version: 2,
    _seq_no: 1,
    _primary_term: 1,
    _routing: 'r',
    found: true,
    _source: { deep: { y: 2 } },
  });
  assert.equal((await client.call('HEAD', '/life/_doc/a?routing=r')).status, 200);
  assert.equal((await client.delete('/life/_doc/a?routing=r')).json.result, 'deleted');
  assert.equal((await client.delete('/life/_doc/a?routing=r')).status, 404);
  assert.equal((await client.call('HEAD', '/life/_doc/a?routing=r')).status, 404);
  assert.deepEqual((await client.get('/life/_doc/a?routing=r')).json, { _index: 'life', _id: 'a', found: false });
});

test('compare and set', async () => {
  await client.put('/cas/_doc/1', { n: 1 });
  assert.equal((await client.put('/cas/_doc/1?if_seq_no=0&if_primary_term=1', { n: 2 })).status, 200);
  const late = await client.put('/cas/_doc/1?if_seq_no=0&if_primary_term=1', { n: 3 });
  assert.equal(late.status, 409);
  assert.match(late.json.error.reason, /current document has seqNo \[1\] and primary term \[1\]/);
  assert.equal((await client.put('/cas/_doc/2?version=7&version_type=external', { n: 1 })).json._version, 7);
  assert.equal((await client.put('/cas/_doc/2?version=7&version_type=external', { n: 1 })).status, 409);
});

test('bulk: every item has its own answer', async () => {
  const answer = await client.bulk(
    [
      { index: { _index: 'many', _id: '1' } },
      { n: 1 },
      { create: { _index: 'many', _id: '1' } },
      { n: 2 },
      { index: { _index: 'many', _id: '2' } },
      { n: 'not a number' },
      { update: { _index: 'many', _id: '1' } },
      { doc: { n: 7 } },
      { delete: { _index: 'many', _id: 'nowhere' } },
      { index: { _index: 'Wrong Name', _id: '1' } },
      { n: 1 },
      { index: { _index: 'many' } },
      { n: 3 },
    ],
    '?refresh=true',
  );
  assert.equal(answer.status, 200);
  assert.equal(answer.json.errors, true);
  const seen = answer.json.items.map((item: Record<string, { status: number; error?: { type: string } }>) => {
    const [[action, { status, error }]] = Object.entries(item) as [
      [string, { status: number; error?: { type: string } }],
    ];
    return `${action} ${status} ${error?.type ?? ''}`.trim();
  });
  assert.deepEqual(seen, [
    'index 201',
    'create 409 version_conflict_engine_exception',
    'index 400 mapper_parsing_exception',
    'update 200',
    'delete 404',
    'index 400 invalid_index_name_exception',
    'index 201',
  ]);
  assert.equal((await client.get('/many/_count')).json.count, 2);
});

test('bulk: answers are the same whether they are written as text or shaped by the request', async () => {
  const items = [{ index: { _index: 'same', _id: 'a"b' } }, { n: 1 }, { delete: { _index: 'same', _id: 'none' } }];
  for (const refresh of ['', '&refresh=true']) {
    const plain = await client.bulk(items, `?timeout=1m${refresh}`);
    const pretty = await client.bulk(items, `?pretty${refresh}`);
    const shape = (answer: { json: { items: object[] } }): string =>
      JSON.stringify(answer.json.items).replace(/"(_version|_seq_no)":\d+/g, '$1');
    assert.equal(
      shape(pretty).replaceAll('updated', 'created').replaceAll('200', '201'),
      shape(plain).replaceAll('updated', 'created').replaceAll('200', '201'),
    );
    assert.match(pretty.text, /\n/);
  }
});

test('bulk: gzip, and lines that end with CR LF', async () => {
  const body = `{"index":{"_id":"1"}}\r\n{"n":1}\r\n{"index":{"_id":"2"}}\r\n{"n":2}\r\n`;
  const answer = await client.call('POST', '/zipped/_bulk?refresh=wait_for', gzipSync(body), {
    'content-type': 'application/x-ndjson',
    'content-encoding': 'gzip',
  });
  assert.equal(answer.json.errors, false);
  assert.equal((await client.get('/zipped/_count?q=n:2')).json.count, 1);
});

test('bulk: what cannot be read refuses the request', async () => {
  const cases: [string, number, RegExp][] = [
    ['', 400, /request body is required/],
    ['{"index":{}}\n{"n":1}', 400, /The bulk request must be terminated by a newline/],
    ['{"nope":{}}\n{}\n', 400, /Malformed action\/metadata line \[1\]/],
    ['{"index":{"_index":"a","nope":1}}\n{}\n', 400, /nope/],
    ['{"index":{}}\n{"n":1}\n', 400, /index is missing/],
    ['{"delete":{"_index":"a"}}\n', 400, /id is missing/],
  ];
  for (const [body, status, reason] of cases) {
    const answer = await client.call('POST', '/_bulk', body, { 'content-type': 'application/x-ndjson' });
    assert.equal(answer.status, status, body);
    assert.match(answer.json.error.reason, reason, body);
  }
});

test('bodies beyond what fits into memory at once are refused before they are read', async () => {
  const small = await startSearch({ bodyBudgetBytes: 100_000 });
  try {
    const other = new RestClient(small.url);
    const items = Array.from({ length: 500 }, (_, i) => [
      { index: { _index: 'i', _id: String(i) } },
      { text: 'x'.repeat(200) },
    ]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => other.bulk(items.flat())));
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual([...statuses].sort(), [200, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    assert.equal(refused.json.error.type, 'es_rejected_execution_exception');
    assert.equal((await other.bulk(items.flat())).status, 200);
  } finally {
    await small.close();
  }
});

test('mget reads several documents, each with its own error', async () => {
  await client.put('/m/_doc/1', { n: 1 });
  const answer = await client.post('/_mget', {
    docs: [
      { _index: 'm', _id: '1' },
      { _index: 'm', _id: '2' },
      { _index: 'absent', _id: '1' },
    ],
  });
  const [first, second, third] = answer.json.docs;
  assert.deepEqual(first._source, { n: 1 });
  assert.equal(second.found, false);
  assert.equal(third.error.type, 'index_not_found_exception');
});

test('documents that do not fit are refused with the reason, and change nothing', async () => {
  await client.put('/strict', { mappings: { dynamic: 'strict', properties: { n: { type: 'integer' } } } });
  const cases: [string, string, RegExp][] = [
    ['{"n":1,"m":2}', 'strict_dynamic_mapping_exception', /\[m\] within \[_doc\] is not allowed/],
    ['{"n":"x"}', 'mapper_parsing_exception', /failed to parse field \[n\] of type \[integer\]/],
    ['{"n":3000000000}', 'mapper_parsing_exception', /failed to parse field \[n\]/],
    ['{"n":1', 'mapper_parsing_exception', /failed to parse/],
    ['[1]', 'mapper_parsing_exception', /./],
  ];
  for (const [body, type, reason] of cases) {
    const answer = await client.put('/strict/_doc/1', body);
    assert.deepEqual([answer.status, answer.json.error.type], [400, type], `${body} ${answer.text}`);
    assert.match(answer.json.error.reason, reason);
  }
  assert.equal((await client.get('/strict/_doc/1')).status, 404);
});

test('a mapping grows with what documents bring', async () => {
  await client.put(
    '/dynamic/_doc/1',
    '{"s":"text","l":1,"d":1.5,"b":true,"at":"2024-02-29","o":{"x":[1,2]},"null":null,"e":[]}',
  );
  const { json } = await client.get('/dynamic/_mapping');
  assert.deepEqual(json.dynamic.mappings.properties, {
    at: { type: 'date' },
    b: { type: 'boolean' },
    d: { type: 'float' },
    l: { type: 'long' },
    o: { properties: { x: { type: 'long' } } },
    s: { type: 'text', fields: { keyword: { type: 'keyword', ignore_above: 256 } } },
  });
});
