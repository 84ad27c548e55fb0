import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../parse-schema.ts';
import { propertyName, quoted, TypeNames, tsDoc } from './declarations.ts';
import { typesOf } from './index.ts';

const typesOfText = (schema: unknown) => typesOf(parseSchema('AVRO', JSON.stringify(schema)), 'Root');

test('a record becomes an interface, with its docs, once, also when it refers to itself', () => {
  const { name, declarations } = typesOfText({
    type: 'record',
    name: 'Node',
    namespace: 'a.b',
    doc: 'One of many.',
    fields: [
      { name: 'id', type: 'long', doc: 'Never\n*/ reused.' },
      { name: 'next', type: ['null', 'Node'], default: null },
      { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['LEAF', 'ROOT'] } },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
      { name: 'tags', type: { type: 'array', items: ['null', 'string'] } },
      { name: 'counts', type: { type: 'map', values: 'int' } },
      { name: 'sums', type: { type: 'array', items: ['int', 'float', 'bytes'] } },
    ],
  });
  assert.equal(name, 'Node');
  assert.equal(
    declarations,
    `/** One of many. */
export interface Node {
  /**
   * Never
   * * / reused.
   */
  id: bigint;
  next: null | Node;
  kind: Kind;
  at: number;
  price: serdes.Decimal;
  tags: (null | string)[];
  counts: { [key: string]: number };
  sums: ({ 'int': number } | { 'float': number } | Uint8Array)[];
}

export type Kind = 'LEAF' | 'ROOT';
`,
  );
});

test('branches of one JavaScript kind stand under their names', () => {
  const record = (name: string) => ({ type: 'record', name, namespace: 'n', fields: [] });
  const { name, declarations } = typesOfText(['null', 'string', record('A'), record('B')]);
  assert.equal(name, 'Root');
  assert.match(declarations, /export type Root = null \| string \| \{ 'n\.A': A \} \| \{ 'n\.B': B \};/);
});

test('what is plain needs no declaration', () => {
  assert.deepEqual(typesOfText('long'), { name: 'bigint', declarations: '' });
});

test('names of two namespaces, and names that TypeScript has, do not clash', () => {
  const record = (namespace: string, name: string, fields: unknown[] = []) => ({
    type: 'record',
    name,
    namespace,
    fields,
  });
  const { declarations } = typesOfText(
    record('x', 'Uint8Array', [
      { name: 'a', type: record('x.a', 'Part') },
      { name: 'b', type: record('x.b', 'Part') },
    ]),
  );
  const names = [...declarations.matchAll(/interface (\S+)/g)].map((match) => match[1]);
  assert.deepEqual(names, ['XUint8Array', 'Part', 'XBPart']);
});

test('any text is a name, a member, a literal and a comment', () => {
  const names = new TypeNames();
  assert.deepEqual(
    [names.give('a-b'), names.give('a.b'), names.give('1st'), names.give('größe'), names.give('')],
    ['AB', 'AB2', '_1st', 'größe', '_'],
  );
  assert.equal(propertyName('a b'), "'a b'");
  assert.equal(quoted('it\'s "\n'), `'it\\'s "\\n'`);
  assert.equal(tsDoc('  \n'), '');
  assert.equal(tsDoc(undefined), '');
});
