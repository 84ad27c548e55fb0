import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../byte-writer.ts';
import { type JsonSchemaCodecOptions, jsonSchemaCodec } from './json-schema-codec.ts';
import { ParsedJsonSchema } from './parsed-json-schema.ts';

const draft4 = 'http://json-schema.org/draft-04/schema#';
const draft2019 = 'https://json-schema.org/draft/2019-09/schema';
const draft2020 = 'https://json-schema.org/draft/2020-12/schema';

function codec(schema: unknown, references: Record<string, unknown> = {}, options: JsonSchemaCodecOptions = {}) {
  const texts = new Map(Object.entries(references).map(([name, each]) => [name, JSON.stringify(each)]));
  const made = jsonSchemaCodec(new ParsedJsonSchema(JSON.stringify(schema), texts), options);
  return {
    encode(value: unknown): string {
      const writer = new ByteWriter();
      made.encode(value, writer);
      return Buffer.from(writer.finish()).toString();
    },
    decode(text: string): unknown {
      const bytes = Buffer.from(`xx${text}y`);
      return made.decode(bytes, 2, bytes.length - 1);
    },
  };
}

test('a value is validated and is JSON, both ways', () => {
  const tweet = codec({
    type: 'object',
    properties: { id: { type: 'integer' }, text: { type: 'string' } },
    required: ['id'],
  });
  assert.equal(tweet.encode({ id: 1, text: 'ä€🐲' }), '{"id":1,"text":"ä€🐲"}');
  assert.deepEqual(tweet.decode('{"id":1,"text":"\\u00e4"}'), { id: 1, text: 'ä' });
});

test('an error has the JSON pointer of what is wrong', () => {
  const items = {
    type: 'array',
    items: { type: 'object', properties: { price: { type: 'number' } }, additionalProperties: false },
  };
  const order = codec({ type: 'object', properties: { 'a/b': items } });
  const wrong = { code: 'HW_SERDES_DATA' };
  assert.throws(() => order.encode({ 'a/b': [{}, { price: '3' }] }), {
    ...wrong,
    path: '/a~1b/1/price',
    reason: 'must be number',
  });
  assert.throws(() => order.decode('{"a/b":[{"prize":3}]}'), { ...wrong, path: '/a~1b/0', reason: /"prize"/ });
  assert.throws(() => order.decode('{"a/b":'), { ...wrong, reason: /no JSON.*column 8/ });
  const either = codec({ anyOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'null' } } }] });
  assert.throws(() => either.encode({ a: 1 }), {
    ...wrong,
    path: '',
    reason: /anyOf; the closest of them: must be null at \/a/,
  });
});

test('integers beyond 2^53 keep every digit, both ways', () => {
  const big = codec({ type: 'object', properties: { id: { type: 'integer', minimum: 0 } } });
  assert.equal(big.encode({ id: 9223372036854775807n }), '{"id":9223372036854775807}');
  assert.deepEqual(big.decode('{"id":9223372036854775807,"x":[-9007199254740993,1.5,7]}'), {
    id: 9223372036854775807n,
    x: [-9007199254740993n, 1.5, 7],
  });
  assert.throws(() => big.encode({ id: -9223372036854775808n }), { path: '/id' });
  assert.throws(() => big.decode('{"id":1e999}'), { reason: /beyond what a double holds/ });
});

test('what JSON has no equal of is validated as it will be read', () => {
  const dated = codec({
    type: 'object',
    properties: { at: { type: 'string', format: 'date-time' } },
    additionalProperties: false,
  });
  assert.equal(dated.encode({ at: new Date(0), gone: undefined }), '{"at":"1970-01-01T00:00:00.000Z"}');
  assert.throws(() => dated.encode(undefined), { code: 'HW_SERDES_DATA' });
  assert.throws(() => codec({ type: 'number' }).encode(Number.NaN), { reason: 'must be number' });
  const ring: unknown[] = [];
  ring.push(ring);
  assert.throws(() => codec(true).encode(ring), { reason: /contains itself/ });
});

test('names that an object has anyway, and names with escapes, are read as they are', () => {
  const strict = codec({ type: 'object', required: ['toString'] });
  assert.throws(() => strict.encode({}), { reason: /toString/ });
  const decoded = codec(true).decode('{"__proto__":{"a":1},"\\n":9007199254740993}') as object;
  assert.deepEqual(Object.keys(decoded), ['__proto__', '\n']);
  assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
});

test('each draft is read by its own words', () => {
  const exclusive = codec({ $schema: draft4, minimum: 1, exclusiveMinimum: true, const: 7, id: 'x' });
  assert.equal(exclusive.encode(2), '2');
  assert.throws(() => exclusive.encode(1), { code: 'HW_SERDES_DATA' });
  // Until draft 7 nothing counts beside a reference.
  const beside = { $ref: '#/definitions/a', maxLength: 1, definitions: { a: { type: 'string' } } };
  assert.equal(codec(beside).encode('long'), '"long"');
  assert.throws(() => codec({ $schema: draft2019, ...beside }).encode('long'), { code: 'HW_SERDES_DATA' });
  const tuple = codec({ $schema: draft2020, prefixItems: [{ type: 'string' }], items: { type: 'integer' } });
  assert.equal(tuple.encode(['a', 1]), '["a",1]');
  assert.throws(() => tuple.encode(['a', 'b']), { path: '/1' });
  const unevaluated = { allOf: [{ properties: { a: true } }], properties: { b: true }, unevaluatedProperties: false };
  assert.throws(() => codec({ $schema: draft2020, ...unevaluated }).encode({ a: 1, b: 1, c: 1 }), {
    code: 'HW_SERDES_DATA',
  });
});

test('references to registered schemas, and to the schema itself, are followed', () => {
  const address = {
    type: 'object',
    properties: { zip: { $ref: '#/definitions/zip' } },
    definitions: { zip: { type: 'string' } },
  };
  const person = { properties: { home: { $ref: 'address.json' }, children: { items: { $ref: '#' } } } };
  const family = codec(person, { 'address.json': address });
  assert.throws(() => family.encode({ children: [{ home: { zip: 1 } }] }), { path: '/children/0/home/zip' });
  const dynamic = codec(
    {
      $schema: draft2020,
      $id: 'https://e.com/strict',
      $dynamicAnchor: 'node',
      $ref: 'tree',
      unevaluatedProperties: false,
    },
    {
      'https://e.com/tree': {
        $id: 'https://e.com/tree',
        $dynamicAnchor: 'node',
        properties: { kids: { items: { $dynamicRef: '#node' } } },
      },
    },
  );
  assert.throws(() => dynamic.encode({ kids: [{ kidz: [] }] }), { path: '/kids/0' });
});

test('formats are checked until draft 7, and are annotations later', () => {
  const formats: [string, string, string][] = [
    ['date-time', '2026-11-22T00:00:00.5+01:00', '2026-02-30T00:00:00Z'],
    ['date', '2024-02-29', '2023-02-29'],
    ['time', '23:59:60Z', '24:00:00Z'],
    ['email', 'a@b.de', 'a.b.de'],
    ['ipv4', '127.0.0.1', '127.0.0.256'],
    ['ipv6', '::1', '::g'],
    ['hostname', 'a-b.example', '-a.example'],
    ['uri', 'https://example.com/%20', '//example.com'],
    ['uri-reference', '/a?b#c', 'a b'],
    ['json-pointer', '/a~1b', 'a'],
    ['regex', '^a+$', '(a'],
  ];
  for (const [format, good, bad] of formats) {
    assert.ok(codec({ format }).encode(good));
    assert.throws(() => codec({ format }).encode(bad), { reason: /format/ }, format);
    assert.ok(codec({ $schema: draft2020, format }).encode(bad));
  }
  assert.ok(codec({ format: 'uuid' }).encode('no uuid'));
});

test('multiples are exact', () => {
  assert.equal(codec({ multipleOf: 0.01 }).encode(19.99), '19.99');
  assert.throws(() => codec({ multipleOf: 0.01 }).encode(19.999), { code: 'HW_SERDES_DATA' });
});

test('a hostile pattern, value or schema comes to an end', () => {
  const slow = codec({ pattern: '^(a+)+$' });
  assert.throws(() => slow.encode(`${'a'.repeat(50_000)}b`), { code: 'HW_SERDES_DATA' });
  assert.throws(() => codec({ pattern: '^(?!x)(a+)+$' }), { code: 'HW_SERDES_SCHEMA', message: /backtrack/ });
  assert.equal(codec({ pattern: '^(?!x)a+$' }, {}, { backtrackingPatterns: 'run' }).encode('aa'), '"aa"');
  const unique = codec({ uniqueItems: true });
  const many = Array.from({ length: 20_000 }, (_, index) => ({ index }));
  assert.throws(() => unique.encode([...many, { index: 7 }]), { reason: /same item twice/ });
  const doubling = { properties: { x: { anyOf: [{ $ref: '#/definitions/a' }, { $ref: '#/definitions/a' }] } } };
  const deep = codec({ $ref: '#/definitions/a', definitions: { a: { ...doubling, not: { const: 1 } } } });
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { x: nested(depth - 1) });
  assert.throws(() => deep.encode(nested(60)), { reason: /steps/ });
});
