import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParsedAvroSchema } from './parsed-avro.ts';

function canonical(schema: unknown): string {
  return new ParsedAvroSchema(JSON.stringify(schema)).canonical;
}

test('the canonical text has attributes in their order, and nothing more white space', () => {
  const text = `{
    "fields": [ {"type": {"logicalType": "timestamp-millis", "type": "long"}, "name": "createdAt", "doc": "epoch ms"},
                {"name": "id", "type": "long", "default": 9223372036854775807, "unit": "none", "aliases": ["key"]} ],
    "doc": "One tweet.", "namespace": "io.headwater", "name": "Tweet", "type": "record", "team": {"b": 1.0, "a": 2}
  }`;
  assert.equal(
    new ParsedAvroSchema(text).canonical,
    '{"type":"record","name":"Tweet","namespace":"io.headwater","doc":"One tweet.","fields":[' +
      '{"name":"createdAt","type":{"type":"long","logicalType":"timestamp-millis"},"doc":"epoch ms"},' +
      '{"name":"id","type":"long","default":9223372036854775807,"aliases":["key"],"unit":"none"}],"team":{"b":1.0,"a":2}}',
  );
});

test('named types are written once, by the shortest name that says it', () => {
  const inner = { type: 'enum', name: 'Kind', symbols: ['A'] };
  const other = { type: 'fixed', name: 'other.Hash', size: 16 };
  const fields = [
    { name: 'a', type: inner },
    { name: 'b', type: 'Kind' },
    { name: 'c', type: other },
    { name: 'd', type: ['null', 'other.Hash', { type: 'array', items: 'x.T' }] },
  ];
  assert.equal(
    canonical({ type: 'record', name: 'x.T', fields }),
    '{"type":"record","name":"T","namespace":"x","fields":[{"name":"a","type":{"type":"enum","name":"Kind","symbols":["A"]}},' +
      '{"name":"b","type":"Kind"},{"name":"c","type":{"type":"fixed","name":"Hash","namespace":"other","size":16}},' +
      '{"name":"d","type":["null","other.Hash",{"type":"array","items":"T"}]}]}',
  );
});

test('what is the same schema has one normalized text', () => {
  const one = {
    type: 'record',
    name: 'T',
    namespace: 'x',
    z: 1,
    a: 2,
    fields: [{ name: 'f', type: 'int', doc: 'd', default: 1 }],
  };
  const other = {
    a: 2,
    name: 'x.T',
    type: 'record',
    fields: [{ default: 1, type: { type: 'int' }, name: 'f', doc: 'd' }],
    z: 1,
  };
  assert.notEqual(canonical(one), canonical(other));
  const normalized = [one, other].map((schema) => new ParsedAvroSchema(JSON.stringify(schema)).normalized());
  assert.equal(normalized[0], normalized[1]);
});

test('types of references are written by name, or whole when the text is to be resolved', () => {
  const references = new Map([['io.Id', '{"type":"fixed","name":"Id","namespace":"io","size":8}']]);
  const text = '{"type":"record","name":"T","namespace":"io","fields":[{"name":"id","type":"Id"}]}';
  const parsed = new ParsedAvroSchema(text, references);
  assert.equal(parsed.canonical, text);
  assert.equal(parsed.fullName, 'io.T');
  assert.equal(
    parsed.formatted('resolved'),
    '{"type":"record","name":"T","namespace":"io","fields":[{"name":"id","type":{"type":"fixed","name":"Id","size":8}}]}',
  );
  assert.equal(parsed.formatted('nonsense'), undefined);
  assert.throws(() => new ParsedAvroSchema(text), /"io\.Id" is not a defined name/);
});

test('a mistake is told with its place', () => {
  const record = (...fields: unknown[]) => ({ type: 'record', name: 'T', fields });
  const cases: [unknown, RegExp][] = [
    [record({ name: 'a', type: 'intt' }), /"intt" is not a defined name.*fields\[0\]\.type/],
    [record({ name: 'a', type: 'int' }, { name: 'a', type: 'int' }), /Duplicate field a in T/],
    [record({ name: 'a-b', type: 'int' }), /Illegal name "a-b"/],
    [record({ name: 'a', type: 'int', default: 'x' }), /Invalid default for field a: "x" is no int/],
    [record({ name: 'a', type: 'int', default: 2147483648 }), /Invalid default/],
    [record({ name: 'a', type: ['null', ['int']] }), /Nested union/],
    [record({ name: 'a', type: ['int', 'int'] }), /Duplicate in union: int/],
    [{ type: 'enum', name: 'E', symbols: ['A', 'A'] }, /Duplicate enum symbol: A/],
    [{ type: 'enum', name: 'E', symbols: ['A'], default: 'B' }, /default B/],
    [{ type: 'fixed', name: 'F' }, /Invalid or no size/],
    [{ type: 'record', fields: [] }, /No name/],
    [{ type: 'record', name: 'T' }, /no fields/],
    [{ type: 'array' }, /"items" is missing/],
    [
      [
        { type: 'fixed', name: 'F', size: 1 },
        { type: 'record', name: 'F', fields: [] },
      ],
      /Can't redefine: F/,
    ],
    [7, /not 7/],
  ];
  for (const [schema, message] of cases) assert.throws(() => canonical(schema), { code: 'HW_SERDES_SCHEMA', message });
  assert.throws(() => new ParsedAvroSchema('{"type":\n "int" "x"}'), /line 2, column 8/);
  assert.throws(() => new ParsedAvroSchema('['.repeat(10_000)), /nested/);
});

test('a default of a union may be of any branch, and null is one', () => {
  const text = canonical({ type: 'record', name: 'T', fields: [{ name: 'a', type: ['int', 'null'], default: null }] });
  assert.match(text, /"default":null/);
});
