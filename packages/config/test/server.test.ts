import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { type ConfigServer, startConfig } from '../index.ts';

/** Expected answers were recorded from Spring Cloud Config Server 5.0.1 on the same files; the folder's name is filled in. */
const files: Record<string, string> = {
  'application.yml': 'shop: {currency: EUR, greeting: hello, page-size: 20, owner: application}\nlist: [a, b, 3]\n',
  'application-dev.yml':
    'shop: {owner: application-dev}\n---\nspring.config.activate.on-profile: eu\nshop.owner: dev-and-eu\n---\nspring.config.activate.on-profile: "!eu"\nshop.owner: dev-not-eu\n',
  'orders.yml':
    'shop: {page-size: 50, owner: orders, title: "${shop.greeting} from ${spring.application.name:orders} ${unknown} \\\\${esc}"}\nlist: [z]\n',
  'orders-dev.properties': '# hello\na.b=1\numl=\\u00e4 x\n#---\nc=2\n',
  'types.yml':
    'n: 007\nf: 1.0\nbig: 12345678901234567890\ne: 1e3\nt: 2024-01-01\nb: yes\ns: "12"\nempty:\nmulti: |\n  line1\n  line2\n1: one\n',
  'bad.yml': 'a: 1\nb: [1, 2\nc: 3\n',
  'legacy.yml': 'spring.profiles: dev\n',
  'main/application.yml': 'label: main\n',
  'text.txt': 'hi ${shop.owner} ${nope} \\${shop.owner}\n',
  'loop.yml': 'x: ${y}\ny: ${x}\n',
};

const root = mkdtempSync(join(tmpdir(), 'headwater-config-'));
const repo = join(root, 'repo');
let server: ConfigServer;

before(async () => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repo, path)), { recursive: true });
    writeFileSync(join(repo, path), text);
  }
  writeFileSync(join(root, 'secret.txt'), 'secret');
  symlinkSync(join(root, 'secret.txt'), join(repo, 'link.txt'));
  symlinkSync(join(repo, 'text.txt'), join(repo, 'inner.txt'));
  server = await startConfig({ repo, port: 0, overrides: { 'over.ridden': 'yes' } });
});
after(async () => {
  await server.close();
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

async function get(path: string, accept = '*/*'): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(server.url + path, { headers: { accept } });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** As above, with the path sent as it is written. */
async function getRaw(path: string): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(server.url);
  const [response] = await once(request({ hostname, port, path, agent: false }).end(), 'response');
  return { status: response.statusCode, text: await text(response) };
}

test('an environment has the sources in the real server’s order, under its names', async () => {
  const { status, type, text: body } = await get('/orders/dev,eu');
  assert.equal(status, 200);
  assert.equal(type, 'application/json');
  const environment = JSON.parse(body);
  const documents = (file: string, index: number) =>
    `Config resource 'file [${repo}/${file}]' via location 'file:${repo}/' (document #${index})`;
  assert.deepEqual(environment, {
    name: 'orders',
    profiles: ['dev,eu'],
    label: null,
    version: null,
    state: null,
    propertySources: [
      { name: 'overrides', source: { 'over.ridden': 'yes' } },
      { name: documents('orders-dev.properties', 1), source: { c: '2' } },
      { name: documents('orders-dev.properties', 0), source: { 'a.b': '1', uml: 'ä x' } },
      {
        name: documents('application-dev.yml', 1),
        source: { 'spring.config.activate.on-profile': 'eu', 'shop.owner': 'dev-and-eu' },
      },
      { name: documents('application-dev.yml', 0), source: { 'shop.owner': 'application-dev' } },
      {
        name: `file:${repo}/orders.yml`,
        source: {
          'shop.page-size': 50,
          'shop.owner': 'orders',
          'shop.title': '${shop.greeting} from ${spring.application.name:orders} ${unknown} \\${esc}',
          'list[0]': 'z',
        },
      },
      {
        name: `file:${repo}/application.yml`,
        source: {
          'shop.currency': 'EUR',
          'shop.greeting': 'hello',
          'shop.page-size': 20,
          'shop.owner': 'application',
          'list[0]': 'a',
          'list[1]': 'b',
          'list[2]': 3,
        },
      },
    ],
  });
});

test('with the v2 media type every value tells line and column', async () => {
  const type = 'application/vnd.spring-cloud.config-server.v2+json';
  const answer = await get('/types/default', `${type}, application/json`);
  assert.equal(answer.type, type);
  const source = answer.text.slice(answer.text.indexOf('types.yml","source":') + 'types.yml","source":'.length);
  assert.ok(
    source.startsWith(
      '{"n":{"value":7,"origin":"1:4"},"f":{"value":1.0,"origin":"2:4"},"big":{"value":12345678901234567890,"origin":"3:6"},"e":{"value":1000.0,"origin":"4:4"},"t":{"value":"2024-01-01","origin":"5:4"},"b":{"value":true,"origin":"6:4"},"s":{"value":"12","origin":"7:4"},"empty":{"value":"","origin":"8:7"},"multi":{"value":"line1\\nline2\\n","origin":"9:8"},"[1]":{"value":"one","origin":"12:4"}}',
    ),
    source,
  );
});

test('the merged forms resolve placeholders and let lists win as a whole', async () => {
  assert.equal(
    (await get('/main/orders-dev.yml')).text,
    "shop:\n  currency: EUR\n  greeting: hello\n  page-size: 50\n  owner: dev-not-eu\n  title: hello from orders ${unknown} ${esc}\nlabel: main\nspring:\n  config:\n    activate:\n      on-profile: '!eu'\na:\n  b: '1'\numl: ä x\nc: '2'\nover:\n  ridden: 'yes'\nlist:\n- z\n",
  );
  const json = await get('/orders-default.json');
  assert.equal(json.type, 'application/json');
  assert.deepEqual(JSON.parse(json.text).list, ['z']);
  const properties = await get('/orders-default.properties?resolvePlaceholders=false');
  assert.equal(properties.type, 'text/plain');
  assert.match(properties.text, /^shop\.title: \$\{shop\.greeting\} from .*\\\$\{esc\}$/m);
});

test('plain files come from the label’s places, with placeholders or as bytes', async () => {
  assert.equal((await get('/orders/dev/main/text.txt')).text, 'hi dev-not-eu ${nope} ${shop.owner}\n');
  assert.equal((await get('/orders/dev/text.txt?useDefaultLabel&resolvePlaceholders=false')).text, files['text.txt']);
  const bytes = await get('/orders/dev/main/text.txt', 'application/octet-stream');
  assert.deepEqual([bytes.type, bytes.text], ['application/octet-stream', files['text.txt']]);
  assert.equal((await get('/orders/dev/main/inner.txt')).status, 200);
});

test('what is wrong is answered as the real server answers, with the place of the mistake besides', async () => {
  const bad = await get('/bad/default');
  assert.equal(bad.status, 500);
  const { timestamp, message, ...rest } = JSON.parse(bad.text);
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT/);
  assert.deepEqual(rest, {
    status: 500,
    error: 'Internal Server Error',
    path: '/bad/default',
    code: 'HW_CONFIG_SYNTAX',
  });
  assert.match(message, /^bad\.yml:[23]:\d+: /);
  for (const [path, status] of [
    ['/legacy/default', 500],
    ['/orders/de%20v', 500],
    ['/orders/-x', 500],
    ['/orders', 404],
    ['/orders/dev/', 404],
    ['/foo.yml', 404],
    ['/main/foo.yml', 404],
    ['/orders-a-b.yml', 200],
    ['/loop-default.properties', 400],
    ['/orders/dev/main/nothing.txt', 404],
  ] as const) {
    assert.equal((await get(path)).status, status, path);
  }
  assert.equal((await fetch(`${server.url}/orders/dev`, { method: 'POST' })).status, 405);
  assert.equal((await get('/orders/dev', 'text/plain')).status, 406);
});

test('nothing leads out of the repository', async () => {
  for (const path of [
    '/orders/dev/main/..%2f..%2fsecret.txt',
    '/orders/dev/main/..%252f..%252fsecret.txt',
    '/orders/dev/main/%2e%2e/secret.txt',
    '/orders/dev/..%2f/secret.txt',
    '/orders/dev/..(_)/secret.txt',
    '/orders/dev/main/link.txt',
    '/orders/dev/main/a%00b',
    '/..(_)repo/dev',
    '/orders/dev/(_)etc',
    '/orders/dev/main/..\\secret.txt',
  ]) {
    const response = await getRaw(path);
    assert.ok(response.status === 400 || response.status === 404, `${path} answered ${response.status}`);
    assert.ok(!response.text.includes('secret\n') && response.text !== 'secret', path);
  }
});

test('a file that is changed, added or removed is seen by the next request', async () => {
  const path = join(repo, 'fresh.yml');
  const value = async () => JSON.parse((await get('/fresh/default')).text).propertySources[1]?.source.v;
  assert.equal(await value(), undefined);
  writeFileSync(path, 'v: 1\n');
  assert.equal(await value(), 1);
  writeFileSync(path, 'v: 22\n');
  assert.equal(await value(), 22);
  rmSync(path);
  assert.equal(await value(), undefined);
});
