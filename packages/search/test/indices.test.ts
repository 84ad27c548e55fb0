import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { type SearchServer, startSearch } from '../index.ts';
import { RestClient } from './support/rest-client.ts';

let store: SearchServer;
let client: RestClient;

before(async () => {
  store = await startSearch();
  client = new RestClient(store.url);
});
after(() => store.close());

test('says what it is, so that official clients talk to it', async () => {
  const { json, headers } = await client.get('/');
  assert.equal(headers.get('x-elastic-product'), 'Elasticsearch');
  assert.match(json.version.number, /^8\./);
  assert.equal(json.tagline, 'You Know, for Search');
  assert.equal((await client.call('HEAD', '/')).status, 200);
  const nodes = await client.get('/_nodes/http');
  const [node] = Object.values(nodes.json.nodes) as { http: { publish_address: string } }[];
  assert.equal(`http://${node!.http.publish_address}`, store.url);
  assert.equal((await client.get('/_license')).json.license.status, 'active');
  assert.equal((await client.get('/_cluster/health')).json.number_of_nodes, 1);
});

test('answers in the media type that the client asks for', async () => {
  const compatible = 'application/vnd.elasticsearch+json; compatible-with=8';
  const answer = await client.call('GET', '/', undefined, { accept: compatible });
  assert.equal(answer.headers.get('content-type'), 'application/vnd.elasticsearch+json;compatible-with=8');
  const refused = await client.call('POST', '/_search', '<a/>', { 'content-type': 'text/xml' });
  assert.equal(refused.status, 406);
});

test('an index: create, read, change, delete', async () => {
  const created = await client.put('/first', {
    settings: { number_of_shards: 2, refresh_interval: '5s' },
    mappings: { properties: { a: { type: 'keyword' } } },
    aliases: { one: {} },
  });
  assert.deepEqual(created.json, { acknowledged: true, shards_acknowledged: true, index: 'first' });
  assert.equal((await client.call('HEAD', '/first')).status, 200);
  const again = await client.put('/first');
  assert.deepEqual([again.status, again.json.error.type], [400, 'resource_already_exists_exception']);
  const { first } = (await client.get('/one')).json;
  assert.deepEqual(first.aliases, { one: {} });
  assert.equal(first.settings.index.number_of_shards, '2');
  await client.put('/first/_mapping', { properties: { b: { type: 'long' } } });
  assert.deepEqual((await client.get('/first/_mapping')).json.first.mappings.properties, {
    a: { type: 'keyword' },
    b: { type: 'long' },
  });
  const clash = await client.put('/first/_mapping', { properties: { b: { type: 'text' } } });
  assert.match(clash.json.error.reason, /mapper \[b\] cannot be changed from type \[long\] to \[text\]/);
  await client.put('/first/_settings', { index: { refresh_interval: '-1' } });
  assert.equal(
    (await client.get('/first/_settings?flat_settings=true')).json.first.settings['index.refresh_interval'],
    '-1',
  );
  assert.equal((await client.delete('/first')).status, 200);
  const gone = await client.get('/first');
  assert.deepEqual([gone.status, gone.json.error.type], [404, 'index_not_found_exception']);
});

test('patterns, exclusions, and names that are not there', async () => {
  for (const name of ['logs-a', 'logs-b', 'other']) await client.put(`/${name}/_doc/1?refresh=true`, { n: 1 });
  const count = async (names: string, params = ''): Promise<unknown> =>
    (await client.get(`/${names}/_count${params}`)).json.count ?? 'refused';
  assert.equal(await count('logs-*'), 2);
  assert.equal(await count('logs-*,-logs-b'), 1);
  assert.equal(await count('logs-a,nope'), 'refused');
  assert.equal(await count('logs-a,nope', '?ignore_unavailable=true'), 1);
  assert.equal(await count('nope*'), 0);
  assert.equal(await count('nope*', '?allow_no_indices=false'), 'refused');
  assert.equal((await client.delete('/logs-*')).status, 200);
  assert.equal(await count('logs-*'), 0);
});

test('alias actions happen all or not at all', async () => {
  await client.put('/old', {});
  await client.put('/new', {});
  await client.post('/_aliases', { actions: [{ add: { index: 'old', alias: 'current' } }] });
  const failed = await client.post('/_aliases', {
    actions: [{ remove: { index: 'old', alias: 'current' } }, { add: { index: 'new', alias: 'other' } }],
  });
  assert.equal(failed.status, 400, 'an index has that name');
  assert.deepEqual(Object.keys((await client.get('/_alias/current')).json), ['old']);
  const swapped = await client.post('/_aliases', {
    actions: [{ remove: { index: 'old', alias: 'current' } }, { add: { index: 'new', alias: 'current' } }],
  });
  assert.equal(swapped.status, 200);
  assert.deepEqual(Object.keys((await client.get('/_alias/current')).json), ['new']);
});

test('cat tables: columns, order, JSON, help', async () => {
  await client.put('/table/_doc/1?refresh=true', { n: 1 });
  const text = await client.get('/_cat/indices/table?h=index,docs.count,pri');
  assert.equal(text.text, 'table 1 1\n');
  const json = await client.get('/_cat/indices/table?format=json&h=index,health');
  assert.deepEqual(json.json, [{ index: 'table', health: 'yellow' }]);
  assert.match((await client.get('/_cat/count/table?v')).text, /^epoch +timestamp +count\n\d+ +[\d:]+ +1\n$/);
  assert.match((await client.get('/_cat/indices?help')).text, /^health +\| h +\| current health status/);
  assert.equal((await client.get('/_cat/health?h=status')).text.trim(), 'yellow');
});

test('stats count what happens', async () => {
  await client.put('/counted/_doc/1?refresh=true', { n: 1 });
  await client.post('/counted/_search', {});
  await client.delete('/counted/_doc/1');
  const { total } = (await client.get('/counted/_stats')).json.indices.counted;
  assert.equal(total.indexing.index_total, 1);
  assert.equal(total.indexing.delete_total, 1);
  assert.equal(total.search.query_total, 1);
  assert.equal(total.docs.count, 1);
});

test('what does not exist is refused in the words of the imitated system', async () => {
  const cases: [string, string, number, RegExp][] = [
    ['GET', '/_nope', 400, /invalid_index_name_exception|no handler found/],
    [
      'POST',
      '/_cat/indices',
      405,
      /Incorrect HTTP method for uri \[\/_cat\/indices\] and method \[POST\], allowed: \[/,
    ],
    ['GET', '/a/b/c/d', 400, /no handler found for uri \[\/a\/b\/c\/d\] and method \[GET\]/],
    ['GET', '/_search?nope=1', 400, /request \[\/_search\] contains unrecognized parameter: \[nope\]/],
    ['GET', '/_search?size=x', 400, /Failed to parse int parameter \[size\] with value \[x\]/],
    [
      'GET',
      '/_search?rest_total_hits_as_int=maybe',
      400,
      /Failed to parse value \[maybe\] as only \[true\] or \[false\] are allowed/,
    ],
    ['PUT', '/Upper', 400, /Invalid index name \[Upper\], must be lowercase/],
    ['GET', '/absent/_search', 404, /no such index \[absent\]/],
  ];
  for (const [method, path, status, reason] of cases) {
    const answer = await client.call(method, path);
    assert.equal(answer.status, status, `${path} ${answer.text}`);
    assert.match(answer.text.replaceAll('\\"', '"'), reason, path);
  }
});

test('error_trace, human, pretty, filter_path and format are taken everywhere', async () => {
  assert.match((await client.get('/_cluster/health?pretty')).text, /^\{\n {2}"cluster_name" : /);
  assert.deepEqual((await client.get('/?filter_path=version.number')).json, { version: { number: '8.19.0' } });
  assert.equal((await client.get('/?human=true&error_trace=true')).status, 200);
});

test('a HEAD answer says how long the body would be, and sends none', async () => {
  await client.put('/head/_doc/1', { n: 1 });
  const { length, body } = await new Promise<{ length: string | undefined; body: string }>((resolve, reject) => {
    const request = http.request(`${store.url}/head/_doc/1`, { method: 'HEAD' }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += String(chunk);
      });
      answer.on('end', () => resolve({ length: answer.headers['content-length'], body: text }));
    });
    request.on('error', reject).end();
  });
  assert.ok(Number(length) > 50);
  assert.equal(body, '');
});

test('the flow shows who writes and who searches', async () => {
  await client.call('PUT', '/flowing/_doc/1', { n: 1 }, { 'x-opaque-id': 'writer' });
  await client.call('GET', '/flowing/_search', undefined, { 'user-agent': 'reader/1.0 (test)' });
  const { json } = await client.get('/_headwater/flow');
  const seen = json.clients
    .filter((one: { index: string }) => one.index === 'flowing')
    .map((one: { client: string; direction: string; documents: number }) => [one.client, one.direction, one.documents]);
  assert.deepEqual(seen.sort(), [
    ['reader', 'search', 0],
    ['writer', 'index', 1],
  ]);
  const flowing = json.indices.find((one: { index: string }) => one.index === 'flowing');
  assert.deepEqual([flowing.indexedTotal, flowing.searchesTotal], [1, 1]);
});

test('the flow as a stream of events', async () => {
  const abort = new AbortController();
  const answer = await fetch(`${store.url}/_headwater/flow`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  assert.match(answer.headers.get('content-type')!, /^text\/event-stream/);
  let text = '';
  for await (const chunk of answer.body!) {
    text += Buffer.from(chunk).toString();
    if (/data: .*\n\n/.test(text)) break;
  }
  const data = JSON.parse(/data: (.*)\n/.exec(text)![1]!) as { at: number };
  assert.ok(data.at > 1.7e12);
  abort.abort();
});

test('closing twice, and while a stream is open, is no problem', async () => {
  const other = await startSearch();
  const stream = await fetch(`${other.url}/_headwater/flow`, { headers: { accept: 'text/event-stream' } });
  await Promise.all([other.close(), other.close()]);
  await other.close();
  await stream.text().catch(() => {});
  await assert.rejects(fetch(other.url));
});
