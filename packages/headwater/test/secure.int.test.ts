import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createClient } from '@headwater/client';
import { type HeadwaterProcess, startHeadwater } from './headwater-process.ts';

// The system as `headwater up --secure` starts it, seen from outside: who has no password, no token or no TLS gets nothing from any part.

const dir = mkdtempSync(join(tmpdir(), 'headwater-secure-'));
const caFile = join(dir, 'secure', 'ca.pem');
const flags = [
  '--secure',
  '--data',
  dir,
  '--ports',
  'auto',
  '--only',
  'kafka,registry,rest,sql,search,discovery,config,zipkin,otlp,identity,gateway',
];
let system: HeadwaterProcess;

before(async () => {
  system = await startHeadwater(flags);
});
after(async () => {
  await system.stop();
  rmSync(dir, { recursive: true, force: true });
});

function passwordOf(name: string): string {
  return JSON.parse(readFileSync(join(dir, 'secure', 'credentials.json'), 'utf8'))[name];
}

const basic = (name: string, password: string) => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** A path that each part answers. */
const paths = {
  registry: '/subjects',
  rest: '/topics',
  sql: '/info',
  search: '/',
  discovery: '/eureka/apps',
  config: '/orders/dev',
  zipkin: '/api/v2/services',
  otlp: '/v1/traces',
};

function ask(url: string, authorization?: string): Promise<{ status: number; challenge: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    const req = request(url, { ca: readFileSync(caFile), headers, agent: false }, (res) => {
      res.resume();
      res.on('end', () => resolve({ status: res.statusCode!, challenge: res.headers['www-authenticate'] }));
    });
    req.on('error', reject).end();
  });
}

test('each part speaks TLS only, and answers nobody without a name and password', async () => {
  for (const [key, path] of Object.entries(paths)) {
    const url = `${system.addresses[key]}${path}`;
    assert.match(url, /^https:/, key);
    await assert.rejects(fetch(url.replace('https:', 'http:')), key);
    const nobody = await ask(url);
    assert.equal(nobody.status, 401, key);
    assert.match(nobody.challenge ?? '', /Basic/, key);
    assert.equal((await ask(url, basic('admin', 'admin'))).status, 401, key);
    assert.equal((await ask(url, basic('registry', passwordOf('admin')))).status, 401, key);
    assert.equal((await ask(url, 'Bearer eyJhbGciOiJub25lIn0.e30.')).status, 401, key);
    // OTLP is only ever posted to.
    assert.equal((await ask(url, basic('admin', passwordOf('admin')))).status, key === 'otlp' ? 405 : 200, key);
  }
});

test('the event store: TLS and a login, and the parts have their own topics to themselves', async () => {
  const bootstrap = system.addresses['kafka']!;
  const ca = encodeURIComponent(caFile);
  const open = (address: string) => createClient({ bootstrap: address, clientId: 'test', retryTimeoutMs: 1_000 });
  for (const address of [
    bootstrap,
    `kafka+ssl://${bootstrap}?ca=${ca}`,
    `kafka+ssl://admin:wrong@${bootstrap}?ca=${ca}`,
    `kafka://admin:${passwordOf('admin')}@${bootstrap}`,
  ]) {
    await using client = open(address);
    await assert.rejects(client.metadata(), address.split('@')[0]);
  }
  await using admin = open(`kafka+ssl://admin:${passwordOf('admin')}@${bootstrap}?ca=${ca}`);
  const all = (await admin.metadata()).topics.map(({ name }) => name);
  assert.ok(all.includes('_schemas'));
  await using rest = open(`kafka+ssl://rest:${passwordOf('rest')}@${bootstrap}?ca=${ca}`);
  assert.deepEqual((await rest.metadata()).topics.map(({ name }) => name).includes('_schemas'), false);
  await rest.produce({ topic: 'orders', records: [{ value: 'one' }] });
  await assert.rejects(
    rest.produce({ topic: '_schemas', records: [{ value: 'forged' }] }),
    /TOPIC_AUTHORIZATION_FAILED|not authorized/i,
  );
});

test('parts work for one another: a stream with a schema, written and read', async () => {
  const authorization = basic('admin', passwordOf('admin'));
  const statement = (ksql: string) => post(`${system.addresses['sql']}/ksql`, { ksql }, authorization);
  await statement("CREATE STREAM s (a INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='AVRO');");
  await statement('INSERT INTO s (a) VALUES (7);');
  const rows = await post(
    `${system.addresses['sql']}/query-stream`,
    { sql: 'SELECT a FROM s EMIT CHANGES LIMIT 1;', properties: { 'auto.offset.reset': 'earliest' } },
    authorization,
  );
  assert.match(rows, /\[7\]/);
});

test('the gateway: nobody without a token, and the parts decide by the roles of the token', async () => {
  const url = system.addresses['gateway']!;
  for (const path of ['/api', '/api/registry/subjects', '/api/gateway/routes', '/api/topics', '/ui/'])
    assert.equal((await ask(`${url}${path}`)).status, 401, path);
  const own = `Bearer ${await tokenOf('sql')}`;
  for (const path of [
    '/api',
    '/api/registry/subjects',
    '/api/gateway/routes',
    '/api/topics',
    '/api/zipkin/api/v2/services',
  ])
    assert.equal((await ask(`${url}${path}`, own)).status, 200, path);
  const [head, body, signature] = own.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  const altered = Buffer.from(JSON.stringify({ ...claims, realm_access: { roles: ['admin'] } })).toString('base64url');
  assert.equal((await ask(`${url}/api/topics`, `${head}.${altered}.${signature}`)).status, 401);
  assert.equal((await ask(`${system.addresses['rest']}/topics`, `${head}.${altered}.${signature}`)).status, 401);
});

async function tokenOf(service: string): Promise<string> {
  const answer = await post(
    `${system.addresses['identity']}/protocol/openid-connect/token`,
    'grant_type=client_credentials',
    basic(service, passwordOf(service)),
  );
  return (JSON.parse(answer) as { access_token: string }).access_token;
}

test('a SIGKILL and a start later the same passwords open it', async () => {
  const [password, ca] = [passwordOf('admin'), readFileSync(caFile, 'utf8')];
  await system.kill();
  system = await startHeadwater(flags);
  assert.equal(passwordOf('admin'), password);
  assert.equal(readFileSync(caFile, 'utf8'), ca);
  assert.equal((await ask(`${system.addresses['registry']}/subjects`, basic('admin', password))).status, 200);
});

function post(url: string, body: unknown, authorization: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const isForm = typeof body === 'string';
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
    const headers = { authorization, 'content-type': type };
    const req = request(url, { method: 'POST', ca: readFileSync(caFile), headers, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => (res.statusCode === 200 ? resolve(text) : reject(new Error(`${res.statusCode}: ${text}`))));
    });
    req.on('error', reject).end(isForm ? body : JSON.stringify(body));
  });
}
