import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal } from '../decimal.ts';
import { jsonText } from '../json/json-value.ts';
import { parseJson } from '../json/parse-json.ts';
import { SeededRandom, testSeed } from '../testing/seeded-random.ts';
import { avroJson } from './avro-json.ts';
import { ParsedAvroSchema } from './parsed-avro.ts';
import { RandomAvro, randomValue } from './testing/random-avro.ts';

const jsonOf = (schema: unknown) => {
  const json = avroJson(new ParsedAvroSchema(JSON.stringify(schema)).schema);
  return {
    text: (value: unknown) => jsonText(json.toJson(value)),
    value: (text: string) => json.fromJson(parseJson(text)),
  };
};
const record = (...fields: unknown[]) => ({ type: 'record', name: 'n.T', fields });

// The texts of the right side are those of Java's JsonEncoder, but for numbers like 1.0, which it writes so.
test('values have the JSON that Avro has for them', () => {
  const cases: [schema: unknown, value: unknown, text: string][] = [
    ['null', null, 'null'],
    ['long', 2n ** 63n - 1n, '9223372036854775807'],
    ['float', Math.fround(1.1), '1.100000023841858'],
    ['double', 1e300, '1e+300'],
    ['double', Number.NaN, '"NaN"'],
    ['double', Number.NEGATIVE_INFINITY, '"-Infinity"'],
    ['double', -0, '-0.0'],
    ['bytes', Uint8Array.of(0, 1, 200, 255, 34), '"\\u0000\\u0001Èÿ\\""'],
    [['null', 'string'], null, 'null'],
    [['null', 'string'], 'a', '{"string":"a"}'],
    [['null', record()], {}, '{"n.T":{}}'],
    [['int', 'float'], { float: 1.5 }, '{"float":1.5}'],
    [{ type: 'map', values: ['null', 'int'] }, { a: 1, b: null }, '{"a":{"int":1},"b":null}'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, new Decimal(1n, 2), '"\\u0001"'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 1_700_000_000_000, '1700000000000'],
    [{ type: 'enum', name: 'E', symbols: ['A'] }, 'A', '"A"'],
  ];
  for (const [schema, value, text] of cases) {
    const json = jsonOf(schema);
    assert.equal(json.text(value), text);
    assert.deepEqual(json.value(text), value);
  }
});

test('what Java reads is read, and what it refuses is refused with the path', () => {
  const json = jsonOf(record({ name: 'a', type: 'int' }, { name: 'b', type: ['null', 'string'], default: null }));
  for (const text of [
    '{"a":1,"b":null}',
    '{"b":null,"a":1}',
    '{"c":{"x":1},"a":1.0,"b":null}',
    '{"a":1e0,"b":null,"c":3}',
  ]) {
    assert.deepEqual(json.value(text), { a: 1, b: null }, text);
  }
  const refused: [text: string, path: string, reason: RegExp][] = [
    ['{"a":1}', 'b', /no value: a union is wanted; its default is null/],
    ['{"a":1,"b":"x"}', 'b', /"x" is no value of the union null, string: null, or \{ "branch name": value \}/],
    ['{"a":1,"b":{"int":1}}', 'b', /is no value of the union/],
    ['{"a":"1","b":null}', 'a', /"1" is no int/],
    ['{"a":1.5,"b":null}', 'a', /1.5 is no int/],
    ['{"a":2147483648,"b":null}', 'a', /is no int \(32 bits\)/],
    ['{"b":null}', 'a', /no value: int is wanted/],
    ['[]', '', /\[\] is no n\.T/],
  ];
  for (const [text, path, message] of refused) {
    assert.throws(() => json.value(text), { code: 'HW_SERDES_DATA', path, message }, text);
  }
  assert.throws(() => jsonOf('bytes').value('"€"'), /"€" is no byte/);
  assert.throws(() => jsonOf({ type: 'fixed', name: 'F', size: 2 }).value('"a"'), /fixed of 2 bytes/);
  assert.throws(() => jsonOf('long').value('9223372036854775808'), /long \(64 bits\)/);
  assert.throws(() => jsonOf({ type: 'array', items: 'int' }).text([1, 'a']), { path: '[1]' });
});

test('random values come back from their JSON', (t) => {
  const seed = testSeed();
  t.diagnostic(`SEED=${seed}`);
  const random = new SeededRandom(seed);
  const schemas = new RandomAvro(random);
  for (let i = 0; i < 300; i++) {
    const { schema } = new ParsedAvroSchema(JSON.stringify(schemas.schema()));
    const both = avroJson(schema);
    for (let n = 0; n < 10; n++) {
      const { ours } = randomValue(schema, random);
      assert.deepEqual(both.fromJson(parseJson(jsonText(both.toJson(ours)))), ours);
    }
  }
});
