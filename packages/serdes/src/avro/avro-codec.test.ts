import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../byte-writer.ts';
import { Decimal } from '../decimal.ts';
import { SerializationError } from '../serialization-error.ts';
import { avroCodec } from './avro-codec.ts';
import { ParsedAvroSchema } from './parsed-avro.ts';
import type { AvroValueOptions } from './value-form.ts';

const writer = new ByteWriter();

function codecOf(schema: unknown, options?: AvroValueOptions) {
  const codec = avroCodec(new ParsedAvroSchema(JSON.stringify(schema)).schema, options);
  return {
    hex(value: unknown): string {
      writer.reset();
      codec.encode(value, writer);
      return Buffer.from(writer.view()).toString('hex');
    },
    value(hex: string): unknown {
      const bytes = Buffer.from(hex, 'hex');
      return codec.decode(bytes, 0, bytes.length);
    },
  };
}

const record = (...fields: unknown[]) => ({ type: 'record', name: 'T', fields });
const field = (name: string, type: unknown, rest: object = {}) => ({ name, type, ...rest });

test('the examples of the specification have its bytes', () => {
  const cases: [schema: unknown, value: unknown, hex: string][] = [
    ['int', 0, '00'],
    ['int', -1, '01'],
    ['int', 1, '02'],
    ['int', -64, '7f'],
    ['int', 64, '8001'],
    ['long', 2n ** 63n - 1n, 'feffffffffffffffff01'],
    ['long', -(2n ** 63n), 'ffffffffffffffffff01'],
    ['string', 'foo', '06666f6f'],
    [record(field('a', 'long'), field('b', 'string')), { a: 27n, b: 'foo' }, '3606666f6f'],
    [{ type: 'array', items: 'long' }, [3n, 27n], '04063600'],
    [['null', 'string'], null, '00'],
    [['null', 'string'], 'a', '020261'],
    [{ type: 'map', values: 'int' }, { a: 1 }, '0202610200'],
    ['null', null, ''],
    ['boolean', true, '01'],
    ['float', 1.5, '0000c03f'],
    ['double', -2, '00000000000000c0'],
    ['bytes', Uint8Array.of(1, 255), '0401ff'],
    [{ type: 'fixed', name: 'F', size: 2 }, Uint8Array.of(7, 8), '0708'],
    [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B', '02'],
  ];
  for (const [schema, value, hex] of cases) {
    const codec = codecOf(schema);
    assert.equal(codec.hex(value), hex, JSON.stringify(schema));
    assert.deepEqual(codec.value(hex), value);
  }
});

test('an array or map in several blocks, some with their size in bytes, is one', () => {
  assert.deepEqual(codecOf({ type: 'array', items: 'int' }).value('03040204' + '0206' + '00'), [1, 2, 3]);
  assert.deepEqual(codecOf({ type: 'map', values: 'int' }).value('010602610202026204' + '00'), { a: 1, b: 2 });
});

test('logical types are what a user holds', () => {
  const cases: [schema: object, value: unknown, hex: string][] = [
    [{ type: 'int', logicalType: 'date' }, 19_000, 'f0a802'],
    [{ type: 'int', logicalType: 'time-millis' }, 1, '02'],
    [{ type: 'long', logicalType: 'time-micros' }, 1, '02'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 1_700_000_000_000, '80a0abfef962'],
    [{ type: 'long', logicalType: 'local-timestamp-millis' }, -1, '01'],
    [{ type: 'long', logicalType: 'timestamp-micros' }, 1n, '02'],
    [{ type: 'long', logicalType: 'timestamp-nanos' }, 1n, '02'],
    [{ type: 'string', logicalType: 'uuid' }, 'x', '0278'],
    [
      { type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' },
      '00112233-4455-6677-8899-aabbccddeeff',
      '00112233445566778899aabbccddeeff',
    ],
    [{ type: 'fixed', name: 'D', size: 12, logicalType: 'duration' }, new Uint8Array(12), '00'.repeat(12)],
    [{ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, new Decimal(-12345n, 2), '04cfc7'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, new Decimal(128n, 2), '040080'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 9 }, new Decimal(-128n, 0), '0280'],
    [
      { type: 'fixed', name: 'F', size: 4, logicalType: 'decimal', precision: 9, scale: 1 },
      new Decimal(-1n, 1),
      'ffffffff',
    ],
    // Attributes that mean nothing leave the type as it is.
    [{ type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 }, Uint8Array.of(1), '0201'],
    [{ type: 'fixed', name: 'F', size: 1, logicalType: 'decimal', precision: 9 }, Uint8Array.of(1), '01'],
    [{ type: 'string', logicalType: 'decimal' }, 'a', '0261'],
  ];
  for (const [schema, value, hex] of cases) {
    const codec = codecOf(schema);
    assert.equal(codec.hex(value), hex, JSON.stringify(schema));
    assert.deepEqual(codec.value(hex), value);
  }
});

test('64-bit integers are exact, or numbers that are refused where they are not', () => {
  const bigint = codecOf('long');
  assert.equal(bigint.hex(5), bigint.hex(5n));
  for (const value of [2 ** 31, -(2 ** 31) - 1, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    assert.equal(bigint.hex(value), bigint.hex(BigInt(value)), String(value));
    assert.equal(codecOf('long', { int64: 'number' }).value(bigint.hex(value)), value);
  }
  assert.throws(() => bigint.hex(2 ** 53), /long \(64 bits/);
  assert.throws(() => bigint.hex(2n ** 63n), /9223372036854775808n is no long/);
  assert.throws(() => bigint.hex(0.5), /0.5 is no long/);
  const number = codecOf('long', { int64: 'number' });
  for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n]) {
    assert.throws(() => number.value(bigint.hex(value)), new RegExp(`${value} does not fit a number exactly`));
  }
  assert.throws(() => bigint.value('ffffffffffffffffff02'), /more than 64 bits/);
  assert.throws(() => codecOf('int').value('ffffffff10'), /more than 32 bits/);
});

test('decimals are taken from what stands for them exactly, and no digit is lost', () => {
  const codec = codecOf({ type: 'bytes', logicalType: 'decimal', precision: 38, scale: 2 });
  for (const value of ['12.5', 12.5, Decimal.parse('12.500'), '1.25e1', '+12.50'])
    assert.equal(codec.hex(value), '0404e2');
  assert.equal(String(codec.value(codec.hex(12n))), '12.00');
  const long = '123456789012345678901234567890123456.78';
  assert.equal(String(codec.value(codec.hex(`-${long}`))), `-${long}`);
  assert.equal(JSON.stringify(codec.value(codec.hex('0.05'))), '"0.05"');
  assert.throws(() => codec.hex('0.001'), /more than 2 digits after the point/);
  assert.throws(() => codec.hex(`1${long}`), /more than 38 digits/);
  for (const wrong of ['', 'NaN', '1e', '.', true, Number.NaN]) assert.throws(() => codec.hex(wrong), /is no decimal/);
});

test('a union holds the bare value where JavaScript tells its branches apart, else one with the name of the branch', () => {
  const plain = codecOf([
    'null',
    'boolean',
    'double',
    'long',
    'string',
    'bytes',
    { type: 'array', items: 'int' },
    record(),
  ]);
  const values = [null, true, 1.5, 1n, 'a', Uint8Array.of(1), [1], {}];
  values.forEach((value, branch) => {
    const hex = plain.hex(value);
    assert.equal(hex.slice(0, 2), (branch * 2).toString(16).padStart(2, '0'));
    assert.deepEqual(plain.value(hex), value);
  });
  assert.equal(plain.hex({ long: 1 }), '0602');
  assert.equal(plain.hex({ T: {} }), '0e');
  assert.equal(plain.hex(undefined), '00');
  assert.throws(() => plain.hex(Symbol('x')), /a symbol fits no branch/);

  const wrapped = codecOf([
    { ...record(field('x', 'int')), name: 'a.A' },
    { ...record(field('x', 'int')), name: 'a.B' },
    'null',
  ]);
  assert.deepEqual(wrapped.value('0206'), { 'a.B': { x: 3 } });
  assert.equal(wrapped.hex({ 'a.B': { x: 3 } }), '0206');
  assert.equal(wrapped.hex(null), '04');
  assert.throws(() => wrapped.hex({ x: 3 }), /several branches of the union a\.A, a\.B, null: write/);

  assert.deepEqual(codecOf(['int', 'long'], { int64: 'number' }).value('0204'), { long: 2 });
  assert.deepEqual(codecOf(['int', 'long']).value('0204'), 2n);
  // Only what needs it is wrapped; with it, all that is a plain object.
  const mixed = codecOf(['null', 'string', 'int', 'float', { type: 'map', values: 'int' }]);
  for (const value of [null, 'a', { int: 1 }, { float: 2 }, { map: { int: 1 } }]) {
    assert.deepEqual(mixed.value(mixed.hex(value)), value);
  }
  // A map may have any member, so that its values are never taken for wrapped ones.
  const map = codecOf(['null', 'long', { type: 'map', values: 'long' }]);
  assert.deepEqual(map.value(map.hex({ long: 1n })), { long: 1n });
  const own = codecOf(['null', { ...record(field('T', 'int')) }]);
  assert.deepEqual(own.value(own.hex({ T: 1 })), { T: 1 });
});

test('a field without a value has its default, made anew each time', () => {
  const inner = {
    type: 'record',
    name: 'In',
    fields: [field('n', 'long', { default: 1 }), field('s', 'string')],
  };
  const text = JSON.stringify(
    record(
      field('in', inner, { default: { n: 'N', s: '"\\u2028' } }),
      field('list', { type: 'array', items: ['int', 'string'] }, { default: [1, 'a'] }),
      field('bytes', 'bytes', { default: '\u00ff\u0001' }),
      field('price', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, { default: '\u0001' }),
      field('either', ['string', 'null'], { default: null }),
      field('x', ['null', 'int']),
    ),
  ).replace('"N"', '-9223372036854775808');
  const codec = avroCodec<Record<string, unknown>>(new ParsedAvroSchema(text).schema);
  writer.reset();
  codec.encode({}, writer);
  assert.deepEqual(codec.decode(writer.view(), 0, writer.length), {
    in: { n: -(2n ** 63n), s: '"\\u2028' },
    list: [1, 'a'],
    bytes: Uint8Array.of(255, 1),
    price: new Decimal(1n, 2),
    either: null,
    x: null,
  });
});

test('an error says where it is', () => {
  const lines = {
    type: 'array',
    items: {
      type: 'record',
      name: 'Line',
      fields: [field('price', 'double'), field('tags', { type: 'map', values: 'string' })],
    },
  };
  const codec = codecOf({
    ...record(
      field('id', 'int'),
      field('lines', lines),
      field('size', { type: 'enum', name: 'Size', symbols: ['S', 'M'] }),
    ),
    name: 'Order',
  });
  const good = { price: 1, tags: {} };
  const cases: [value: unknown, path: string, reason: RegExp][] = [
    [{ id: 'x' }, 'id', /"x" is no int/],
    [{ id: 2 ** 31 }, 'id', /2147483648 is no int/],
    [{}, 'id', /no value: int \(32 bits\) is wanted/],
    [{ id: 1, lines: [good, good, { price: '1', tags: {} }] }, 'lines[2].price', /"1" is no double/],
    [{ id: 1, lines: [{ price: 1, tags: { 'a b': 2 } }] }, 'lines[0].tags["a b"]', /2 is no string/],
    [{ id: 1, lines: {} }, 'lines', /an object without members is no array/],
    [{ id: 1, lines: [null] }, 'lines[0]', /null is no Line/],
    [{ id: 1, lines: [], size: 'XL' }, 'size', /"XL" is none of the symbols S, M/],
    [7, '', /7 is no Order/],
    [[], '', /a list of 0 is no Order/],
  ];
  for (const [value, path, reason] of cases) {
    assert.throws(
      () => codec.hex(value),
      (error) => {
        assert.ok(error instanceof SerializationError);
        assert.equal(error.path, path);
        assert.match(error.reason, reason);
        return true;
      },
    );
  }
  assert.equal(codec.hex({ id: 1, lines: [], size: 'S' }), '020000');
  const broken: [hex: string, path: string][] = [
    ['', 'id'],
    ['02', 'lines'],
    [`0204${'00'.repeat(8)}020261${'14'}${'61'.repeat(10)}0000`, 'lines[1].price'],
    ['020008', 'size'],
    ['020000ff', ''],
  ];
  for (const [hex, path] of broken) assert.throws(() => codec.value(hex), { name: 'SerializationError', path }, hex);
});

test('what is written before stays when a value does not fit', () => {
  const codec = avroCodec(new ParsedAvroSchema('{"type":"array","items":"int"}').schema);
  writer.reset();
  writer.byte(7);
  assert.throws(() => codec.encode([1, 2, 'x'], writer), SerializationError);
  assert.deepEqual([...writer.view()], [7]);
});

test('names and texts of a schema are never code', () => {
  const evil = [
    '"];process.exit(1);//',
    ['`$', '{process.exit(1)}`'].join(''),
    "'+process.exit(1)+'",
    '\u2028*/process.exit(1)',
    '\\',
    'C0',
    '__proto__',
  ];
  const names = [
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
    'p',
    'b',
    'x',
    'w',
    'cursor',
    'C0',
    'f0',
    'été',
    'arguments',
    'class',
    'ＡＢ',
  ];
  const fields = names.map((name, i) => field(name, 'string', { default: evil[i % evil.length], doc: evil[0] }));
  const enumOf = { type: 'enum', name: 'E', symbols: ['constructor', '__proto__'] };
  const schema = record(
    ...fields,
    field('m', { type: 'map', values: 'int' }),
    field('e', enumOf),
    field('bad', { type: 'int', logicalType: evil[0] }),
  );
  const codec = codecOf(schema);
  const map = Object.fromEntries(evil.map((name, i) => [name, i]));
  const decoded = codec.value(codec.hex({ m: map, e: '__proto__', bad: 1 })) as Record<string, unknown>;
  assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
  assert.deepEqual(Object.keys(decoded), [...names, 'm', 'e', 'bad']);
  for (const [i, name] of names.entries()) {
    assert.equal(Object.getOwnPropertyDescriptor(decoded, name)!.value, evil[i % evil.length]);
  }
  assert.deepEqual(decoded['m'], map);
  assert.deepEqual(Object.keys(decoded['m'] as object), evil);
  assert.equal(codec.hex(decoded), codec.hex({ m: map, e: '__proto__', bad: 1 }));
  assert.throws(() => codec.hex({ m: {}, e: 'toString', bad: 1 }), /none of the symbols/);

  // Shared definitions and a reference's full name reach the code as well.
  const kinds = codecOf(['null', 'int', 'float', { type: 'enum', name: '__proto__', symbols: ['A'] }, 'string']);
  const wrapped = kinds.value('0600') as object;
  assert.deepEqual(Object.keys(wrapped), ['__proto__']);
  assert.equal(kinds.hex(wrapped), '0600');
});

test('a few bytes that claim to be very much are refused before memory is asked for', () => {
  const huge = 'feffffffffffff1f';
  assert.throws(() => codecOf('string').value(`${huge}00`), /announced/);
  assert.throws(() => codecOf('bytes').value(`${huge}00`), /announced/);
  assert.throws(() => codecOf('string').value('01'), /a length is 0 or more/);
  assert.throws(
    () => codecOf({ type: 'array', items: 'double' }).value(`0a${'00'.repeat(39)}`),
    /5 items are announced, 39 bytes are there/,
  );
  assert.throws(() => codecOf({ type: 'array', items: 'null' }).value(`${huge}00`), /items that take no bytes/);
  assert.throws(() => codecOf({ type: 'array', items: record() }).value(`${huge}00`), /items that take no bytes/);
  assert.throws(() => codecOf({ type: 'map', values: 'null' }).value(`${huge}00`), /announced/);
  assert.deepEqual(codecOf({ type: 'array', items: 'null' }).value('0600'), [null, null, null]);
  // A record of nothing but itself has no end.
  assert.throws(() => codecOf(record(field('next', 'T'))).value(''), /nested more than 1000 deep/);
  // Sixteen pairs of pairs are 65,536 records out of no bytes.
  let pairs: unknown = record();
  for (let i = 0; i < 40; i++)
    pairs = { type: 'record', name: `P${i}`, fields: [field('a', pairs), field('b', i === 0 ? 'T' : `P${i - 1}`)] };
  assert.throws(() => codecOf(pairs).value(''), /take no bytes/);
});

test('a list in itself goes deep, and its end is told', () => {
  const codec = codecOf({ ...record(field('n', 'int'), field('next', ['null', 'T'])) });
  let list: unknown = null;
  for (let n = 0; n < 1000; n++) list = { n, next: list };
  assert.deepEqual(codec.value(codec.hex(list)), list);
  assert.throws(() => codec.hex({ n: 0, next: list }), /nested more than 1000 deep \(at next\.next/);
  assert.throws(() => codec.value('0002'.repeat(100_000)), /nested more than 1000 deep/);
  // And the next one is read as if nothing had been.
  assert.deepEqual(codec.value(codec.hex(list)), list);
  const loop: Record<string, unknown> = { n: 1 };
  loop['next'] = loop;
  assert.throws(() => codec.hex(loop), /nested/);
});

test('bytes are a copy', () => {
  const codec = avroCodec<Uint8Array>(new ParsedAvroSchema('"bytes"').schema);
  const bytes = Uint8Array.of(4, 1, 2);
  const value = codec.decode(bytes, 0, 3);
  bytes.fill(0);
  assert.deepEqual(value, Uint8Array.of(1, 2));
});
