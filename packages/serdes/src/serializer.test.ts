import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startBroker } from '@headwater/broker';
import { startRegistry } from '@headwater/registry';
import { createDeserializer } from './deserializer.ts';
import { createRegistryClient, type RegistryClient, type RegistryClientOptions } from './registry-client.ts';
import { SerializationError } from './serialization-error.ts';
import { createSerializer } from './serializer.ts';
import { idPrefix } from './wire-format.ts';

interface Running {
  registry: RegistryClient;
  /** Requests that reached the registry. */
  requests: string[];
  close(): Promise<void>;
}

async function start(t: TestContext, options: Partial<RegistryClientOptions> = {}): Promise<Running> {
  const broker = await startBroker();
  const server = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  const requests: string[] = [];
  const counting: typeof fetch = (url, init) => {
    requests.push(`${init?.method} ${String(url).slice(server.url.length)}`);
    return fetch(url, init);
  };
  const registry = createRegistryClient({ url: server.url, fetch: counting, retries: 0, ...options });
  const close = async (): Promise<void> => {
    registry.close();
    await server.close();
    await broker.close();
  };
  t.after(close);
  return { registry, requests, close };
}

const record = (name: string, fields: Record<string, unknown>) => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, ...(type as object) })),
});
const tweet = { schema: record('Tweet', { id: { type: 'long' }, text: { type: 'string' } }) };
const evolved = {
  schema: record('Tweet', { id: { type: 'long' }, text: { type: 'string' }, likes: { type: 'int', default: 0 } }),
};

/** The whole error, for what is to be seen in it. */
function errorOf(run: () => unknown): SerializationError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof SerializationError, String(error));
    return error;
  }
  throw new Error('nothing was thrown');
}

test('a value becomes byte 0, id and data, and is read back; what is known is not asked again', async (t) => {
  const { registry, requests } = await start(t);
  const serializer = createSerializer({ registry, schema: tweet });
  const deserializer = createDeserializer({ registry });
  await Promise.all([serializer.prepare('tweets'), serializer.prepare('tweets')]);
  const bytes = serializer.serialize('tweets', { id: 2n ** 63n - 1n, text: 'ä' })!;
  assert.equal(Buffer.from(bytes).toString('hex'), '0000000001feffffffffffffffff0104c3a4');
  await deserializer.prepare([bytes, bytes]);
  assert.deepEqual(deserializer.deserialize(bytes), { id: 9223372036854775807n, text: 'ä' });
  assert.equal(serializer.schemaId('tweets'), 1);
  assert.equal(deserializer.schemaId(bytes), 1);
  assert.equal(serializer.header('tweets'), undefined);
  assert.equal(deserializer.prepare([bytes]), undefined);
  await serializer.prepare('tweets');
  assert.deepEqual(requests, ['POST /subjects/tweets-value/versions', 'GET /schemas/ids/1']);
});

test('null is a tombstone both ways, without a schema', async (t) => {
  const { registry } = await start(t);
  assert.equal(createSerializer({ registry, schema: tweet }).serialize('any', null), null);
  assert.equal(createDeserializer({ registry }).deserialize(null), null);
  assert.equal(await createDeserializer({ registry }).decode(undefined), null);
});

test('old records are read with a new schema, and new ones with an old', async (t) => {
  const { registry } = await start(t);
  const older = createSerializer({ registry, schema: tweet });
  const newer = createSerializer({ registry, schema: evolved });
  const old = await older.encode('tweets', { id: 1n, text: 'old' });
  const fresh = await newer.encode('tweets', { id: 2n, text: 'new', likes: 3 });
  const asNew = createDeserializer({ registry, reader: evolved });
  const asOld = createDeserializer({ registry, reader: tweet });
  const asLatest = createDeserializer({ registry, reader: 'latest' });
  const asWritten = createDeserializer({ registry });
  const place = { topic: 'tweets' };
  assert.deepEqual(await asNew.decode(old, place), { id: 1n, text: 'old', likes: 0 });
  assert.deepEqual(await asNew.decode(fresh, place), { id: 2n, text: 'new', likes: 3 });
  assert.deepEqual(await asOld.decode(fresh, place), { id: 2n, text: 'new' });
  assert.deepEqual(await asLatest.decode(old, place), { id: 1n, text: 'old', likes: 0 });
  assert.deepEqual(await asWritten.decode(old, place), { id: 1n, text: 'old' });
});

test('a reader of the newest schema, and a writer with it, follow a live evolution', async (t) => {
  const { registry } = await start(t, { latestTtlMs: 0 });
  const old = await createSerializer({ registry, schema: tweet }).encode('tweets', { id: 1n, text: 'a' });
  const reader = createDeserializer({ registry, reader: 'latest' });
  const writer = createSerializer({ registry, useLatest: true });
  const place = { topic: 'tweets' };
  assert.deepEqual(await reader.decode(old, place), { id: 1n, text: 'a' });
  await writer.prepare('tweets');
  assert.equal(writer.schemaId('tweets'), 1);
  await registry.register('tweets-value', {
    schemaType: 'AVRO',
    schema: JSON.stringify(evolved.schema),
    references: [],
  });
  assert.deepEqual(await reader.decode(old, place), { id: 1n, text: 'a', likes: 0 });
  const fresh = await writer.encode('tweets', { id: 2n, text: 'b', likes: 5 });
  assert.equal(writer.schemaId('tweets'), 2);
  assert.deepEqual(await reader.decode(fresh, place), { id: 2n, text: 'b', likes: 5 });
});

test('ids and guids in headers, for keys and values', async (t) => {
  const { registry } = await start(t);
  for (const part of ['key', 'value'] as const) {
    const serializer = createSerializer({ registry, schema: tweet, part, idIn: 'header' });
    const bytes = (await serializer.encode('tweets', { id: 1n, text: '' }))!;
    assert.equal(Buffer.from(bytes).toString('hex'), '0200');
    const header = serializer.header('tweets')!;
    assert.deepEqual([header.key, header.value![0], header.value!.length], [`__${part}_schema_id`, 1, 17]);
    const deserializer = createDeserializer({ registry, part });
    const other = { key: 'other', value: Buffer.from('x') };
    assert.deepEqual(await deserializer.decode(bytes, { headers: [other, header] }), { id: 1n, text: '' });
    const byId = { key: header.key, value: idPrefix(serializer.schemaId('tweets')) };
    assert.deepEqual(await deserializer.decode(bytes, { headers: [byId] }), { id: 1n, text: '' });
  }
});

test('subjects by record name, a fixed id, no registration, and schemas that are the same when normalized', async (t) => {
  const { registry } = await start(t);
  const byRecord = createSerializer({ registry, schema: tweet, subjectName: 'record' });
  await byRecord.prepare('one');
  await byRecord.prepare('two');
  await createSerializer({ registry, schema: tweet, subjectName: 'topic-record' }).prepare('one');
  await createSerializer({ registry, schema: tweet, part: 'key' }).prepare('one');
  assert.deepEqual((await registry.subjects()).sort(), ['Tweet', 'one-Tweet', 'one-key']);
  const byId = createSerializer({ registry, id: 1 });
  assert.equal((await byId.encode('any', { id: 1n, text: 'a' }))!.length, 8);
  const strict = createSerializer({ registry, schema: evolved, subjectName: 'record', autoRegister: false });
  await assert.rejects(strict.prepare('one'), { errorCode: 40403 });
  const same = createSerializer({
    registry,
    schema: tweet,
    subjectName: 'record',
    autoRegister: false,
    normalize: true,
  });
  await same.prepare('one');
  assert.equal(same.schemaId('one'), 1);
  const plain = createSerializer({ registry, schema: { schema: '"long"' }, subjectName: 'record' });
  await assert.rejects(plain.prepare('one'), TypeError);
});

test('schemas that refer to others: registered before them, resolved when they are read', async (t) => {
  const { registry } = await start(t);
  const address = record('Address', { street: { type: 'string' } });
  const person = record('Person', { home: { type: 'Address' } });
  const reference = { name: 'Address', subject: 'address', schema: address };
  const serializer = createSerializer({ registry, schema: { schema: person, references: [reference] } });
  const bytes = await serializer.encode('people', { home: { street: 's' } });
  assert.deepEqual(await createDeserializer({ registry }).decode(bytes), { home: { street: 's' } });
  const exact = { schema: person, references: [{ name: 'Address', subject: 'address', version: 1 }] };
  assert.deepEqual(await createDeserializer({ registry, reader: exact }).decode(bytes), { home: { street: 's' } });
});

test('schemas that are no records: strings, longs, and bytes, which are written raw', async (t) => {
  const { registry } = await start(t);
  for (const [type, value, hex] of [
    ['string', 'abc', '06616263'],
    ['long', -3n, '05'],
    ['bytes', Uint8Array.of(1, 2), '0102'],
    ['boolean', true, '01'],
  ] as const) {
    const serializer = createSerializer({ registry, schema: { schema: JSON.stringify(type) } });
    const bytes = (await serializer.encode(type, value))!;
    assert.equal(Buffer.from(bytes.subarray(5)).toString('hex'), hex);
    assert.deepEqual(await createDeserializer({ registry }).decode(bytes), value);
  }
});

test('bytes that are no record of a schema: what, where, and what to do', async (t) => {
  const { registry } = await start(t);
  const serializer = createSerializer({ registry, schema: tweet });
  const good = (await serializer.encode('tweets', { id: 1n, text: 'abc' }))!;
  const deserializer = createDeserializer({ registry });
  const place = { topic: 'tweets', partition: 3, offset: 42 };
  const early = errorOf(() => deserializer.deserialize(good, place));
  assert.match(early.message, /await prepare.* in topic tweets, partition 3, offset 42, schema id 1$/);
  const wrong = {
    junk: Buffer.from('{"id":1}'),
    short: Uint8Array.of(0, 0),
    empty: new Uint8Array(),
    unknown: idPrefix(99),
    cut: good.subarray(0, good.length - 1),
    long: Buffer.concat([good, Uint8Array.of(0)]),
  };
  await deserializer.prepare([good, null, ...Object.values(wrong)]);
  assert.deepEqual(deserializer.deserialize(good, place), { id: 1n, text: 'abc' });
  const messages: Record<keyof typeof wrong, RegExp> = {
    junk: /first byte is 123, not 0.*in topic tweets, partition 3, offset 42$/,
    short: /2 bytes are too few/,
    empty: /0 bytes are too few/,
    unknown: /does not have schema 99.*another registry.*offset 42, schema id 99$/,
    cut: /in topic tweets, partition 3, offset 42, schema id 1$/,
    long: /1 bytes are left.*schema id 1$/,
  };
  for (const [name, bytes] of Object.entries(wrong)) {
    const error = errorOf(() => deserializer.deserialize(bytes, place));
    assert.equal(error.code, 'HW_SERDES_DATA');
    assert.match(error.message, messages[name as keyof typeof wrong], name);
    assert.equal(error.where?.offset, 42);
  }
});

test('an unknown id is asked for once, not for every record, and the registry being away is told', async (t) => {
  const { registry, requests, close } = await start(t);
  const deserializer = createDeserializer({ registry, unknownTtlMs: 3_600_000 });
  await deserializer.prepare([idPrefix(7), idPrefix(7), idPrefix(8)]);
  await deserializer.prepare([idPrefix(7)]);
  assert.deepEqual(requests, ['GET /schemas/ids/7', 'GET /schemas/ids/8']);
  await close();
  await assert.rejects(async () => deserializer.prepare([idPrefix(9)]), { code: 'HW_SERDES_REGISTRY_AWAY' });
  await assert.rejects(createSerializer({ registry, schema: tweet }).prepare('tweets'), {
    code: 'HW_SERDES_REGISTRY_AWAY',
  });
});

test('a value that does not fit names the part, the topic and the schema', async (t) => {
  const { registry } = await start(t);
  const serializer = createSerializer<unknown>({ registry, schema: tweet });
  const early = errorOf(() => serializer.serialize('tweets', {}));
  assert.match(early.message, /await prepare\(topic\) first in topic tweets/);
  await serializer.prepare('tweets');
  const error = errorOf(() => serializer.serialize('tweets', { id: 1n, text: 5 }));
  assert.equal(error.path, 'text');
  assert.deepEqual(error.where, { topic: 'tweets', schemaId: 1 });
  const bytes = serializer.serialize('tweets', { id: 1n, text: 'after' });
  assert.deepEqual(await createDeserializer({ registry }).decode(bytes), { id: 1n, text: 'after' });
  assert.throws(() => createSerializer({ registry }), TypeError);
  assert.throws(() => createSerializer({ registry, useLatest: true, id: 1 }), TypeError);
});

test('64-bit integers as numbers, where asked for, and refused beyond what a number holds', async (t) => {
  const { registry } = await start(t);
  const serializer = createSerializer<unknown>({ registry, schema: tweet });
  const small = await serializer.encode('tweets', { id: 12, text: '' });
  const large = await serializer.encode('tweets', { id: 2n ** 60n, text: '' });
  const deserializer = createDeserializer({ registry, int64: 'number' });
  assert.deepEqual(await deserializer.decode(small), { id: 12, text: '' });
  await assert.rejects(deserializer.decode(large), SerializationError);
});

const proto = `syntax = "proto3";
package shop;
import "common.proto";
message First { int64 id = 1; }
message Order { message Line { string sku = 1; } int64 id = 1; repeated Line lines = 2; Money total = 3; }
`;
const protobuf = {
  schemaType: 'PROTOBUF',
  schema: proto,
  references: [
    {
      name: 'common.proto',
      subject: 'common.proto',
      schemaType: 'PROTOBUF',
      schema: 'syntax = "proto3"; package shop; message Money { sint64 cents = 1; }',
    },
  ],
} as const;

test('Protobuf: any message of the file, with its indexes before the data or in the header', async (t) => {
  const { registry } = await start(t);
  for (const [message, value, hex] of [
    [undefined, { id: 5n }, '000805'],
    [
      'shop.Order',
      { id: -1n, lines: [{ sku: 'a' }], total: { cents: -3n } },
      '020208ffffffffffffffffff0112030a01611a020805',
    ],
    ['shop.Order.Line', { sku: 'b' }, '0402000a0162'],
  ] as const) {
    const options = { registry, schema: protobuf, ...(message && { message }) };
    const serializer = createSerializer({ ...options, subjectName: 'record' });
    const bytes = (await serializer.encode('orders', value))!;
    assert.equal(Buffer.from(bytes.subarray(5)).toString('hex'), hex);
    assert.partialDeepStrictEqual(await createDeserializer({ registry }).decode(bytes), value);
    const inHeader = createSerializer({ ...options, idIn: 'header' });
    const data = (await inHeader.encode('orders', value))!;
    assert.ok(hex.endsWith(Buffer.from(data).toString('hex')));
    const headers = [inHeader.header('orders')!];
    assert.partialDeepStrictEqual(await createDeserializer({ registry }).decode(data, { headers }), value);
  }
  assert.deepEqual((await registry.subjects()).sort(), [
    'common.proto',
    'orders-value',
    'shop.First',
    'shop.Order',
    'shop.Order.Line',
  ]);
});

test('Protobuf: evolved messages, and records whose indexes or data are wrong', async (t) => {
  const { registry } = await start(t);
  const older = {
    schemaType: 'PROTOBUF',
    schema: 'syntax = "proto3"; message A { int64 id = 1; string gone = 2; }',
  } as const;
  const newer = {
    schemaType: 'PROTOBUF',
    schema: 'syntax = "proto3"; message A { int64 id = 1; repeated int32 more = 3; }',
  } as const;
  const old = (await createSerializer({ registry, schema: older }).encode('a', { id: 1n, gone: 'x' }))!;
  const asNew = createDeserializer({ registry, reader: newer });
  assert.partialDeepStrictEqual(await asNew.decode(old), { id: 1n, more: [] });
  const noSuch = Buffer.concat([old.subarray(0, 5), Uint8Array.of(2, 4), old.subarray(6)]);
  const malformed = Buffer.concat([old.subarray(0, 5), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)]);
  const cut = old.subarray(0, old.length - 1);
  for (const [bytes, message] of [
    [noSuch, /indexes \[2\].*schema id 1/],
    [malformed, /malformed.*schema id 1/],
    [cut, /schema id 1/],
    [old.subarray(0, 5), /malformed.*end in them/],
  ] as const) {
    assert.match(errorOf(() => asNew.deserialize(bytes, { topic: 'a' })).message, message);
  }
  const avro = createDeserializer({ registry, reader: tweet });
  await assert.rejects(avro.decode(old), /type PROTOBUF.*type AVRO/);
});
