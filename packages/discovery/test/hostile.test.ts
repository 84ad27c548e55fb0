import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { XMLValidator } from 'fast-xml-parser';
import { type Discovery, startDiscovery } from '../index.ts';
import { type Applications, EurekaCalls, myOwn, springInstance } from './support/eureka.ts';

let discovery: Discovery;
let calls: EurekaCalls;
before(async () => {
  discovery = await startDiscovery({ port: 0, instancesMax: 50 });
  calls = new EurekaCalls(`${discovery.url}/eureka`);
  await calls.registered('GOOD', 'g1');
});
after(() => discovery.close());

/** Whoever behaves is served whatever the others do. */
const assertServed = async (): Promise<void> => {
  assert.equal(await calls.status('PUT', '/apps/GOOD/g1?status=UP'), 200);
  assert.ok((await calls.applications()).application.some(({ name }) => name === 'GOOD'));
};

async function post(contentType: string, body: string | Uint8Array<ArrayBuffer>, headers = {}): Promise<number> {
  const answer = await calls.call('POST', '/apps/BAD', { body, headers: { 'content-type': contentType, ...headers } });
  await answer.arrayBuffer();
  return answer.status;
}

const xml = (inner: string): string =>
  `<instance><instanceId>x</instanceId><hostName>h</hostName><app>BAD</app><ipAddr>1.1.1.1</ipAddr><dataCenterInfo><name>MyOwn</name></dataCenterInfo>${inner}</instance>`;

test('bodies that are too large, also when they are inflated', async () => {
  const instance = springInstance('BAD', 'large', { metadata: { filler: 'x'.repeat(300_000) } });
  const text = JSON.stringify({ instance });
  assert.equal(await post('application/json', text), 413);
  assert.equal(await post('application/json', gzipSync(text), { 'content-encoding': 'gzip' }), 413);
  assert.equal(await post('application/json', gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }), 413);
  assert.equal(await post('application/json', 'no gzip', { 'content-encoding': 'gzip' }), 400);
  await assertServed();
});

test('XML bombs, depth, and other entities', async () => {
  const bomb = `<!DOCTYPE i [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>${xml('<metadata><k>&b;</k></metadata>')}`;
  const file = `<!DOCTYPE i [<!ENTITY a SYSTEM "file:///etc/passwd">]>${xml('<metadata><k>&a;</k></metadata>')}`;
  for (const body of [bomb, file, '<!doctype x><instance/>']) assert.equal(await post('application/xml', body), 400);
  assert.equal(await post('application/xml', xml('<a>'.repeat(20_000) + '</a>'.repeat(20_000))), 400);
  assert.equal(await post('application/xml', xml('<metadata><k>&undefined;</k></metadata>')), 204);
  for (const body of [
    '',
    '<',
    '<a/>',
    '<instance>text</instance>',
    '<instance/>',
    '\u0000',
    '<?xml version="1.0"?>',
    '<instance><![CDATA[',
  ]) {
    assert.equal(await post('application/xml', body), 400, body);
  }
  await assertServed();
});

test('JSON of great depth, odd kinds, and names of prototypes', async () => {
  assert.equal(await post('application/json', `{"instance":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 400);
  for (const body of [
    '{"instance":[]}',
    '{"instance":[1,2]}',
    '{"instance":"x"}',
    '1',
    'null',
    '"x"',
    '{"__proto__":{"instance":{}}}',
  ]) {
    assert.equal(await post('application/json', body), 400, body);
  }
  const instance = springInstance('PROTO', '__proto__', {
    metadata: JSON.parse('{"__proto__":"p","constructor":"c","toString":"t"}'),
  });
  assert.equal((await calls.register(instance)).status, 204);
  assert.equal(
    JSON.stringify((await calls.instance('PROTO', '__proto__'))['metadata']),
    '{"__proto__":"p","constructor":"c","toString":"t"}',
  );
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) {
    assert.equal(await calls.status('GET', `/apps/${name}`), 404);
    assert.equal(await calls.status('PUT', `/apps/${name}/x?status=UP`), 404);
  }
  assert.equal(({} as Record<string, unknown>)['p'], undefined);
  await assertServed();
});

test('odd names of instances are kept, and come back', async () => {
  for (const id of ['a/b c%', '../../etc', 'ünï:8080', '?x=1&y=2#z', 'a"b<c>&\'', 'delta', '%2F', '😀', 'a;b,c=d']) {
    assert.equal((await calls.register(springInstance('ODD', id))).status, 204, id);
    const path = `/apps/ODD/${encodeURIComponent(id)}`;
    assert.equal(await calls.status('PUT', `${path}?status=UP`), 200, id);
    assert.equal((await calls.instance('ODD', encodeURIComponent(id))).instanceId, id);
    assert.equal(await calls.status('DELETE', path), 200, id);
  }
  for (const id of ['line\nbreak', 'nul\u0000', 'x'.repeat(1_025)]) {
    assert.equal((await calls.register(springInstance('ODD', id))).status, 400, id.slice(0, 20));
  }
  assert.equal(await calls.status('GET', '/apps/%E0%A4%A/x'), 404);
  await assertServed();
});

test('whatever an instance says, answers stay XML and JSON', async () => {
  const metadata = {
    '': 'empty name',
    '1st': 'starts with a digit',
    'with space': 'x',
    'a<b>&"': '</metadata>]]>&<!--',
    $price_tag: '5',
    'a:b': 'colon',
    control: 'a\u0001b\u0000c\uffff\ud800',
    lines: 'one\r\ntwo\n',
  };
  const odd = { metadata, homePageUrl: 'javascript:alert("<x>")', vipAddress: '<vip>' };
  assert.equal((await calls.register(springInstance('WRITTEN', 'w1', odd))).status, 204);
  assert.deepEqual((await calls.instance('WRITTEN', 'w1'))['metadata'], JSON.parse(JSON.stringify(metadata)));
  for (const path of ['/apps', '/apps/delta', '/apps/WRITTEN', '/apps/WRITTEN/w1']) {
    for (const compact of ['full', 'compact']) {
      const answer = await calls.call('GET', path, {
        headers: { accept: 'application/xml', 'x-eureka-accept': compact },
      });
      assert.equal(XMLValidator.validate(await answer.text()), true, path);
    }
  }
  // Read again it says the same, but for what XML cannot say.
  const written = await (
    await calls.call('GET', '/apps/WRITTEN/w1', { headers: { accept: 'application/xml' } })
  ).text();
  const again = await calls.call('POST', '/apps/WRITTEN', {
    body: written,
    headers: { 'content-type': 'application/xml' },
  });
  assert.equal(again.status, 204, await again.text());
  const { metadata: read } = (await calls.instance('WRITTEN', 'w1')) as unknown as { metadata: Record<string, string> };
  for (const name of ['1st', 'with space', 'a<b>&"', '$price_tag', 'a:b'] as const)
    assert.equal(read[name], metadata[name], name);
});

test('a full registry takes no more, and still serves those that it has', async () => {
  const statuses = new Map<number, number>();
  for (let i = 0; i < 60; i++) {
    const { status } = await calls.register(springInstance('FULL', `f${i}`));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.ok(statuses.get(503)! >= 10);
  assert.equal([...statuses.keys()].sort().join(), '204,503');
  assert.equal((await calls.register(springInstance('FULL', 'f0', { metadata: { again: 'yes' } }))).status, 204);
  await assertServed();
});

test('junk on the wire', async () => {
  const { port } = new URL(discovery.url);
  const junk = [
    'GET /eureka/apps HTTP/1.1\r\nhost: localhost\r\nx: \u0001\r\n\r\n',
    `GET /eureka/apps HTTP/1.1\r\nhost: localhost\r\n${'x: y\r\n'.repeat(5_000)}\r\n`,
    'POST /eureka/apps/A HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    'PUT /eureka/apps/GOOD/g1?lastDirtyTimestamp=99999999999999999999 HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'GET /eureka/apps HTTP/1.1\r\nhost: evil.example\r\n\r\n',
    'POST /eureka/apps/A HTTP/1.1\r\nhost: localhost\r\norigin: http://evil.example\r\ncontent-length: 0\r\n\r\n',
    '\u0000\u0001\u0002',
  ];
  for (const text of junk) {
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    let answer = '';
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      answer += String(piece);
      socket.end();
    });
    socket.write(text);
    if (text.length < 4) socket.end();
    await ended;
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, text.slice(0, 60));
  }
  await assertServed();
});

test('metadata do not grow without end', async () => {
  const long = 'x'.repeat(10_000);
  let status = 200;
  for (let i = 0; i < 40 && status === 200; i++)
    status = await calls.status('PUT', `/apps/GOOD/g1/metadata?k${i}=${long}`);
  assert.equal(status, 400);
  const many = Array.from({ length: 1_001 }, (_, i) => `m${i}=`).join('&');
  assert.equal(await calls.status('PUT', `/apps/GOOD/g1/metadata?${many}`), 400);
  await assertServed();
});

test('parameters that make no sense', async () => {
  for (const path of ['/api/events?limit=0', '/api/events?limit=1e9', '/api/events?limit=x']) {
    assert.equal((await fetch(discovery.url + path)).status, 400, path);
  }
  for (const beat of ['lastDirtyTimestamp=abc', 'lastDirtyTimestamp=1.5', 'lastDirtyTimestamp=0x10']) {
    assert.equal(await calls.status('PUT', `/apps/GOOD/g1?${beat}`), 400, beat);
  }
  for (const beat of [
    '',
    'lastDirtyTimestamp=',
    'lastDirtyTimestamp=null',
    'status=whatever',
    'status=UP&status=DOWN',
  ]) {
    assert.equal(await calls.status('PUT', `/apps/GOOD/g1?${beat}`), 200, beat);
  }
  const batch = await calls.call('POST', '/peerreplication/batch', {
    json: { replicationList: [null, 1, {}, { action: 'Register' }] },
  });
  const { responseList } = (await batch.json()) as { responseList: { statusCode: number }[] };
  assert.deepEqual(
    responseList.map(({ statusCode }) => statusCode),
    [500, 500, 500, 400],
  );
  const wrong = { instanceId: 'n', app: 'NUMBERS', hostName: 'h', ipAddr: '1', dataCenterInfo: myOwn };
  const numbers = {
    port: { $: 1e12, '@enabled': 'true' },
    countryId: 1e12,
    leaseInfo: { durationInSecs: 1e12 },
    lastDirtyTimestamp: 1e30,
  };
  assert.ok([204, 503].includes((await calls.register({ ...wrong, ...numbers })).status));
});

test('an answer is JSON that a strict reader takes', async () => {
  const text = await (await calls.call('GET', '/apps', { headers: { accept: 'application/json' } })).text();
  const { applications } = JSON.parse(text) as { applications: Applications };
  assert.ok(applications.application.length > 0);
});
