import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './registry-client.ts';
import { RegistryClientError } from './registry-client-error.ts';
import type { SchemaSource } from './schema.ts';

const avro = (schema: unknown, references: SchemaSource['references'] = []): SchemaSource => ({
  schemaType: 'AVRO',
  schema: JSON.stringify(schema),
  references,
});

async function realRegistry(t: TestContext, options: Partial<RegistryClientOptions> = {}): Promise<RegistryClient> {
  const broker = await startBroker();
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const client = createRegistryClient({ url: registry.url, ...options });
  t.after(async () => {
    client.close();
    await registry.close();
    await broker.close();
  });
  return client;
}

/** A server that answers as it is told: for what a real registry does only when it is unwell. */
async function unwell(t: TestContext, answer: (req: IncomingMessage, res: ServerResponse) => void): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (res: ServerResponse, status: number, body: unknown): void =>
  void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

test('schemas are registered, found by id, guid and version, and refused when they do not fit', async (t) => {
  const client = await realRegistry(t);
  const first = avro({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'long' }] });
  const { id, guid } = await client.register('s-value', first);
  assert.equal((await client.schemaById(id)).schema, first.schema);
  assert.equal((await client.schemaById(guid!)).schema, first.schema);
  assert.deepEqual(await client.lookUp('s-value', first), { id, guid, version: 1 });
  assert.equal((await client.version('s-value', 'latest')).version, 1);
  const second = avro({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: 'long' },
      { name: 'b', type: 'int' },
    ],
  });
  assert.equal((await client.checkCompatibility('s-value', second)).isCompatible, false);
  await assert.rejects(client.register('s-value', second), (error) => {
    assert.ok(error instanceof RegistryClientError);
    assert.equal(error.status, 409);
    assert.match(error.message, /READER_FIELD_MISSING_DEFAULT_VALUE/);
    return true;
  });
  await assert.rejects(client.schemaById(99), { code: 'HW_SERDES_REGISTRY', errorCode: 40403, isNotFound: true });
  await assert.rejects(client.version('none', 'latest'), { errorCode: 40401 });
  assert.deepEqual(await client.subjects(), ['s-value']);
});

test('the newest version is seen at once by who registers it, and by others when its time is over', async (t) => {
  const client = await realRegistry(t, { latestTtlMs: 0 });
  await client.register('s', avro('int'));
  assert.equal((await client.version('s', 'latest')).schema, '"int"');
  await client.register('s', avro('long'));
  assert.equal((await client.version('s', 'latest')).schema, '"long"');
});

test('texts of references come in the order in which they are needed', async (t) => {
  const client = await realRegistry(t);
  const ref = (name: string) => ({ name, subject: name, version: 1 });
  await client.register('B', avro({ type: 'enum', name: 'B', symbols: ['X'] }));
  await client.register('A', avro({ type: 'record', name: 'A', fields: [{ name: 'b', type: 'B' }] }, [ref('B')]));
  const texts = await client.referencedTexts([ref('A'), ref('B')]);
  assert.deepEqual([...texts.keys()], ['B', 'A']);
  await assert.rejects(client.referencedTexts([ref('C')]), { errorCode: 40401 });
});

test('one request serves many who ask at once, and the answer is kept', async (t) => {
  let requests = 0;
  const url = await unwell(t, (_req, res) => {
    requests++;
    json(res, 200, { schema: '"int"' });
  });
  const client = createRegistryClient({ url, cacheMax: 10 });
  await Promise.all(Array.from({ length: 50 }, () => client.schemaById(1)));
  await client.schemaById(1);
  assert.equal(requests, 1);
  for (let id = 2; id < 40; id++) await client.schemaById(id);
  await client.schemaById(1);
  assert.equal(requests, 40);
});

test('a registry that is unwell is asked again, then the next address, a bounded number of times', async (t) => {
  const seen: string[] = [];
  const bad = await unwell(t, (_req, res) => {
    seen.push('bad');
    json(res, 503, { error_code: 50002, message: 'not now' });
  });
  const good = await unwell(t, (_req, res) => {
    seen.push('good');
    json(res, 200, { schema: '"int"' });
  });
  const client = createRegistryClient({ url: [bad, good], retryDelayMs: 1 });
  assert.equal((await client.schemaById(1)).schema, '"int"');
  await client.schemaById(2);
  assert.deepEqual(seen, ['bad', 'good', 'good']);
  seen.length = 0;
  const alone = createRegistryClient({ url: bad, retryDelayMs: 1, retries: 2 });
  await assert.rejects(alone.schemaById(1), { status: 503, errorCode: 50002 });
  assert.equal(seen.length, 3);
});

test('a registry that is away is told by its address, without credentials', async (t) => {
  const closed = await unwell(t, () => {});
  const url = closed.replace('http://', 'http://ada:secret@');
  const hanging = createRegistryClient({ url, requestTimeoutMs: 20, retries: 0 });
  await assert.rejects(hanging.schemaById(1), (error) => {
    assert.ok(error instanceof RegistryClientError);
    assert.equal(error.code, 'HW_SERDES_REGISTRY_AWAY');
    assert.match(error.message, /no answer within 20 ms/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  const nobody = createRegistryClient({ url: 'http://127.0.0.1:1', retries: 1, retryDelayMs: 1 });
  await assert.rejects(nobody.schemaById(1), { code: 'HW_SERDES_REGISTRY_AWAY' });
});

test('closing ends what is under way, also twice', async (t) => {
  let asked = (): void => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const client = createRegistryClient({ url: await unwell(t, asked) });
  const waiting = client.schemaById(1);
  await isAsked;
  client.close();
  client.close();
  await assert.rejects(waiting, { code: 'HW_SERDES_REGISTRY_AWAY', message: /closed/ });
});

test('credentials: from the address, given, and tokens that change', async (t) => {
  const seen: (string | undefined)[] = [];
  const url = await unwell(t, (req, res) => {
    seen.push(req.headers.authorization);
    json(res, 200, { schema: '"int"' });
  });
  let token = 0;
  await createRegistryClient({ url: url.replace('//', '//ada:pa%3Ass@') }).schemaById(1);
  await createRegistryClient({ url, auth: { username: 'ada', password: 'pa:ss' } }).schemaById(1);
  const client = createRegistryClient({ url, auth: { token: async () => `t${++token}` } });
  await client.schemaById(1);
  await client.schemaById(2);
  const basic = `Basic ${Buffer.from('ada:pa:ss').toString('base64')}`;
  assert.deepEqual(seen, [basic, basic, 'Bearer t1', 'Bearer t2']);
});

test('what answers but is no registry is told', async (t) => {
  const url = await unwell(t, (_req, res) => void res.end('<html>'));
  await assert.rejects(createRegistryClient({ url, retries: 0 }).schemaById(1), { message: /not JSON/ });
  const other = await unwell(t, (_req, res) => json(res, 200, ['nothing']));
  await assert.rejects(createRegistryClient({ url: other }).schemaById(1), { message: /whole path/ });
  assert.throws(() => createRegistryClient({ url: '' }), TypeError);
  assert.throws(() => createRegistryClient({ url: 'localhost:8081' }), TypeError);
});
