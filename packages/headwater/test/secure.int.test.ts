import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createClient } from '@headwater/client';
import { type HeadwaterProcess, startHeadwater } from './headwater-process.ts';
import { SecureCaller } from './secure-caller.ts';

// The system as `headwater up --secure` starts it, seen from outside: who has no password, no token or no TLS gets nothing from any part.

const dir = mkdtempSync(join(tmpdir(), 'headwater-secure-'));
const caller = new SecureCaller(dir);
const flags = [
  '--secure',
  '--data',
  dir,
  '--ports',
  'auto',
  '--only',
  'kafka,registry,rest,sql,search,discovery,config,zipkin,otlp,monitor,prometheus,identity,gateway',
];
let system: HeadwaterProcess;

before(async () => {
  system = await startHeadwater(flags);
});
after(async () => {
  await system.stop();
  rmSync(dir, { recursive: true, force: true });
});

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
  monitor: '/services',
  prometheus: '/api/v1/query?query=up',
};

test('each part speaks TLS only, and answers nobody without a name and password', async () => {
  for (const [key, path] of Object.entries(paths)) {
    const url = `${system.addresses[key]}${path}`;
    assert.match(url, /^https:/, key);
    await assert.rejects(fetch(url.replace('https:', 'http:')), key);
    const nobody = await caller.ask(url);
    assert.equal(nobody.status, 401, key);
    assert.match(nobody.challenge ?? '', /Basic/, key);
    assert.equal((await caller.ask(url, caller.basic('admin', 'admin'))).status, 401, key);
    assert.equal((await caller.ask(url, caller.basic('registry', caller.passwordOf('admin')))).status, 401, key);
    assert.equal((await caller.ask(url, 'Bearer eyJhbGciOiJub25lIn0.e30.')).status, 401, key);
    // OTLP is only ever posted to.
    assert.equal((await caller.ask(url, caller.basic('admin'))).status, key === 'otlp' ? 405 : 200, key);
  }
});

test('the event store: TLS and a login, and the parts have their own topics to themselves', async () => {
  const bootstrap = system.addresses['kafka']!;
  const ca = encodeURIComponent(caller.caFile);
  const open = (address: string) => createClient({ bootstrap: address, clientId: 'test', retryTimeoutMs: 1_000 });
  for (const address of [
    bootstrap,
    `kafka+ssl://${bootstrap}?ca=${ca}`,
    `kafka+ssl://admin:wrong@${bootstrap}?ca=${ca}`,
    `kafka://admin:${caller.passwordOf('admin')}@${bootstrap}`,
  ]) {
    await using client = open(address);
    await assert.rejects(client.metadata(), address.split('@')[0]);
  }
  await using admin = open(`kafka+ssl://admin:${caller.passwordOf('admin')}@${bootstrap}?ca=${ca}`);
  const all = (await admin.metadata()).topics.map(({ name }) => name);
  assert.ok(all.includes('_schemas'));
  await using rest = open(`kafka+ssl://rest:${caller.passwordOf('rest')}@${bootstrap}?ca=${ca}`);
  assert.deepEqual((await rest.metadata()).topics.map(({ name }) => name).includes('_schemas'), false);
  await rest.produce({ topic: 'orders', records: [{ value: 'one' }] });
  for (const topic of [
    '_schemas',
    '_headwater-sql-default_-commands',
    '_headwater-discovery',
    '_headwater-discovery-pulse',
  ])
    await assert.rejects(
      rest.produce({ topic, records: [{ value: 'forged' }] }),
      /TOPIC_AUTHORIZATION_FAILED|not authorized/i,
      topic,
    );
});

test('parts work for one another: a stream with a schema, written and read', async () => {
  const statement = (ksql: string) => caller.ask(`${system.addresses['sql']}/ksql`, caller.basic('admin'), { ksql });
  for (const ksql of [
    "CREATE STREAM s (a INT) WITH (KAFKA_TOPIC='s', PARTITIONS=1, VALUE_FORMAT='AVRO');",
    'INSERT INTO s (a) VALUES (7);',
  ]) {
    const { status, text } = await statement(ksql);
    assert.equal(status, 200, text);
  }
  const { text: rows } = await caller.ask(`${system.addresses['sql']}/query-stream`, caller.basic('admin'), {
    sql: 'SELECT a FROM s EMIT CHANGES LIMIT 1;',
    properties: { 'auto.offset.reset': 'earliest' },
  });
  assert.match(rows, /\[7\]/);
});

test('the gateway: nobody without a token, and the parts decide by the roles of the token', async () => {
  const url = system.addresses['gateway']!;
  for (const path of ['/api', '/api/registry/subjects', '/api/gateway/routes', '/api/topics', '/ui/'])
    assert.equal((await caller.ask(`${url}${path}`)).status, 401, path);
  const own = `Bearer ${await caller.tokenOf('sql', system.addresses['identity']!)}`;
  for (const path of [
    '/api',
    '/api/registry/subjects',
    '/api/gateway/routes',
    '/api/topics',
    '/api/zipkin/api/v2/services',
  ])
    assert.equal((await caller.ask(`${url}${path}`, own)).status, 200, path);
  const [head, body, signature] = own.split('.') as [string, string, string];
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  const altered = Buffer.from(JSON.stringify({ ...claims, realm_access: { roles: ['admin'] } })).toString('base64url');
  assert.equal((await caller.ask(`${url}/api/topics`, `${head}.${altered}.${signature}`)).status, 401);
  assert.equal((await caller.ask(`${system.addresses['rest']}/topics`, `${head}.${altered}.${signature}`)).status, 401);
});

test('a SIGKILL and a start later the same passwords open it', async () => {
  const [password, ca] = [caller.passwordOf('admin'), readFileSync(caller.caFile, 'utf8')];
  await system.kill();
  system = await startHeadwater(flags);
  assert.equal(caller.passwordOf('admin'), password);
  assert.equal(readFileSync(caller.caFile, 'utf8'), ca);
  assert.equal(
    (await caller.ask(`${system.addresses['registry']}/subjects`, caller.basic('admin', password))).status,
    200,
  );
});
