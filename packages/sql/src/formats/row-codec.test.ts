import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '@headwater/serdes';
import { SqlError } from '../sql-error.ts';
import { arrayType, decimalType, mapType, type SqlType, sqlTypes, structType } from '../types/sql-type.ts';
import type { CodecSpec, FormatName } from './format.ts';
import { rowCodec } from './row-codec.ts';

function specOf(
  name: FormatName,
  columns: Record<string, SqlType>,
  options: Partial<CodecSpec> & { properties?: Record<string, string> } = {},
): CodecSpec {
  const { properties = {}, ...rest } = options;
  return {
    format: { name, properties: new Map(Object.entries(properties)) },
    part: 'value',
    topic: 'orders',
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    isWrapped: name !== 'KAFKA' && name !== 'DELIMITED' && name !== 'NONE',
    registry: null,
    ...rest,
  };
}

function read(spec: CodecSpec, text: string | Uint8Array): readonly unknown[] {
  const inner = Buffer.from(text as string);
  // Among other bytes, as in a batch.
  const data = Buffer.concat([Buffer.from('"x'), inner, Buffer.from(',}"')]);
  return rowCodec(spec).decode(data, 2, 2 + inner.length, spec.topic);
}

function write(spec: CodecSpec, row: readonly unknown[]): string {
  return Buffer.from(rowCodec(spec).encode(row, spec.topic) as string).toString();
}

const everything = {
  B: sqlTypes.boolean,
  I: sqlTypes.integer,
  L: sqlTypes.bigint,
  D: sqlTypes.double,
  S: sqlTypes.string,
  Y: sqlTypes.bytes,
  T: sqlTypes.time,
  A: sqlTypes.date,
  Z: sqlTypes.timestamp,
  N: decimalType(20, 3),
};

test('a JSON row keeps all that it has, both ways', () => {
  const spec = specOf('JSON', {
    ...everything,
    ARR: arrayType(sqlTypes.bigint),
    MAP: mapType(sqlTypes.string, sqlTypes.double),
    STR: structType([
      { name: 'ID', type: sqlTypes.integer },
      { name: 'tag', type: arrayType(sqlTypes.string) },
    ]),
  });
  const row = [
    true,
    -5,
    9223372036854775807n,
    1e10,
    'a "quoted" ü\u0001 text',
    Buffer.from([0, 255]),
    1,
    -3,
    1_700_000_000_000,
    Decimal.parse('12345678901234567.500'),
    [1, null, -9007199254740993n],
    new Map([
      ['x', 1],
      ['y', null],
    ]),
    [7, ['p', null]],
  ];
  const text = write(spec, row);
  assert.equal(
    text,
    '{"B":true,"I":-5,"L":9223372036854775807,"D":1.0E10,"S":"a \\"quoted\\" ü\\u0001 text","Y":"AP8=","T":1,"A":-3,"Z":1700000000000,"N":12345678901234567.500,"ARR":[1,null,-9007199254740993],"MAP":{"x":1.0,"y":null},"STR":{"ID":7,"tag":["p",null]}}',
  );
  assert.deepEqual(read(spec, text), row);
  const nothing = row.map(() => null);
  assert.deepEqual(read(spec, write(spec, nothing)), nothing);
});

test('names of JSON members are found as they are written, else in upper case', () => {
  const spec = specOf('JSON', { ID: sqlTypes.integer, name: sqlTypes.string });
  assert.deepEqual(read(spec, '{"id": 1, "name": "a"}'), [1, 'a']);
  assert.deepEqual(read(spec, '{"Id": 1, "ID": 2, "iD": 3}'), [2, null]);
  assert.deepEqual(read(spec, '{"ID": 2, "Id": 1}'), [2, null]);
  assert.deepEqual(read(spec, '{"id": 1, "iD": 3, "NAME": "b"}'), [3, null]);
  assert.deepEqual(read(spec, '{"\\u0069d": 4}'), [4, null]);
  const codec = rowCodec(spec);
  // The order of members changes from one object to the next.
  for (const text of [
    '{"id":1,"name":"a"}',
    '{"name":"a","ID":1}',
    '{ "x" : [{}] ,"id":1,"name":"a"}',
    '{"id":1,"name":"a"}',
  ]) {
    assert.deepEqual(codec.decode(Buffer.from(text), 0, text.length, 'orders'), [1, 'a']);
  }
});

test('only wanted columns are made of a JSON row', () => {
  const spec = specOf('JSON', { A: sqlTypes.integer, B: sqlTypes.string }, { wanted: [1] });
  assert.deepEqual(read(spec, '{"A": {"no": "number"}, "B": "b"}'), [null, 'b']);
});

test('JSON values of other kinds become what ksqlDB makes of them', () => {
  const cases: [SqlType, string, unknown][] = [
    [sqlTypes.integer, '1.99', 1],
    [sqlTypes.integer, '-1.99', -1],
    [sqlTypes.integer, '4294967297', 1],
    [sqlTypes.integer, '"-17"', -17],
    [sqlTypes.bigint, '1e3', 1000],
    [sqlTypes.bigint, '"9223372036854775807"', 9223372036854775807n],
    [sqlTypes.bigint, '-0', 0],
    [sqlTypes.double, '"1.5e3"', 1500],
    [sqlTypes.double, '-0.0', -0],
    [sqlTypes.double, '12345678901234567890', 12345678901234567000],
    [sqlTypes.double, '0.1', 0.1],
    [sqlTypes.double, '1E400', Infinity],
    [sqlTypes.string, '1.50', '1.50'],
    [sqlTypes.string, '1e3', '1E+3'],
    [sqlTypes.string, 'true', 'true'],
    [sqlTypes.string, '{"a": [1.0, "x", {"b": null}]}', '{"a":[1.0,"x",{"b":null}]}'],
    [sqlTypes.string, '[1, null, ["x"]]', '[1, null, [x]]'],
    [decimalType(4, 2), '"1.5"', Decimal.parse('1.50')],
    [decimalType(4, 2), '-99.99', Decimal.parse('-99.99')],
    [decimalType(30, 2), '123456789012345678.25', Decimal.parse('123456789012345678.25')],
    [sqlTypes.date, '"20000"', 20_000],
    [sqlTypes.timestamp, '1.5', 1],
  ];
  for (const [type, text, value] of cases) {
    assert.deepEqual(read(specOf('JSON', { C: type }), `{"C":${text}}`), [value], text);
    assert.deepEqual(read(specOf('JSON', { C: type }, { isWrapped: false }), ` ${text} `), [value], text);
  }
});

test('JSON that is no such row is refused with its path', () => {
  const wrong: [SqlType, string, RegExp][] = [
    [sqlTypes.boolean, '1', /Can't convert type\. sourceType: number, requiredType: BOOLEAN, path: \$\.C$/],
    [sqlTypes.integer, '"1.5"', /Can't coerce string to type\. targetType: INTEGER, path: \$\.C$/],
    [sqlTypes.integer, 'true', /requiredType: INTEGER/],
    [sqlTypes.integer, '"2147483648"', /targetType: INTEGER/],
    [sqlTypes.time, '86400001', /Time values must/],
    [sqlTypes.bytes, '"a"', /not a valid Base64/],
    [sqlTypes.bytes, '1', /requiredType: BYTES/],
    [decimalType(4, 2), '100', /less than 10\^2\. Got 100, path: \$\.C$/],
    [decimalType(4, 2), '1.234', /without rounding/],
    [arrayType(structType([{ name: 'F', type: sqlTypes.double }])), '[{"F":1},{"F":[]}]', /path: \$\.C\[1\]\.F$/],
    [mapType(sqlTypes.string, sqlTypes.boolean), '{"k":"v"}', /path: \$\.C\.k\.value$/],
    [structType([]), '[]', /sourceType: array/],
  ];
  for (const [type, text, message] of wrong) {
    assert.throws(() => read(specOf('JSON', { C: type }), `{"C":${text}}`), isFormatError(message), text);
  }
  const texts = [
    '',
    '{',
    '[]',
    'null',
    '{"C":1',
    '{"C":01}',
    '{"C":1,}',
    '{"C":1}}',
    '{C:1}',
    '{"C":"\n"}',
    '{"X":nul}',
    '{"X":"\\x"}',
    '{"X":1.}',
  ];
  for (const text of texts) {
    assert.throws(() => read(specOf('JSON', { C: sqlTypes.integer }), text), isFormatError(/./), text);
  }
  assert.throws(
    () => read(specOf('JSON', { C: sqlTypes.string }), `{"X":${'['.repeat(100_000)}`),
    isFormatError(/levels/),
  );
  assert.throws(
    () => read(specOf('JSON', { C: sqlTypes.string }), `{"C":${'[{"a":'.repeat(100_000)}`),
    isFormatError(/levels/),
  );
});

test('KAFKA has the layouts of the serializers of Kafka', () => {
  const cases: [SqlType, unknown, string][] = [
    [sqlTypes.integer, -2, 'fffffffe'],
    [sqlTypes.bigint, 258, '0000000000000102'],
    [sqlTypes.bigint, -1, 'ffffffffffffffff'],
    [sqlTypes.bigint, -9007199254740992n, 'ffe0000000000000'],
    [sqlTypes.bigint, 9007199254740991, '001fffffffffffff'],
    [sqlTypes.bigint, -9223372036854775808n, '8000000000000000'],
    [sqlTypes.double, 1, '3ff0000000000000'],
    [sqlTypes.string, 'ü', 'c3bc'],
    [sqlTypes.bytes, Buffer.from([1]), '01'],
  ];
  for (const [type, value, hex] of cases) {
    const spec = specOf('KAFKA', { K: type }, { part: 'key' });
    assert.equal(Buffer.from(rowCodec(spec).encode([value], 't') as string).toString('hex'), hex);
    assert.deepEqual(read(spec, Buffer.from(hex, 'hex')), [value]);
  }
  assert.ok(rowCodec(specOf('KAFKA', { K: sqlTypes.string })).isNull([null]));
  assert.ok(rowCodec(specOf('KAFKA', {})).isNull([]));
  assert.throws(() => read(specOf('KAFKA', { K: sqlTypes.integer }), 'abc'), isFormatError(/4 bytes; these are 3/));
});

test('DELIMITED rows are lines of CSV', () => {
  const spec = specOf('DELIMITED', everything);
  const row = [true, -5, 2, 100, 'a, "b"\n', Buffer.from('hi'), 5, 6, 7, Decimal.parse('0.0000000001')];
  assert.equal(write(spec, row), 'true,-5,2,100.0,"a, ""b""\n",aGk=,5,6,7,0.0000000001');
  const back = [...row.slice(0, 9), Decimal.parse('1.500')];
  assert.deepEqual(read(spec, write(spec, back)), back);
  assert.deepEqual(
    read(spec, ',,,,,,,,,'),
    row.map(() => null),
  );
  assert.deepEqual(read(specOf('DELIMITED', { A: sqlTypes.string, B: sqlTypes.boolean }), '\r\n"x" \t,TRUE\r\nmore'), [
    'x',
    true,
  ]);
  assert.equal(write(specOf('DELIMITED', { A: sqlTypes.string, B: sqlTypes.string }), ['', '']), '"",');
  assert.equal(write(specOf('DELIMITED', { A: sqlTypes.integer, B: sqlTypes.integer }), [-1, -1]), '"-1",-1');
  for (const [text, message] of [
    ['1', /Column count mismatch on deserialization\. topic: orders, expected: 2, got: 1/],
    ['', /No fields/],
    ['x,1', /path: \$\.A$/],
    ['1,"a"b', /quote/],
    ['1,"a', /does not end/],
  ] as const) {
    assert.throws(
      () => read(specOf('DELIMITED', { A: sqlTypes.integer, B: sqlTypes.string }), text),
      isFormatError(message),
    );
  }
});

test('the delimiter can be any character, SPACE or TAB', () => {
  const columns = { A: sqlTypes.integer, B: sqlTypes.string };
  for (const [delimiter, character] of [
    ['|', '|'],
    ['TAB', '\t'],
    ['SPACE', ' '],
  ] as const) {
    const spec = specOf('DELIMITED', columns, { properties: { delimiter } });
    assert.equal(write(spec, [1, `a${character}`]), `1${character}"a${character}"`);
    assert.deepEqual(read(spec, `1${character}b`), [1, 'b']);
  }
});

function isFormatError(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SqlError, String(error));
    assert.equal(error.code, 'HW_SQL_FORMAT');
    assert.match(error.message, message);
    return true;
  };
}
