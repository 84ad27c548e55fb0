import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type SearchServer, startSearch } from '../index.ts';
import { type Answer, RestClient } from './support/rest-client.ts';

let store: SearchServer;
let client: RestClient;

const documents = [
  { title: 'The harbour at night', tags: ['sea', 'night'], pages: 120, price: 9.5, at: '2024-01-10', ok: true },
  {
    title: 'A night in the city',
    tags: ['city', 'night'],
    pages: 80,
    price: 12,
    at: '2024-02-11T10:00:00Z',
    ok: false,
  },
  { title: 'Sailing the harbour walls', tags: ['sea'], pages: 300, at: '2024-02-28', ok: true },
  { title: 'Lamps of the old city harbour', tags: [], pages: 45, price: 3.25, at: '2024-03-01', note: 'C++ & <b>' },
  { title: 'Winds', tags: 'wind', pages: 7, price: -1, at: '2023-12-31', deep: { er: { word: 'found' } } },
];

before(async () => {
  store = await startSearch();
  client = new RestClient(store.url);
  await client.put('/books', {
    mappings: {
      properties: {
        title: { type: 'text' },
        tags: { type: 'keyword' },
        pages: { type: 'integer' },
        at: { type: 'date' },
      },
    },
  });
  await client.bulk(
    documents.flatMap((document, i) => [{ index: { _index: 'books', _id: String(i + 1) } }, document]),
    '?refresh=true',
  );
});
after(() => store.close());

const idsOf = (answer: Answer): string =>
  answer.json.hits === undefined ? answer.text : answer.json.hits.hits.map((hit: { _id: string }) => hit._id).join('');

async function find(query: unknown, more: object = {}): Promise<string> {
  return idsOf(await client.post('/books/_search', { query, sort: ['_id'], ...more }));
}

test('queries find what they say', async () => {
  const cases: [unknown, string][] = [
    [{ match_all: {} }, '12345'],
    [{ match_none: {} }, ''],
    [{ match: { title: 'harbour NIGHT' } }, '1234'],
    [{ match: { title: { query: 'harbour night', operator: 'and' } } }, '1'],
    [{ match: { title: { query: 'harbour old city', minimum_should_match: 2 } } }, '4'],
    [{ match: { title: { query: 'harbor', fuzziness: 'AUTO' } } }, '134'],
    [{ match: { pages: 120 } }, '1'],
    [{ match_phrase: { title: 'the harbour' } }, '13'],
    [{ match_phrase: { title: { query: 'harbour the', slop: 2 } } }, '13'],
    [{ match_phrase_prefix: { title: 'the har' } }, '13'],
    [{ match_bool_prefix: { title: 'old har' } }, '134'],
    [{ multi_match: { query: 'night sea', fields: ['title^2', 'tags'] } }, '12'],
    [{ term: { tags: 'sea' } }, '13'],
    [{ term: { tags: { value: 'SEA', case_insensitive: true } } }, '13'],
    [{ term: { ok: true } }, '13'],
    [{ terms: { tags: ['city', 'wind'] } }, '25'],
    [{ terms: { pages: [7, 45.0] } }, '45'],
    [{ range: { pages: { gte: 80, lt: 300 } } }, '12'],
    [{ range: { price: { gt: -1, lte: 9.5 } } }, '14'],
    [{ range: { at: { gte: '2024-02', lt: '2024-02-28||+1d/d' } } }, '23'],
    [{ range: { at: { gte: '11/02/2024', format: 'dd/MM/yyyy', time_zone: '+00:00' } } }, '234'],
    [{ range: { at: { lte: '2024-01-10' } } }, '15'],
    [{ exists: { field: 'price' } }, '1245'],
    [{ exists: { field: 'deep' } }, '5'],
    [{ ids: { values: ['4', '2', 'x'] } }, '24'],
    [{ prefix: { tags: 'ni' } }, '12'],
    [{ wildcard: { 'deep.er.word.keyword': { value: 'f*n?' } } }, '5'],
    [{ regexp: { tags: 'se[a-z]|w.nd' } }, '135'],
    [{ fuzzy: { tags: 'seaa' } }, '13'],
    [{ query_string: { query: 'title:(harbour AND NOT city) OR pages:[* TO 10}' } }, '135'],
    [{ query_string: { query: '"night in"~1 tags:wi*', default_field: 'title' } }, '25'],
    [{ simple_query_string: { query: 'harbour + -city | wind*', fields: ['title'] } }, '135'],
    [{ constant_score: { filter: { term: { tags: 'sea' } } } }, '13'],
    [{ bool: { must: [{ match: { title: 'harbour' } }], must_not: { term: { tags: 'sea' } } } }, '4'],
    [{ bool: { filter: { term: { ok: true } }, should: [{ term: { pages: 300 } }], minimum_should_match: 1 } }, '3'],
    [{ dis_max: { queries: [{ term: { pages: 7 } }, { term: { pages: 45 } }] } }, '45'],
    [{ match: { absent: 'x' } }, ''],
  ];
  for (const [query, expected] of cases) assert.equal(await find(query), expected, JSON.stringify(query));
});

test('?q= searches as query_string does', async () => {
  assert.equal(idsOf(await client.get('/books/_search?q=title:harbour&sort=_id')), '134');
  assert.equal(idsOf(await client.get('/books/_search?q=harbour%20city&default_operator=AND&df=title')), '4');
});

test('sorting: several keys, missing values, values of the key in the hit', async () => {
  const sorted = async (sort: unknown, more: object = {}): Promise<string> =>
    idsOf(await client.post('/books/_search', { sort, ...more }));
  assert.equal(await sorted([{ pages: 'desc' }]), '31245');
  assert.equal(await sorted([{ price: { order: 'asc' } }]), '54123');
  assert.equal(await sorted([{ price: { order: 'asc', missing: '_first' } }]), '35412');
  assert.equal(await sorted([{ price: { order: 'desc', missing: 5 } }]), '21345');
  assert.equal(await sorted([{ tags: { order: 'asc', mode: 'max' } }, { pages: 'asc' }]), '21354');
  assert.equal(await sorted(['_score', { at: 'desc' }]), '43215');
  assert.equal(await sorted([{ nothing: { order: 'asc', unmapped_type: 'long' } }, { pages: 'asc' }]), '54213');
  const { json } = await client.post('/books/_search', { sort: [{ at: 'asc' }], size: 1, track_scores: true });
  assert.deepEqual(json.hits.hits[0].sort, [Date.UTC(2023, 11, 31)]);
  assert.equal(json.hits.hits[0]._score, 1);
});

test('pages: from and size, search_after', async () => {
  const page = async (body: object): Promise<string> => idsOf(await client.post('/books/_search', body));
  assert.equal(await page({ sort: [{ pages: 'asc' }], from: 1, size: 2 }), '42');
  assert.equal(await page({ sort: [{ pages: 'asc' }], search_after: [45], size: 2 }), '21');
  assert.equal(await page({ size: 0 }), '');
  const window = await client.post('/books/_search', { from: 9_999, size: 2 });
  assert.equal(window.status, 400);
  assert.match(window.json.error.root_cause[0].reason, /^Result window is too large, from \+ size must be/);
});

test('totals: exact, bounded, none, and as a plain number', async () => {
  const total = async (path: string): Promise<unknown> => (await client.get(`/books/_search?${path}`)).json.hits.total;
  assert.deepEqual(await total('track_total_hits=true'), { value: 5, relation: 'eq' });
  assert.deepEqual(await total('track_total_hits=3'), { value: 3, relation: 'gte' });
  assert.equal(await total('track_total_hits=false'), undefined);
  assert.equal(await total('rest_total_hits_as_int=true'), 5);
});

test('highlights', async () => {
  const highlighted = async (highlight: object, query: object = { match: { title: 'harbour' } }): Promise<unknown> =>
    (await client.post('/books/_search', { query, highlight, sort: ['_id'], size: 1 })).json.hits.hits[0].highlight;
  assert.deepEqual(await highlighted({ fields: { title: {} } }), { title: ['The <em>harbour</em> at night'] });
  assert.deepEqual(await highlighted({ pre_tags: ['['], post_tags: [']'], fields: { 'ti*': {} } }), {
    title: ['The [harbour] at night'],
  });
  assert.deepEqual(
    await highlighted({ encoder: 'html', fields: { note: { number_of_fragments: 0 } } }, { match: { note: 'b' } }),
    { note: ['C++ &amp; &lt;<em>b</em>&gt;'] },
  );
  assert.deepEqual(
    await highlighted({ fields: { tags: { require_field_match: false } } }, { match: { title: 'night' } }),
    {
      tags: ['<em>night</em>'],
    },
  );
});

test('what of a hit is shown', async () => {
  const hit = async (body: object): Promise<{ _source?: unknown; fields?: unknown; _version?: number }> =>
    (await client.post('/books/_search', { query: { ids: { values: ['5'] } }, ...body })).json.hits.hits[0];
  assert.deepEqual((await hit({ _source: ['pages', 'deep.*'] }))._source, {
    pages: 7,
    deep: { er: { word: 'found' } },
  });
  assert.deepEqual((await hit({ _source: { excludes: ['t*', 'deep', 'at'] } }))._source, { pages: 7, price: -1 });
  assert.equal((await hit({ _source: false }))._source, undefined);
  assert.deepEqual((await hit({ docvalue_fields: ['pages', { field: 'at', format: 'yyyy' }] })).fields, {
    pages: [7],
    at: ['2023'],
  });
  assert.deepEqual((await hit({ fields: ['deep.*', 'tags'] })).fields, {
    'deep.er.word': ['found'],
    'deep.er.word.keyword': ['found'],
    tags: ['wind'],
  });
  assert.equal((await hit({ version: true }))._version, 1);
});

test('msearch: each search has its own answer', async () => {
  const lines = [
    '{"index":"books"}',
    '{"query":{"term":{"tags":"sea"}}}',
    '{"index":"nowhere"}',
    '{}',
    '{"index":"books"}',
    '{"sort":["absent"]}',
  ];
  const { json } = await client.call('POST', '/_msearch', `${lines.join('\n')}\n`, {
    'content-type': 'application/x-ndjson',
  });
  const [first, second, third] = json.responses;
  assert.deepEqual([first.status, first.hits.total.value], [200, 2]);
  assert.deepEqual([second.status, second.error.type], [404, 'index_not_found_exception']);
  assert.deepEqual([third.status, third.error.type], [400, 'search_phase_execution_exception']);
});

test('count and delete by query', async () => {
  await client.bulk(
    Array.from({ length: 30 }, (_, i) => [{ index: { _index: 'gone' } }, { n: i }]).flat(),
    '?refresh=true',
  );
  assert.equal((await client.post('/gone/_count', { query: { range: { n: { lt: 10 } } } })).json.count, 10);
  const { json } = await client.post('/gone/_delete_by_query?refresh=true', { query: { range: { n: { lt: 10 } } } });
  assert.deepEqual([json.deleted, json.total, json.version_conflicts], [10, 10, 0]);
  assert.equal((await client.get('/gone/_count')).json.count, 20);
});

test('mistakes in searches are refused as the imitated system refuses them', async () => {
  const cases: [unknown, string, RegExp, [line: number, col: number] | null][] = [
    [{ query: { nope: {} } }, 'parsing_exception', /^unknown query \[nope\]/, [1, 18]],
    [{ query: { constructor: {} } }, 'parsing_exception', /^unknown query \[constructor\]/, [1, 25]],
    [{ query: { match: {} } }, 'parsing_exception', /No text specified|\[match\]/, null],
    [
      { query: { match: { title: { query: 'x', nope: 1 } } } },
      'parsing_exception',
      /\[match\] query does not support \[nope\]/,
      null,
    ],
    [{ query: { term: { a: [1] } } }, 'parsing_exception', /\[term\] query does not support array of values/, null],
    [
      { query: { range: { pages: { above: 1 } } } },
      'parsing_exception',
      /\[range\] query does not support \[above\]/,
      null,
    ],
    [{ nope: 1 }, 'parsing_exception', /Unknown key for a VALUE_NUMBER in \[nope\]/, [1, 9]],
    [{ size: -1 }, 'illegal_argument_exception', /\[size\] parameter cannot be negative/, null],
    [{ query: { range: { at: { gte: 'soon' } } } }, 'parse_exception', /failed to parse date field \[soon\]/, null],
    [{ query: { term: { pages: 'many' } } }, 'query_shard_exception', /For input string: "many"/, null],
    [{ query: { query_string: { query: '(a' } } }, 'query_shard_exception', /Failed to parse query \[\(a\]/, null],
    [{ sort: ['title'] }, 'illegal_argument_exception', /^Text fields are not optimised/, null],
    [{ sort: ['absent'] }, 'query_shard_exception', /No mapping found for \[absent\] in order to sort on/, null],
    [{ aggs: { a: { nope: { field: 'x' } } } }, '', /./, null],
  ];
  for (const [body, type, reason, place] of cases) {
    const { status, json, text } = await client.post('/books/_search', body);
    assert.equal(status, 400, text);
    const [cause] = json.error.root_cause;
    if (type !== '') assert.equal(cause.type, type, text);
    assert.match(cause.reason, reason, text);
    if (place !== null) assert.deepEqual([cause.line, cause.col], place, text);
    assert.equal(json.status, 400);
  }
});

test('a body that is no JSON is refused with its place', async () => {
  const { status, json } = await client.post('/books/_search', '{\n "query": {"match_all": {} \n');
  assert.equal(status, 400);
  assert.match(json.error.reason, /line: 3/);
});

test('a search through a filtered alias sees what the filter lets through', async () => {
  await client.post('/_aliases', {
    actions: [{ add: { index: 'books', alias: 'sea-books', filter: { term: { tags: 'sea' } } } }],
  });
  assert.equal(idsOf(await client.post('/sea-books/_search', { sort: ['_id'] })), '13');
  assert.equal(idsOf(await client.post('/sea-books,books/_search', { sort: ['_id'] })), '12345');
});

test('what is written is found within a second, without asking for it', async () => {
  await client.put('/soon/_doc/1', { word: 'appears' });
  const started = performance.now();
  while ((await client.get('/soon/_count?q=word:appears')).json.count === 0) {
    assert.ok(performance.now() - started < 5_000, 'not found after 5 s');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const took = performance.now() - started;
  assert.ok(took < 2_500, `took ${took} ms`);
});
