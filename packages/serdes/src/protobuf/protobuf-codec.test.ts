import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, ParsedProtobufSchema, protobufCodec, SerializationError } from '../../index.ts';

const writer = new ByteWriter();

function codecOf(text: string, message: string | number[] = [0], options = {}) {
  const codec = protobufCodec(new ParsedProtobufSchema(text), message, options);
  return {
    hex(value: unknown): string {
      writer.reset();
      codec.encode(value, writer);
      return Buffer.from(writer.view()).toString('hex');
    },
    from(hex: string): unknown {
      const bytes = Buffer.from(hex, 'hex');
      return codec.decode(bytes, 0, bytes.length);
    },
  };
}

test('the bytes are those of the specification', () => {
  // https://protobuf.dev/programming-guides/encoding/
  assert.equal(codecOf('syntax = "proto3"; message M { int32 a = 1; }').hex({ a: 150 }), '089601');
  assert.equal(codecOf('syntax = "proto3"; message M { string b = 2; }').hex({ b: 'testing' }), '120774657374696e67');
  const nested = codecOf('syntax = "proto3"; message M { N c = 3; message N { int32 a = 1; } }');
  assert.equal(nested.hex({ c: { a: 150 } }), '1a03089601');
  assert.deepEqual(nested.from('1a03089601'), { c: { a: 150 } });
  const packed = codecOf('syntax = "proto3"; message M { repeated int32 f = 6; }');
  assert.equal(packed.hex({ f: [3, 270, 86942] }), '3206038e029ea705');
  assert.deepEqual(packed.from('3206038e029ea705'), { f: [3, 270, 86942] });
  assert.deepEqual(packed.from('3003308e02309ea705'), { f: [3, 270, 86942] });
  assert.equal(codecOf('syntax = "proto3"; message M { sint32 a = 1; }').hex({ a: -2 }), '0803');
  assert.equal(codecOf('syntax = "proto3"; message M { int32 a = 1; }').hex({ a: -2 }), '08feffffffffffffffff01');
});

test('64-bit integers are exact, and numbers where they are asked for', () => {
  const text =
    'syntax = "proto3"; message M { int64 a = 1; uint64 b = 2; sint64 c = 3; fixed64 d = 4; sfixed64 e = 5; }';
  const exact = codecOf(text);
  const ends = { a: -(2n ** 63n), b: 2n ** 64n - 1n, c: -(2n ** 63n), d: 2n ** 64n - 1n, e: -(2n ** 63n) };
  assert.deepEqual(exact.from(exact.hex(ends)), ends);
  assert.deepEqual(exact.from(exact.hex({ a: 5, b: 6n, c: -7 })), { a: 5n, b: 6n, c: -7n, d: 0n, e: 0n });
  const numbers = codecOf(text, [0], { int64: 'number' });
  assert.deepEqual(numbers.from(exact.hex({ a: -1n, b: 2n ** 53n - 1n })), {
    a: -1,
    b: Number.MAX_SAFE_INTEGER,
    c: 0,
    d: 0,
    e: 0,
  });
  assert.throws(() => numbers.from(exact.hex({ b: 2n ** 53n })), /beyond the safe integers.*\(at b\)/);
  assert.throws(() => exact.hex({ a: 2n ** 63n }), /9223372036854775808n is no integer/);
  assert.throws(() => exact.hex({ a: 2 ** 53 }), SerializationError);
});

test('what is not set: zero in proto3, undefined with presence; zero is written only where it says something', () => {
  const three = codecOf(
    'syntax = "proto3"; message M { int32 a = 1; optional int32 b = 2; string c = 3; E d = 4; M e = 5; double f = 6; enum E { X = 0; } }',
  );
  assert.deepEqual(three.from(''), { a: 0, c: '', d: 'X', f: 0 });
  assert.equal(three.hex({ a: 0, b: 0, c: '', d: 'X', f: 0 }), '1000');
  assert.equal(three.hex({ f: -0 }), '310000000000000080');
  const two = codecOf('syntax = "proto2"; message M { optional int32 a = 1 [default = 4]; required string b = 2; }');
  assert.deepEqual(two.from('1200'), { b: '' });
  assert.equal(two.hex({ a: 0, b: '' }), '08001200');
  assert.throws(() => two.hex({}), /required.*\(at b\)/);
  assert.throws(() => two.from('0801'), /The field b is required/);
});

test('a oneof: the last one that was written counts, and one only is written', () => {
  const codec = codecOf('syntax = "proto3"; message M { oneof o { int32 a = 1; string b = 2; M m = 3; } }');
  assert.deepEqual(codec.from('0801120178'), { b: 'x' });
  assert.deepEqual(codec.from('1201780801'), { a: 1 });
  assert.deepEqual(codec.from('1a0208011a03120178'), { m: { b: 'x' } });
  assert.equal(codec.hex({ a: 0 }), '0800');
  assert.throws(() => codec.hex({ a: 1, b: 'x' }), /Of a, b, m only one can be set: they are the oneof o/);
});

test('messages that are there twice are merged, fields that are not known are skipped', () => {
  const codec = codecOf(
    'syntax = "proto3"; message M { N n = 1; message N { int32 a = 1; repeated int32 l = 2; N n = 3; } }',
  );
  assert.deepEqual(codec.from('0a040801100a' + '0a02100b' + '0a041a020805' + '0a041a021006'), {
    n: { a: 1, l: [10, 11], n: { a: 5, l: [6] } },
  });
  assert.deepEqual(codec.from('f80101' + 'f101aabbccddeeff0011' + 'fa01021122' + 'fb010801fc01' + 'fd0111223344'), {});
});

test('maps: keys of every kind, values that are missing, and names that objects have', () => {
  const codec = codecOf(
    'syntax = "proto3"; message M { map<string, int32> a = 1; map<bool, M> b = 2; map<sint64, E> c = 3; enum E { X = 0; Y = 1; } }',
  );
  const value = { a: { x: 1 }, b: { true: { a: {}, b: {}, c: {} } }, c: { '-5': 'Y', '9007199254740993': 'X' } };
  assert.deepEqual(codec.from(codec.hex(value)), value);
  assert.deepEqual(codec.from('0a00' + '1200' + '1a021807'), {
    a: { '': 0 },
    b: { false: { a: {}, b: {}, c: {} } },
    c: { 0: 'X' },
  });
  const read = codec.from(`0a0d0a095f5f70726f746f5f5f1005`) as { a: Record<string, number> };
  assert.deepEqual(Object.entries(read.a), [['__proto__', 5]]);
  assert.equal(Object.getPrototypeOf(read.a), Object.prototype);
  assert.equal(codec.hex(read), '0a0d0a095f5f70726f746f5f5f1005');
});

test('enums: names, numbers without one, and what a closed one does not have', () => {
  const open = codecOf('syntax = "proto3"; message M { repeated E e = 1; E f = 2; enum E { X = 0; Y = 1; } }');
  assert.deepEqual(open.from('0a0301020010ffffffffffffffffff01'), { e: ['Y', 2, 'X'], f: -1 });
  assert.equal(open.hex({ e: ['Y', 2, 'X'], f: -1 }), '0a0301020010ffffffffffffffffff01');
  const closed = codecOf('syntax = "proto2"; message M { repeated E e = 1; optional E f = 2; enum E { Y = 1; } }');
  assert.deepEqual(closed.from('08010802' + '1005'), { e: ['Y'] });
  assert.throws(() => closed.hex({ f: 5 }), /5 is no value of M\.E/);
});

test('groups and delimited messages, extensions', () => {
  const codec = codecOf(
    'syntax = "proto2"; message M { optional group Part = 1 { repeated group Bit = 2 { optional int32 a = 3; } } extensions 100 to max; } extend M { optional int32 ext = 100; repeated string names = 101; }',
  );
  const value = { part: { bit: [{ a: 1 }, {}] }, '[ext]': 5, '[names]': ['x'] };
  assert.equal(codec.hex(value), '0b1318011413140ca00605aa060178');
  assert.deepEqual(codec.from('0b1318011413140ca00605aa060178'), value);
  for (const hex of ['0b', '0b14', '0b1318010c', '0c']) assert.throws(() => codec.from(hex), SerializationError, hex);
  const edition = codecOf(
    'edition = "2023"; message M { N n = 1 [features.message_encoding = DELIMITED]; int32 a = 2 [features.field_presence = IMPLICIT]; message N { int32 b = 1; } }',
  );
  assert.equal(edition.hex({ n: { b: 0 }, a: 0 }), '0b08000c');
});

test('names of the schema do no harm', () => {
  const codec = codecOf(
    'syntax = "proto3"; message M { int32 constructor = 1; repeated int32 to_string = 2; M __proto__ = 3; optional int32 hasOwnProperty = 4; int32 toString_ = 5; }',
  );
  assert.equal(codec.hex({}), '');
  assert.deepEqual(codec.from('0801' + '2005'), { constructor: 1, toString: [], hasOwnProperty: 5, toString_: 0 });
  assert.throws(
    () =>
      codecOf('syntax = "proto3"; message M { int32 a = 1 [json_name = "\\"] + process.exit() + [\\""]; }').hex({
        a: 'x',
      }),
    /"x" is no integer/,
  );
});

test('values that do not fit are refused with their path', () => {
  const codec = codecOf(
    'syntax = "proto3"; message M { repeated N lines = 1; map<string, N> by_name = 2; message N { uint32 count = 1; bytes data = 2; string text = 3; bool is = 4; } }',
  );
  const cases: [unknown, string, RegExp][] = [
    [{ lines: [{}, { count: -1 }] }, 'lines[1].count', /-1 is no integer from 0 to 4294967295/],
    [{ lines: {} }, 'lines', /an object is no list/],
    [{ lines: [null] }, 'lines[0]', /null is no object/],
    [{ byName: { 'a b': { data: 'x' } } }, 'byName["a b"].data', /"x" is no Uint8Array/],
    [{ lines: [{ text: '\ud800' }] }, 'lines[0].text', /half of a surrogate pair/],
    [{ lines: [{ is: 1 }] }, 'lines[0].is', /1 is neither true nor false/],
    ['text', '', /"text" is no object: a message M is needed/],
  ];
  for (const [value, path, message] of cases) {
    assert.throws(
      () => codec.hex(value),
      (error) => error instanceof SerializationError && error.path === path && message.test(error.message),
      path,
    );
  }
  const cyclic: Record<string, unknown> = {};
  cyclic['m'] = cyclic;
  assert.throws(() => codecOf('syntax = "proto3"; message M { M m = 1; }').hex(cyclic), /nested deeper than 100/);
});

test('bytes that mean harm end in an error, soon', () => {
  const codec = codecOf(
    'syntax = "proto3"; message M { M m = 1; repeated M l = 2; repeated int32 p = 3; string s = 4; bytes b = 5; map<string, M> k = 6; fixed64 f = 7; optional group_ g = 8; message group_ {} }',
  );
  for (const hex of [
    '0a05',
    '0aff',
    '1a0480',
    '2202c328',
    '2201ff',
    '2a7f00',
    '39112233',
    '00',
    '0e',
    '0c',
    '320312ff01',
    '08'.repeat(5),
    '0affffffff0f',
    `${'80'.repeat(11)}01`,
  ]) {
    assert.throws(() => codec.from(hex), SerializationError, hex);
  }
  assert.throws(() => codec.from('7b'.repeat(10_000)), /nested deeper than 100/);
  const fields = Array.from({ length: 200 }, (_, index) => `int32 f${index} = ${index + 2};`).join(' ');
  const wide = codecOf(`syntax = "proto3"; message M { repeated M l = 1; ${fields} }`);
  assert.throws(() => wide.from('0a00'.repeat(20_000)), /more than 2000000 fields together/);
});

test('what was read is a copy, and a slice of a buffer is read as it is', () => {
  const codec = protobufCodec<{ b: Uint8Array }>(
    new ParsedProtobufSchema('syntax = "proto3"; message M { bytes b = 1; }'),
    'M',
  );
  const bytes = Buffer.from('ffff0a020102ff', 'hex');
  const value = codec.decode(bytes, 2, 6);
  bytes.fill(0);
  assert.deepEqual(value, { b: new Uint8Array([1, 2]) });
  assert.deepEqual(codec.decode(new Uint8Array([9, 10, 1, 7]), 1, 4), { b: new Uint8Array([7]) });
});

test('random bytes never do anything else than be read or be refused', (t) => {
  const codec = codecOf(
    'syntax = "proto3"; message M { M a = 1; repeated M b = 2; repeated int64 c = 3; string d = 4; map<int32, string> e = 5; oneof o { M f = 6; double g = 7; } E h = 8; enum E { X = 0; } }',
  );
  let seed = 20261122;
  t.diagnostic(`seed ${seed}`);
  const random = (n: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  let read = 0;
  for (let i = 0; i < 20_000; i++) {
    const hex = Array.from({ length: random(24) }, () =>
      (random(3) === 0 ? random(256) : [8, 10, 18, 26, 34, 42, 50, 57, 64, 1, 2, 3][random(12)]!)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
    try {
      const value = codec.from(hex);
      assert.deepEqual(codec.from(codec.hex(value)), value, hex);
      read++;
    } catch (error) {
      assert.ok(error instanceof SerializationError, `${hex}: ${error}`);
    }
  }
  t.diagnostic(`${read} of 20,000 were read`);
});

test('a chain of very many messages is understood', () => {
  const count = 10_000;
  const next = (index: number) => (index === count - 1 ? '' : `M${index + 1} next = 2;`);
  const messages = Array.from({ length: count }, (_, index) => `message M${index} { int32 a = 1; ${next(index)} }`);
  const codec = codecOf(`syntax = "proto3"; ${messages.join('')}`);
  assert.deepEqual(codec.from(codec.hex({ a: 1, next: { a: 2 } })), { a: 1, next: { a: 2 } });
});
