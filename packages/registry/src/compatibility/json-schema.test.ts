import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParsedJsonSchema, parseSchema } from '@headwater/serdes';
import { jsonSchemaIncompatibilities } from './json-schema.ts';
import { findConflict } from './levels.ts';

function found(earlier: object, next: object): string[] {
  const [writer, reader] = [earlier, next].map((schema) => new ParsedJsonSchema(JSON.stringify(schema)));
  return jsonSchemaIncompatibilities(reader!, writer!).map(
    ({ errorType, additionalInfo }) => `${errorType} ${additionalInfo}`,
  );
}

test('a refusal names rule and place, and says what would pass', () => {
  const earlier = { type: 'object', properties: { id: { type: 'integer' } } };
  const next = { type: 'object', properties: { id: { type: 'integer' }, at: { type: 'string' } } };
  const [writer, reader] = [earlier, next].map((schema) => new ParsedJsonSchema(JSON.stringify(schema)));
  const [only] = jsonSchemaIncompatibilities(reader!, writer!);
  assert.equal(only?.errorType, 'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL');
  assert.match(only.description, /'#\/properties\/at'.*additionalProperties false.*LENIENT/);
  assert.deepEqual(jsonSchemaIncompatibilities(reader!, writer!, 'LENIENT'), []);
});

test('recursive schemas are compared to their end', () => {
  const tree = (value: object) => ({
    $ref: '#/definitions/node',
    definitions: { node: { type: 'object', properties: { value, next: { $ref: '#/definitions/node' } } } },
  });
  assert.deepEqual(found(tree({ type: 'integer' }), tree({ type: 'number' })), []);
  assert.deepEqual(found(tree({ type: 'number' }), tree({ type: 'integer' })), [
    'TYPE_NARROWED #/properties/value',
    'TYPE_NARROWED #/properties/next/properties/value',
  ]);
});

test('a pair that was taken to fit inside itself, and does not, is found out', () => {
  const list = (value: object) => ({
    $ref: '#/definitions/a',
    definitions: {
      a: { oneOf: [{ $ref: '#/definitions/b' }, { type: 'null' }] },
      b: { type: 'object', properties: { next: { $ref: '#/definitions/a' }, value } },
    },
  });
  assert.deepEqual(found(list({ type: 'string' }), list({ type: 'string' })), []);
  assert.deepEqual(found(list({ type: 'string' }), list({ type: 'boolean' })), ['COMBINED_TYPE_SUBSCHEMAS_CHANGED #/']);
});

test('combinations find a member for each member, whatever their order', () => {
  const one = (...names: string[]) => ({
    oneOf: names.map((name) => ({ required: [name], properties: { [name]: {} } })),
  });
  assert.deepEqual(found(one('a', 'b', 'c'), one('c', 'a', 'b')), []);
  assert.deepEqual(found(one('a', 'b'), one('b', 'a', 'c')), []);
  assert.deepEqual(found(one('a', 'b'), one('b')), ['SUM_TYPE_NARROWED #/']);
});

test('schemas that combine too much are refused in good time', () => {
  const wide = (shift: number) => ({
    oneOf: Array.from({ length: 600 }, (_, index) => ({ const: index + shift })),
  });
  assert.deepEqual(found(wide(0), wide(5_000)), ['SCHEMA_TOO_COMPLEX #/']);
});

test('all levels are judged', () => {
  const parsed = (schema: object) => parseSchema('JSON', JSON.stringify(schema));
  const closed = (...names: string[]) =>
    parsed({
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(names.map((name) => [name, {}])),
    });
  const earlier = [
    { version: 1, parsed: closed('a', 'b', 'c') },
    { version: 2, parsed: closed('a') },
  ];
  const passes = (level: Parameters<typeof findConflict>[0], next: ReturnType<typeof closed>) =>
    findConflict(level, next, earlier) === null;
  const next = closed('a', 'b');
  assert.deepEqual(
    (
      ['NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE'] as const
    ).map((level) => passes(level, next)),
    [true, true, false, false, false, false, false],
  );
});
