import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../parse-schema.ts';
import { typesOf } from './index.ts';

function typesOfText(schema: unknown, references: Record<string, unknown> = {}) {
  const texts = new Map(Object.entries(references).map(([name, each]) => [name, JSON.stringify(each)]));
  return typesOf(parseSchema('JSON', JSON.stringify(schema), texts), 'Root');
}

const draft2020 = 'https://json-schema.org/draft/2020-12/schema';

test('an object becomes an interface; definitions and inner objects too, each once', () => {
  const { name, declarations } = typesOfText({
    title: 'Order',
    description: 'One order.',
    type: 'object',
    required: ['id', 'lines'],
    properties: {
      id: { type: 'integer', format: 'int64' },
      state: { enum: ['new', "it's", 3, null] },
      note: { type: ['string', 'null'], description: 'Free text.', deprecated: true },
      lines: { type: 'array', items: { type: 'object', properties: { price: { type: 'number' }, 'a-b': true } } },
      home: { $ref: '#/definitions/postal-address' },
      work: { $ref: '#/definitions/postal-address' },
      parent: { $ref: '#' },
      tags: { type: 'object', additionalProperties: { type: 'string' } },
      kind: { const: 'order' },
      amount: { oneOf: [{ type: 'number' }, { type: 'string' }] },
      pair: {
        type: 'array',
        items: [{ type: 'string' }, { type: ['integer', 'null'] }],
        minItems: 1,
        additionalItems: false,
      },
    },
    definitions: {
      'postal-address': { type: 'object', properties: { zip: { type: 'string' } }, additionalProperties: true },
    },
  });
  assert.equal(name, 'Order');
  assert.equal(
    declarations,
    `/** One order. */
export interface Order {
  id: number | bigint;
  state?: 'new' | 'it\\'s' | 3 | null;
  /**
   * Free text.
   *
   * @deprecated
   */
  note?: string | null;
  lines: OrderLinesItem[];
  home?: PostalAddress;
  work?: PostalAddress;
  parent?: Order;
  tags?: { [name: string]: string };
  kind?: 'order';
  amount?: number | string;
  pair?: [string, (number | null)?];
}

export interface OrderLinesItem {
  price?: number;
  'a-b'?: unknown;
}

export interface PostalAddress {
  zip?: string;
  [name: string]: unknown;
}
`,
  );
});

test('combinations are unions and intersections; what a schema is a direct part of is left out', () => {
  const { name, declarations } = typesOfText({
    $schema: draft2020,
    oneOf: [{ $ref: '#/$defs/cat' }, { $ref: '#/$defs/dog' }],
    $defs: {
      pet: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
      cat: { allOf: [{ $ref: '#/$defs/pet' }, { properties: { lives: { type: 'integer' } } }] },
      dog: {
        $ref: '#/$defs/pet',
        type: 'object',
        properties: { tricks: { type: 'array', prefixItems: [{ type: 'string' }] } },
      },
      loop: { anyOf: [{ $ref: '#/$defs/loop' }, { type: 'null' }] },
    },
    properties: { loop: { $ref: '#/$defs/loop' } },
  });
  assert.equal(name, 'Root');
  assert.match(declarations, /export type Root = \w+ & \(Cat \| Dog\);/);
  assert.match(declarations, /export type Cat = Pet & Cat2;/);
  assert.match(declarations, /export type Dog = Pet & \w+;/);
  assert.match(declarations, /tricks\?: \[string\?, \.\.\.unknown\[\]\];/);
  assert.match(declarations, /export type Loop = unknown;/);
});

test('registered schemas have the name of their reference, or their title', () => {
  const address = { type: 'object', properties: { zip: { type: 'string' } } };
  const { declarations } = typesOfText(
    { type: 'object', properties: { a: { $ref: 'postal.json' }, b: { $ref: 'other.json' }, c: { $ref: 'text.json' } } },
    { 'postal.json': address, 'other.json': { ...address, title: 'Some Place' }, 'text.json': { type: 'string' } },
  );
  assert.match(declarations, /a\?: Postal;\n {2}b\?: SomePlace;\n {2}c\?: string;/);
});

test('what is plain needs no declaration', () => {
  assert.deepEqual(typesOfText({ type: 'string' }), { name: 'string', declarations: '' });
  assert.deepEqual(typesOfText(true), { name: 'unknown', declarations: '' });
  assert.deepEqual(typesOfText({}), { name: 'unknown', declarations: '' });
});
