import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonSpans, readProtoSpans } from './read-spans.ts';

const json = (value: unknown) => readJsonSpans(Buffer.from(JSON.stringify(value)));

test('ids are padded, names lowered, what is not known left out', () => {
  assert.deepEqual(
    json([
      {
        traceId: 'ABC',
        id: '1f',
        parentId: null,
        name: 'GET /A',
        kind: 'SERVER',
        timestamp: '1700000000000000',
        duration: 0,
        localEndpoint: { serviceName: 'Orders', ipv4: '10.0.0.1', port: 0 },
        remoteEndpoint: {},
        annotations: [
          { timestamp: 2, value: 'b' },
          { timestamp: 1, value: 'a' },
          { timestamp: 2, value: 'b' },
        ],
        tags: {},
        shared: false,
        unknown: [1],
      },
    ]),
    [
      {
        traceId: '0000000000000abc',
        id: '000000000000001f',
        kind: 'SERVER',
        name: 'get /a',
        timestamp: 1_700_000_000_000_000,
        localEndpoint: { serviceName: 'orders', ipv4: '10.0.0.1' },
        annotations: [
          { timestamp: 1, value: 'a' },
          { timestamp: 2, value: 'b' },
        ],
      },
    ],
  );
});

test('a parent that is the span itself, or nothing, is none; long ids of zeros are short ones', () => {
  const [itself, nothing] = json([
    { traceId: `${'0'.repeat(16)}00000000000000aa`, id: '1', parentId: '1' },
    { traceId: '1'.repeat(32), id: '2', parentId: '0' },
  ]);
  assert.deepEqual(itself, { traceId: '00000000000000aa', id: '0000000000000001' });
  assert.deepEqual(nothing, { traceId: '1'.repeat(32), id: '0000000000000002' });
});

test('what is no span is refused with its place', () => {
  for (const [value, message] of [
    [{}, /must be a list/],
    [[1], /^\[0\]: a span must be an object/],
    [[{ traceId: '1', id: '1' }, { id: '1' }], /^\[1\]\.traceId/],
    [[{ traceId: 'xyz', id: '1' }], /traceId.*"xyz"/],
    [[{ traceId: '0'.repeat(32), id: '1' }], /traceId/],
    [[{ traceId: '1', id: '0' }], /\.id/],
    [[{ traceId: '1', id: '1', kind: 'client' }], /kind.*"client"/],
    [[{ traceId: '1', id: '1', duration: -1 }], /duration/],
    [[{ traceId: '1', id: '1', tags: { a: { b: 1 } } }], /tags\["a"\]/],
    [[{ traceId: '1', id: '1', localEndpoint: { port: 70_000 } }], /port/],
    [[{ traceId: '1', id: '1', annotations: [{ value: 'x' }] }], /annotations\[0\]/],
  ] as const)
    assert.throws(() => json(value), { code: 'HW_TELEMETRY_SPAN', message }, JSON.stringify(value));
  assert.throws(() => readJsonSpans(Buffer.from('[{')), /not JSON/);
});

test('a span with too much is cut, and says so', () => {
  const tags = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`t${i}`, 'x']));
  const [span] = json([{ traceId: '1', id: '1', tags: { ...tags, t0: 'y'.repeat(100_000) } }]);
  assert.equal(Object.keys(span!.tags!).length, 257);
  assert.equal(span!.tags!['headwater.truncated'], '44 tags');
  assert.equal(span!.tags!['t0']!.length, 32 * 1024 + 1);
  const [odd] = json([JSON.parse('{"traceId":"1","id":"1","tags":{"__proto__":"p","constructor":"c"}}')]);
  assert.deepEqual(Object.entries(odd!.tags!), [
    ['__proto__', 'p'],
    ['constructor', 'c'],
  ]);
});

/** The example of zipkin.proto's fields by hand: each number and wire type as the file says. */
const field = (number: number, content: Buffer) => Buffer.concat([Buffer.of(number * 8 + 2, content.length), content]);
const text = (number: number, value: string) => field(number, Buffer.from(value));
const fixed64 = (number: number, value: bigint) => {
  const bytes = Buffer.alloc(9);
  bytes[0] = number * 8 + 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
};
const varint = (number: number, ...bytes: number[]) => Buffer.of(number * 8, ...bytes);

test('Protocol Buffers', () => {
  const endpoint = Buffer.concat([
    text(1, 'Orders'),
    field(2, Buffer.of(10, 0, 0, 1)),
    field(3, Buffer.from('20010db8000000000000000000000001', 'hex')),
    varint(4, 0x90, 0x3f),
  ]);
  const span = Buffer.concat([
    field(1, Buffer.from('0123456789abcdef0123456789abcdef', 'hex')),
    field(2, Buffer.from('00000000000000aa', 'hex')),
    field(3, Buffer.from('00000000000000ab', 'hex')),
    varint(4, 2),
    text(5, 'GET'),
    fixed64(6, 1_700_000_000_000_000n),
    varint(7, 0x80, 0x01),
    field(8, endpoint),
    field(10, Buffer.concat([fixed64(1, 5n), text(2, 'retry')])),
    field(11, Buffer.concat([text(1, 'error'), text(2, 'timeout')])),
    varint(13, 1),
    text(15, 'a field of tomorrow'),
  ]);
  const list = Buffer.concat([field(1, span).subarray(0, 1), lengthOf(span), span]);
  const [read] = readProtoSpans(list);
  assert.deepEqual(JSON.parse(JSON.stringify(read)), {
    traceId: '0123456789abcdef0123456789abcdef',
    parentId: '00000000000000aa',
    id: '00000000000000ab',
    kind: 'SERVER',
    name: 'get',
    timestamp: 1_700_000_000_000_000,
    duration: 128,
    localEndpoint: { serviceName: 'orders', ipv4: '10.0.0.1', ipv6: '2001:db8::1', port: 8080 },
    annotations: [{ timestamp: 5, value: 'retry' }],
    tags: { error: 'timeout' },
    shared: true,
  });
  for (let end = 1; end < list.length; end++)
    assert.throws(() => readProtoSpans(list.subarray(0, end)), { code: 'HW_TELEMETRY_SPAN' });
});

function lengthOf(bytes: Buffer): Buffer {
  return bytes.length < 128 ? Buffer.of(bytes.length) : Buffer.of((bytes.length & 0x7f) | 0x80, bytes.length >> 7);
}
