import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { type Registry, startRegistry } from '../index.ts';
import { avroPairs } from './avro-cases.ts';

let broker: Broker;
let registry: Registry;
let dataDir: string;

before(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'headwater-registry-'));
  broker = await startBroker({ dataDir });
  registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
});
after(async () => {
  await registry.close();
  await broker.close();
  rmSync(dataDir, { recursive: true });
});

const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what an answer has
  body: any;
}

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const answer = await fetch(registry.url + path, init);
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}

function record(...fields: object[]): { schema: string } {
  return { schema: JSON.stringify({ type: 'record', name: 'T', fields }) };
}

const id = { name: 'id', type: 'long' };
const text = { name: 'text', type: 'string' };

test('versions of a subject, and one id for the same schema under two', async () => {
  const first = await call('POST', '/subjects/a-value/versions', record(id));
  assert.deepEqual([first.status, first.body.version], [200, 1]);
  const again = await call('POST', '/subjects/a-value/versions', record(id));
  assert.deepEqual([again.body.id, again.body.version], [first.body.id, 1]);
  const elsewhere = await call('POST', '/subjects/a2-value/versions', record(id));
  assert.equal(elsewhere.body.id, first.body.id);
  const next = await call('POST', '/subjects/a-value/versions', record(id, { ...text, default: '' }));
  assert.deepEqual([next.body.id, next.body.version], [first.body.id + 1, 2]);
  assert.deepEqual((await call('GET', '/subjects/a-value/versions')).body, [1, 2]);
  assert.equal((await call('GET', `/schemas/ids/${first.body.id}`)).body.schema, record(id).schema);
  assert.deepEqual((await call('GET', `/schemas/ids/${first.body.id}/versions`)).body, [
    { subject: 'a-value', version: 1 },
    { subject: 'a2-value', version: 1 },
  ]);
  const latest = await call('GET', '/subjects/a-value/versions/latest');
  assert.deepEqual([latest.body.version, latest.body.schemaType], [2, undefined]);
  const found = await call('POST', '/subjects/a-value', record(id));
  assert.deepEqual([found.body.id, found.body.version], [first.body.id, 1]);
});

test('a schema that does not fit is refused with 409, the field and what to do', async () => {
  await call('POST', '/subjects/b-value/versions', record(id));
  const refused = await call('POST', '/subjects/b-value/versions', record(id, text));
  assert.deepEqual([refused.status, refused.body.error_code], [409, 409]);
  assert.match(
    refused.body.message,
    /READER_FIELD_MISSING_DEFAULT_VALUE.*'text' at path '\/fields\/1'.*"default".*oldSchemaVersion: 1/s,
  );
  const asked = await call('POST', '/compatibility/subjects/b-value/versions?verbose=true', record(id, text));
  assert.equal(asked.body.is_compatible, false);
  assert.match(asked.body.messages[0], /'text'/);
  await call('PUT', '/config/b-value', { compatibility: 'forward' });
  assert.equal((await call('POST', '/subjects/b-value/versions', record(id, text))).status, 200);
  assert.deepEqual((await call('GET', '/config/b-value')).body, { compatibilityLevel: 'FORWARD' });
});

test('transitive levels look at all versions', async () => {
  await call('PUT', '/config/c-value', { compatibility: 'NONE' });
  await call('POST', '/subjects/c-value/versions', record(text));
  await call('POST', '/subjects/c-value/versions', record(id));
  const next = record(id, { name: 'text', type: 'int', default: 0 });
  const ask = async (): Promise<boolean> =>
    (await call('POST', '/compatibility/subjects/c-value/versions', next)).body.is_compatible;
  await call('PUT', '/config/c-value', { compatibility: 'BACKWARD' });
  assert.equal(await ask(), true);
  await call('PUT', '/config/c-value', { compatibility: 'BACKWARD_TRANSITIVE' });
  assert.equal(await ask(), false);
});

test('deleting is soft first, and then for good', async () => {
  const { body } = await call('POST', '/subjects/d-value/versions', record(id, { name: 'd', type: 'int' }));
  const early = await call('DELETE', '/subjects/d-value?permanent=true');
  assert.deepEqual([early.status, early.body.error_code], [404, 40405]);
  assert.deepEqual((await call('DELETE', '/subjects/d-value')).body, [1]);
  assert.equal((await call('DELETE', '/subjects/d-value')).body.error_code, 40404);
  assert.equal((await call('GET', '/subjects/d-value/versions')).body.error_code, 40401);
  assert.equal((await call('GET', `/schemas/ids/${body.id}`)).status, 200);
  assert.deepEqual((await call('GET', '/subjects/d-value/versions?deleted=true')).body, [1]);
  assert.deepEqual((await call('DELETE', '/subjects/d-value?permanent=true')).body, [1]);
  assert.equal((await call('GET', `/schemas/ids/${body.id}`)).body.error_code, 40403);
  const next = await call('POST', '/subjects/d-value/versions', record({ name: 'another', type: 'int' }));
  assert.ok(next.body.id > body.id, 'an id is not given out twice');
});

test('what others refer to stays', async () => {
  await call('POST', '/subjects/id-value/versions', { schema: '{"type":"fixed","name":"io.Id","size":8}' });
  const references = [{ name: 'io.Id', subject: 'id-value', version: 1 }];
  const schema = '{"type":"record","name":"T","namespace":"io","fields":[{"name":"id","type":"Id"}]}';
  const referring = await call('POST', '/subjects/r-value/versions', { schema, references });
  assert.deepEqual(referring.body.references, references);
  assert.deepEqual((await call('GET', '/subjects/id-value/versions/1/referencedby')).body, [referring.body.id]);
  const refused = await call('DELETE', '/subjects/id-value/versions/1');
  assert.deepEqual([refused.status, refused.body.error_code], [422, 42206]);
  const unknown = await call('POST', '/subjects/r2-value/versions', {
    schema,
    references: [{ name: 'io.Id', subject: 'nowhere', version: 1 }],
  });
  assert.deepEqual([unknown.status, unknown.body.error_code], [422, 42201]);
});

test('modes, contexts and normalization', async () => {
  await call('PUT', '/mode/e-value', { mode: 'READONLY' });
  assert.equal((await call('POST', '/subjects/e-value/versions', record(id))).body.error_code, 42205);
  assert.deepEqual((await call('DELETE', '/mode/e-value')).body, { mode: 'READONLY' });
  await call('PUT', '/mode/imported-value', { mode: 'IMPORT' });
  const imported = await call('POST', '/subjects/imported-value/versions', { ...record(text), id: 4_711, version: 3 });
  assert.deepEqual([imported.body.id, imported.body.version], [4_711, 3]);
  const inContext = await call('POST', '/contexts/.test/subjects/f-value/versions', record(id));
  assert.deepEqual([inContext.body.id, inContext.body.version], [1, 1]);
  assert.deepEqual((await call('GET', '/contexts')).body, ['.', '.test']);
  assert.deepEqual((await call('GET', '/contexts/.test/subjects')).body, [':.test:f-value']);
  await call('POST', '/subjects/n-value/versions?normalize=true', record(id));
  const other = { schema: '{"name":"T","type":"record","fields":[{"type":{"type":"long"},"name":"id"}]}' };
  assert.equal((await call('POST', '/subjects/n-value?normalize=true', other)).body.version, 1);
});

test('bad requests are answered with the codes that clients know', async () => {
  const cases: [string, string, unknown, number, number][] = [
    ['POST', '/subjects/x/versions', { schema: '{"type":"recordd"}' }, 422, 42201],
    ['POST', '/subjects/x/versions', { schema: '' }, 422, 42201],
    ['POST', '/subjects/x/versions', { schema: '"int"', schemaType: 'XML' }, 422, 42201],
    ['GET', '/subjects/a-value/versions/0', undefined, 422, 42202],
    ['GET', '/subjects/a-value/versions/99', undefined, 404, 40402],
    ['GET', '/subjects/nowhere/versions/1', undefined, 404, 40401],
    ['POST', '/subjects/a-value', record({ name: 'other', type: 'int' }), 404, 40403],
    ['PUT', '/config', { compatibility: 'SIDEWAYS' }, 422, 42203],
    ['PUT', '/mode', { mode: 'SLEEP' }, 422, 42204],
    ['GET', '/schemas/ids/999999', undefined, 404, 40403],
  ];
  for (const [method, path, body, status, code] of cases) {
    const answer = await call(method, path, body);
    assert.deepEqual([answer.status, answer.body.error_code], [status, code], `${method} ${path}`);
  }
  const answer = await fetch(`${registry.url}/subjects/x/versions`, { method: 'POST', headers, body: '{"schema":' });
  assert.equal(answer.status, 400);
  assert.match(((await answer.json()) as { message: string }).message, /line 1, column 11/);
});

test('compatibility of all pairs is what the reference says', async () => {
  const pairs = avroPairs().filter(({ isCompatible }) => isCompatible !== undefined);
  assert.ok(pairs.length >= 20);
  for (const [index, { earlier, isCompatible, name, next }] of pairs.entries()) {
    await call('POST', `/subjects/pair-${index}/versions`, { schema: earlier });
    const answer = await call('POST', `/compatibility/subjects/pair-${index}/versions/latest`, { schema: next });
    assert.equal(answer.body.is_compatible, isCompatible, name);
  }
});

test('two registries on one log tell the same, and a restart finds everything', async () => {
  const other = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const subjects = async (url: string): Promise<unknown> => (await fetch(`${url}/schemas?deleted=true`)).json();
  const before = await subjects(registry.url);
  assert.deepEqual(await subjects(other.url), before);
  await other.close();
  await registry.close();
  registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  assert.deepEqual(await subjects(registry.url), before);
});
