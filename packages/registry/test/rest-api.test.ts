import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Broker, startBroker } from '@headwater/broker';
import { type Registry, startRegistry } from '../index.ts';
import { type Answer, avroRecord, callRegistry } from './support/registry-call.ts';

let broker: Broker;
let registry: Registry;

before(async () => {
  broker = await startBroker();
  registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
});
after(async () => {
  await registry.close();
  await broker.close();
});

const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
  callRegistry(registry.url, method, path, body, headers);
const id = { name: 'id', type: 'long' };
const text = { name: 'text', type: 'string', default: '' };

async function codeOf(method: string, path: string, body?: unknown): Promise<[number, number]> {
  const answer = await call(method, path, body);
  return [answer.status, answer.body.error_code];
}

test('types of bodies and answers: taken, refused, chosen', async () => {
  const post = (type: string | undefined, accept?: string): Promise<Answer> =>
    call('POST', '/subjects/types/versions', avroRecord('T', id), {
      'content-type': type ?? 'application/json',
      ...(accept === undefined ? {} : { accept }),
    });
  assert.equal((await post('application/octet-stream')).status, 200);
  assert.equal((await post('application/vnd.schemaregistry+json; charset=utf-8')).status, 200);
  const refused = await post('text/plain');
  assert.deepEqual([refused.status, refused.body.error_code], [415, 415]);
  const unacceptable = await post('application/json', 'application/xml');
  assert.deepEqual([unacceptable.status, unacceptable.body.error_code], [406, 406]);
  const chosen = async (accept: string): Promise<string | null> =>
    (await call('GET', '/subjects', undefined, { accept })).headers.get('content-type');
  assert.equal(await chosen('*/*'), 'application/vnd.schemaregistry.v1+json');
  assert.equal(await chosen('application/json'), 'application/json');
  assert.equal(
    await chosen('application/json;q=0.5, application/vnd.schemaregistry+json'),
    'application/vnd.schemaregistry+json',
  );
  const head = await call('HEAD', '/subjects/types/versions/1');
  assert.deepEqual([head.status, head.body], [200, '']);
});

test('what is not there is said in JSON with the codes that clients know', async () => {
  assert.deepEqual(await codeOf('GET', '/nothing'), [404, 404]);
  assert.deepEqual(await codeOf('PATCH', '/subjects'), [405, 405]);
  assert.deepEqual(await codeOf('GET', '/schemas/ids/abc'), [404, 404]);
  assert.deepEqual(await codeOf('GET', '/schemas/ids/4711'), [404, 40403]);
  assert.deepEqual(await codeOf('GET', '/schemas/ids/4711/subjects'), [404, 40403]);
  assert.deepEqual((await call('GET', '/schemas/guids/00000000-0000-0000-0000-000000000000/ids')).body, []);
  assert.deepEqual(await codeOf('POST', '/subjects/x/versions', '[1]'), [422, 422]);
  assert.deepEqual(await codeOf('POST', '/subjects/x/versions', { schema: '"int"', version: 'one' }), [400, 400]);
  assert.deepEqual(await codeOf('POST', '/subjects/__GLOBAL/versions', { schema: '"int"' }), [422, 42208]);
  assert.deepEqual(await codeOf('POST', '/subjects/a%01b/versions', { schema: '"int"' }), [422, 42208]);
  assert.deepEqual(await codeOf('DELETE', '/config/nobody'), [404, 40401]);
  assert.deepEqual(await codeOf('GET', '/config/nobody'), [404, 40408]);
  assert.deepEqual(await codeOf('GET', '/mode/nobody'), [404, 40409]);
  assert.deepEqual(await codeOf('DELETE', '/mode/nobody'), [404, 40401]);
  assert.deepEqual((await call('DELETE', '/mode/nobody?recursive=true')).body, {});
});

test('subjects with any letters, percent-encoded, long', async () => {
  for (const subject of ['a/b c%d', 'ünïcode-日本', 'x'.repeat(3_000), ':not-a-context', 'dots.and:colons']) {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    assert.equal((await call('POST', path, { schema: '"string"' })).status, 200, subject);
    assert.equal((await call('GET', `${path}/latest`)).body.subject, subject);
    const listed = await call('GET', `/subjects?subjectPrefix=${encodeURIComponent(subject)}`);
    assert.deepEqual(listed.body, [subject]);
  }
});

test('metadata and rules: checked, kept in order, found again, and taken from the version before', async () => {
  const metadata = { properties: { owner: 'ada', application: 'tweets' }, tags: { 'T.id': ['PII', 'ID'] } };
  const rule = { name: 'checkId', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'message.id > 0' };
  const ruleSet = { domainRules: [rule] };
  const first = await call('POST', '/subjects/m/versions', { ...avroRecord('M', id), metadata, ruleSet });
  assert.equal(first.status, 200);
  assert.deepEqual(first.body.metadata.tags, { 'T.id': ['ID', 'PII'] });
  assert.deepEqual(first.body.ruleSet.domainRules, [{ ...rule, disabled: false }]);
  const next = await call('POST', '/subjects/m/versions', avroRecord('M', id, text));
  assert.deepEqual([next.body.version, next.body.metadata.properties.owner], [2, 'ada']);
  const changed = await call('POST', '/subjects/m/versions', {
    schema: '',
    metadata: { properties: { owner: 'grace' } },
  });
  assert.deepEqual([changed.status, changed.body.version, changed.body.schema], [200, 3, next.body.schema]);
  assert.equal((await call('GET', '/subjects/m/metadata?key=owner&value=ada')).body.version, 2);
  assert.equal((await call('GET', '/subjects/m/metadata?key=owner&value=grace')).body.version, 3);
  assert.deepEqual(await codeOf('GET', '/subjects/m/metadata?key=owner&value=nobody'), [404, 40403]);
  assert.equal((await call('POST', '/subjects/m', { ...avroRecord('M', id), metadata, ruleSet })).body.version, 1);
  assert.deepEqual((await call('GET', '/schemas?subjectPrefix=m&ruleType=CEL')).body.length, 3);
  assert.deepEqual((await call('GET', '/schemas?subjectPrefix=m&ruleType=JSONATA')).body, []);
});

test('rule sets that cannot be are refused with 42210', async () => {
  const rule = { name: 'r', type: 'CEL', mode: 'WRITE' };
  const wrong = [
    { domainRules: [{ type: 'CEL' }] },
    { domainRules: [{ name: '' }] },
    { domainRules: [{ name: '1st', type: 'CEL' }] },
    { domainRules: [{ name: 'a b', type: 'CEL' }] },
    { domainRules: [{ name: 'x'.repeat(257), type: 'CEL' }] },
    { domainRules: [{ name: 'r' }] },
    { domainRules: [rule, rule] },
    { domainRules: [{ ...rule, mode: 'UPGRADE' }] },
    { migrationRules: [rule] },
    { domainRules: [{ ...rule, onFailure: 'ERROR,NONE' }] },
  ];
  for (const ruleSet of wrong) {
    const answer = await codeOf('POST', '/subjects/rules/versions', { schema: '"int"', ruleSet });
    assert.deepEqual(answer, [422, 42210], JSON.stringify(ruleSet));
  }
  assert.deepEqual(await codeOf('PUT', '/config/rules', { defaultRuleSet: wrong[0] }), [422, 42210]);
  const unknown = await codeOf('POST', '/subjects/rules/versions', {
    schema: '"int"',
    ruleSet: { domainRules: [{ mode: 'UP' }] },
  });
  assert.deepEqual(unknown, [400, 400]);
});

test('configuration: defaults and overrides go into what is registered', async () => {
  await call('PUT', '/config/d', {
    compatibility: 'none',
    defaultMetadata: { properties: { owner: 'nobody', team: 'a' } },
    overrideMetadata: { properties: { team: 'b' } },
    overrideRuleSet: { domainRules: [{ name: 'always', type: 'CEL' }] },
  });
  const kept = await call('POST', '/subjects/d/versions', {
    schema: '"int"',
    metadata: { properties: { owner: 'ada' } },
  });
  assert.deepEqual(kept.body.metadata.properties, { owner: 'ada', team: 'b' });
  assert.equal(kept.body.ruleSet.domainRules[0].name, 'always');
  const put = await call('PUT', '/config/d', { defaultMetadata: null, normalize: true });
  assert.deepEqual([put.body.compatibility, put.body.normalize, put.body.defaultMetadata], ['NONE', true, undefined]);
  assert.equal((await call('GET', '/config/d')).body.overrideMetadata.properties.team, 'b');
});

test('configuration: what a subject does not say comes from where the reference takes it', async () => {
  await call('PUT', '/config', { compatibility: 'FULL', normalize: true, compatibilityGroup: 'major' });
  await call('PUT', '/config/own', { validateFields: true });
  assert.deepEqual((await call('GET', '/config/own')).body, { validateFields: true, compatibilityLevel: 'BACKWARD' });
  assert.deepEqual((await call('GET', '/config/own?defaultToGlobal=true')).body, {
    validateFields: true,
    compatibilityLevel: 'BACKWARD',
    normalize: true,
    compatibilityGroup: 'major',
  });
  assert.equal((await call('GET', '/config/another?defaultToGlobal=true')).body.compatibilityLevel, 'FULL');
  await call('PUT', '/contexts/.c/config', { compatibility: 'NONE' });
  assert.equal((await call('GET', '/config/:.c:s?defaultToGlobal=true')).body.compatibilityLevel, 'NONE');
  assert.equal((await call('DELETE', '/config')).body.compatibilityLevel, 'FULL');
  assert.deepEqual((await call('GET', '/config')).body, { compatibilityLevel: 'BACKWARD' });
  assert.deepEqual(await codeOf('PUT', '/config/own', { compatibilityPolicy: 'LOGICAL' }), [422, 42203]);
  assert.deepEqual(
    (await call('PUT', '/config/own', { compatibilityPolicy: 'lenient' })).body.compatibilityPolicy,
    'LENIENT',
  );
});

test('compatibility groups: only versions that say the same are compared', async () => {
  await call('PUT', '/config/g', { compatibilityGroup: 'major' });
  const of = (major: string, schema: object): unknown => ({ ...schema, metadata: { properties: { major } } });
  assert.equal((await call('POST', '/subjects/g/versions', of('1', avroRecord('G', id)))).status, 200);
  const other = avroRecord('G', { name: 'other', type: 'int' });
  assert.deepEqual(await codeOf('POST', '/subjects/g/versions', of('1', other)), [409, 409]);
  assert.equal((await call('POST', '/subjects/g/versions', of('2', other))).body.version, 2);
});

test('reserved fields, where fields are validated', async () => {
  await call('PUT', '/config/v', { validateFields: true, compatibility: 'NONE' });
  const reserved = { properties: { 'confluent:reserved': 'text, secret' } };
  const refused = await call('POST', '/subjects/v/versions', { ...avroRecord('V', id, text), metadata: reserved });
  assert.deepEqual([refused.status, refused.body.error_code], [409, 409]);
  assert.match(refused.body.message, /conflicts with the reserved field text.*validateFields: 'true'/);
  const others = [
    { schemaType: 'JSON', schema: '{"type":"object","properties":{"secret":{}}}' },
    { schemaType: 'PROTOBUF', schema: 'syntax = "proto3"; message V { oneof o { string secret = 1; } }' },
  ];
  for (const other of others) {
    assert.deepEqual(await codeOf('POST', '/subjects/v/versions', { ...other, metadata: reserved }), [409, 409]);
  }
});

test('a schema that does not fit may be forced', async () => {
  await call('POST', '/subjects/f/versions', avroRecord('F', id));
  const other = avroRecord('F', { name: 'other', type: 'int' });
  assert.deepEqual(await codeOf('POST', '/subjects/f/versions', other), [409, 409]);
  assert.equal((await call('POST', '/subjects/f/versions?force=true', other)).body.version, 2);
});

test('versions that requests name: the next one only, and -1 says so in the metadata', async () => {
  const first = await call('POST', '/subjects/n/versions', { ...avroRecord('N', id), version: -1 });
  assert.deepEqual([first.body.version, first.body.metadata.properties], [1, { 'confluent:version': '1' }]);
  const again = await call('POST', '/subjects/n/versions', { ...avroRecord('N', id), version: -1 });
  assert.deepEqual([again.body.version, again.body.id], [1, first.body.id]);
  assert.deepEqual(
    await codeOf('POST', '/subjects/n/versions', { ...avroRecord('N', id, text), version: 5 }),
    [422, 42201],
  );
  assert.equal(
    (await call('POST', '/subjects/n/versions', { ...avroRecord('N', id, text), version: 2 })).body.version,
    2,
  );
});

test('modes: read-only, import with ids and versions, forward', async () => {
  assert.deepEqual(await codeOf('POST', '/subjects/i/versions', { schema: '"int"', id: 70 }), [422, 42205]);
  assert.deepEqual((await call('PUT', '/mode/i', { mode: 'import' })).body, { mode: 'import' });
  assert.deepEqual(await codeOf('POST', '/subjects/i/versions', { schema: '"int"' }), [422, 42205]);
  const imported = await call('POST', '/subjects/i/versions', { schema: '"int"', id: 7_000, version: 4 });
  assert.deepEqual([imported.body.id, imported.body.version], [7_000, 4]);
  const taken = await call('POST', '/subjects/i/versions', { schema: '"long"', id: 7_000, version: 5 });
  assert.deepEqual([taken.status, taken.body.error_code], [422, 42205]);
  assert.match(taken.body.message, /^Overwrite new schema with id 7000 in context/);
  assert.deepEqual((await call('GET', '/schemas/ids/7000/versions')).body, [{ subject: 'i', version: 4 }]);
  assert.equal((await call('GET', '/schemas/ids/7000?fetchMaxId=true')).body.maxId, 7_000);
  assert.deepEqual(await codeOf('PUT', '/mode/f', { mode: 'IMPORT' }), [422, 42205]);
  assert.equal((await call('PUT', '/mode/f?force=true', { mode: 'IMPORT' })).status, 200);
  assert.deepEqual((await call('DELETE', '/mode/f')).body, { mode: 'IMPORT' });
  assert.deepEqual(await codeOf('PUT', '/mode/f', { mode: 'FORWARD' }), [422, 42204]);
  await call('PUT', '/mode/:.__GLOBAL:', { mode: 'FORWARD' });
  assert.equal((await call('GET', '/mode/anything?defaultToGlobal=true')).body.mode, 'FORWARD');
  assert.equal((await call('DELETE', '/mode/:.__GLOBAL:')).status, 200);
  await call('PUT', '/mode/i', { mode: 'READONLY' });
  assert.equal(
    (await call('POST', '/subjects/i/versions', { schema: '"int"' })).body.id,
    7_000,
    'what is there is found',
  );
  assert.deepEqual(await codeOf('DELETE', '/subjects/i'), [422, 42205]);
  assert.deepEqual(await codeOf('PUT', '/config/i', { compatibility: 'NONE' }), [422, 42205]);
});

test('recursive: the modes of all subjects of a context', async () => {
  await call('PUT', '/mode/:.r:one', { mode: 'READONLY' });
  await call('PUT', '/mode/:.r:two', { mode: 'READONLY' });
  await call('PUT', '/mode/three', { mode: 'READONLY' });
  assert.equal((await call('DELETE', '/mode/:.r:?recursive=true')).status, 200);
  assert.deepEqual(await codeOf('GET', '/mode/:.r:one'), [404, 40409]);
  assert.deepEqual((await call('GET', '/mode/three')).body, { mode: 'READONLY' });
});

test('contexts: ids of their own, found without their name, listed, deleted when empty', async () => {
  const schema = avroRecord('C', id);
  const made = await call('POST', '/contexts/ctx/subjects/only-there/versions', schema);
  assert.equal(made.body.id, 1);
  assert.equal((await call('GET', '/subjects/only-there/versions/1')).body.subject, ':.ctx:only-there');
  assert.equal((await call('POST', '/subjects/only-there', schema)).body.subject, ':.ctx:only-there');
  assert.equal((await call('GET', '/schemas/ids/1?subject=only-there')).body.subject, ':.ctx:only-there');
  assert.deepEqual((await call('GET', '/subjects?subjectPrefix=:.ctx:')).body, [':.ctx:only-there']);
  assert.deepEqual((await call('GET', '/contexts/.ctx/schemas')).body.length, 1);
  assert.ok((await call('GET', '/subjects')).body.includes(':.ctx:only-there'));
  assert.ok(!(await call('GET', '/subjects?subjectPrefix=')).body.includes(':.ctx:only-there'));
  assert.deepEqual((await call('GET', '/contexts?contextPrefix=.ct')).body, ['.ctx']);
  assert.deepEqual(await codeOf('DELETE', '/contexts/.ctx'), [422, 42211]);
  await call('DELETE', '/subjects/:.ctx:only-there');
  await call('DELETE', '/subjects/:.ctx:only-there?permanent=true');
  assert.equal((await call('DELETE', '/contexts/.ctx')).status, 204);
  assert.deepEqual((await call('GET', '/contexts?contextPrefix=.ct')).body, []);
  assert.deepEqual(await codeOf('GET', '/contexts/a:b/subjects'), [400, 400]);
});

test('references within a context, and how they are named', async () => {
  const part = { schema: '{"type":"fixed","name":"io.Id","size":8}' };
  await call('POST', '/contexts/.refs/subjects/part/versions', part);
  const whole = {
    schema: '{"type":"record","name":"W","fields":[{"name":"id","type":"io.Id"}]}',
    references: [{ name: 'io.Id', subject: 'part', version: -1 }],
  };
  const { body } = await call('POST', '/contexts/.refs/subjects/whole/versions', whole);
  const path = '/subjects/:.refs:whole/versions/1';
  assert.deepEqual((await call('GET', path)).body.references, [{ name: 'io.Id', subject: 'part', version: 1 }]);
  const qualified = await call('GET', `${path}?referenceFormat=qualified`);
  assert.deepEqual(qualified.body.references, [{ name: 'io.Id', subject: ':.refs:part', version: 1 }]);
  assert.deepEqual((await call('GET', '/subjects/:.refs:part/versions/1/referencedby')).body, [body.id]);
  assert.deepEqual(await codeOf('DELETE', '/subjects/:.refs:part'), [422, 42206]);
  const resolved =
    '{"type":"record","name":"W","fields":[{"name":"id","type":{"type":"fixed","name":"Id","namespace":"io","size":8}}]}';
  assert.equal((await call('POST', '/subjects/:.refs:whole', { schema: resolved })).body.version, 1);
});

test('aliases: one subject stands for another', async () => {
  await call('POST', '/subjects/target/versions', avroRecord('A', id));
  await call('PUT', '/config/nickname', { alias: 'target' });
  assert.equal((await call('GET', '/subjects/nickname/versions/latest')).body.subject, 'target');
  assert.equal((await call('POST', '/subjects/nickname/versions', avroRecord('A', id, text))).body.version, 2);
  const listed = await call('GET', '/schemas?subjectPrefix=nick&aliases=true&latestOnly=true');
  assert.deepEqual([listed.body.length, listed.body[0].subject, listed.body[0].aliases], [1, 'target', ['nickname']]);
});

test('tags of a schema are found', async () => {
  const tagged = { ...id, 'confluent:tags': ['PII'] };
  const { body } = await call('POST', '/subjects/tags/versions', avroRecord('Tagged', tagged, text));
  const schemaTags = [{ schemaEntity: { entityPath: 'Tagged.id', entityType: 'sr_field' }, tags: ['PII'] }];
  assert.deepEqual((await call('GET', `/schemas/ids/${body.id}?findTags=PII`)).body.schemaTags, schemaTags);
  assert.deepEqual((await call('GET', '/subjects/tags/versions/1?findTags=*')).body.schemaTags, schemaTags);
  assert.equal((await call('GET', '/subjects/tags/versions/1?findTags=OTHER')).body.schemaTags, undefined);
});

test('deleted versions: listed when asked, given way to, never under another id', async () => {
  await call('POST', '/subjects/del/versions', avroRecord('D', id));
  const second = await call('POST', '/subjects/del/versions', avroRecord('D', id, text));
  assert.equal((await call('DELETE', '/subjects/del/versions/2')).body, 2);
  assert.deepEqual((await call('GET', '/subjects/del/versions?deleted=true')).body, [1, 2]);
  assert.deepEqual((await call('GET', '/subjects/del/versions?deletedOnly=true')).body, [2]);
  assert.deepEqual((await call('GET', '/subjects/del/versions?deletedAsNegative=true')).body, [1, -2]);
  assert.deepEqual(await codeOf('GET', '/subjects/del/versions/2'), [404, 40402]);
  assert.equal((await call('GET', '/subjects/del/versions/2?deleted=true')).body.deleted, true);
  assert.deepEqual(await codeOf('DELETE', '/subjects/del/versions/2'), [404, 40406]);
  assert.deepEqual(await codeOf('DELETE', '/subjects/del/versions/1?permanent=true'), [404, 40407]);
  const again = await call('POST', '/subjects/del/versions', avroRecord('D', id, text));
  assert.deepEqual([again.body.id, again.body.version], [second.body.id, 3]);
  assert.deepEqual((await call('GET', '/subjects/del/versions?deleted=true')).body, [1, 3]);
});

test('lists have offsets and limits', async () => {
  for (const name of ['p1', 'p2', 'p3']) await call('POST', `/subjects/page-${name}/versions`, avroRecord('P', id));
  const names = async (query: string): Promise<string[]> =>
    (await call('GET', `/subjects?subjectPrefix=page-${query}`)).body;
  assert.deepEqual(await names('&offset=1&limit=1'), ['page-p2']);
  assert.deepEqual(await names('&offset=2&limit=-1'), ['page-p3']);
  assert.deepEqual(await names('&offset=9'), []);
  const { body } = await call('POST', '/subjects/page-p1/versions', avroRecord('P', id));
  assert.deepEqual((await call('GET', `/schemas/ids/${body.id}/subjects?offset=1&limit=1`)).body, ['page-p2']);
  assert.deepEqual((await call('GET', '/schemas?subjectPrefix=page-&offset=2')).body.length, 1);
});

test('guids are those that Confluent gives', async () => {
  // The MD5 of the text, as `md5sum` tells it.
  const { body } = await call('POST', '/subjects/guid/versions', { schema: '"boolean"' });
  assert.equal(body.guid, '01f692b3-0d4a-1c8a-3e60-0b1440637f8f');
  assert.equal((await call('GET', `/schemas/guids/${body.guid}`)).body.schema, '"boolean"');
  assert.deepEqual((await call('GET', `/schemas/guids/${body.guid}/ids`)).body, [{ context: '.', id: body.id }]);
});

test('a compatibility question about what is not there', async () => {
  const ask = (path: string, body: unknown): Promise<Answer> => call('POST', `/compatibility/subjects/${path}`, body);
  assert.deepEqual((await ask('nowhere/versions/latest', { schema: '"int"' })).body, { is_compatible: true });
  assert.deepEqual((await ask('nowhere/versions?verbose=true', { schema: '"int"' })).body, {
    is_compatible: true,
    messages: [],
  });
  assert.equal((await ask('nowhere/versions/1', { schema: '"int"' })).body.error_code, 40402);
  assert.equal((await ask('nowhere/versions/0', { schema: '"int"' })).body.error_code, 42202);
  assert.equal((await ask('nowhere/versions', { schema: '"integer"' })).body.error_code, 42201);
  const verbose = await ask('nowhere/versions?verbose=true', { schema: '"integer"' });
  assert.deepEqual([verbose.status, verbose.body.is_compatible, verbose.body.messages.length], [200, false, 1]);
});

test('what the server says of itself', async () => {
  assert.deepEqual((await call('GET', '/')).body, {});
  const { body } = await call('GET', '/v1/metadata/id');
  assert.equal(body.scope.clusters['schema-registry-cluster'], 'schema-registry');
  assert.ok(body.scope.clusters['kafka-cluster'].length > 0);
  assert.match((await call('GET', '/v1/metadata/version')).body.version, /^\d+\.\d+\.\d+$/);
});
