import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isJson } from '@headwater/http';
import { editJson, type JsonEdit, parsePointer, removeMembers } from './json-edit.ts';
import { readJson, writeJson } from './json-tree.ts';

function edited(text: string, ...edits: JsonEdit[]): string {
  const tree = readJson(text);
  editJson(tree, edits);
  return writeJson(tree);
}

const set = (pointer: string, value: unknown): JsonEdit => ({
  kind: 'set',
  pointer: parsePointer(pointer),
  valueText: JSON.stringify(value),
});
const remove = (pointer: string): JsonEdit => ({ kind: 'remove', pointer: parsePointer(pointer) });
const rename = (pointer: string, name: string): JsonEdit => ({ kind: 'rename', pointer: parsePointer(pointer), name });

test('what is not changed stays as it was written', () => {
  for (const text of [
    '{"id":9007199254740993123,"x":1.0e+400,"y":-0.0,"t":"\\u00e4\\/\\ud83d"}',
    '[]',
    '{}',
    '[[],{"a":[]}]',
    '"text"',
    'null',
    '{"\\\\":1,"a":2,"a":3}',
  ])
    assert.equal(edited(text), text);
  assert.equal(edited(' { "a" : [ 1 , true , null ] }\n'), '{"a":[1,true,null]}');
});

test('set, remove and rename', () => {
  assert.equal(edited('{"a":1}', set('/a', { b: [1] })), '{"a":{"b":[1]}}');
  assert.equal(edited('{}', set('/a/b/c', 1)), '{"a":{"b":{"c":1}}}');
  assert.equal(edited('{"l":[1,2]}', set('/l/-', 3), set('/l/0', 0)), '{"l":[0,2,3]}');
  assert.equal(edited('{"l":[1]}', set('/l/7', 3), set('/l/x', 1), set('/l/0/a', 1)), '{"l":[1]}');
  assert.equal(edited('{"a":1,"b":{"c":2,"d":3}}', remove('/a'), remove('/b/c'), remove('/nope/x')), '{"b":{"d":3}}');
  assert.equal(edited('{"a":1,"\\u0061":2}', remove('/a')), '{}', 'other spellings of a name are the name');
  assert.equal(edited('[1,2,3]', remove('/1'), remove('/9')), '[1,3]');
  assert.equal(edited('{"a":1,"c":2}', rename('/a', 'b')), '{"b":1,"c":2}');
  assert.equal(edited('{"a":1,"b":2}', rename('/a', 'b')), '{"b":1}');
  assert.equal(edited('{"a/b":1,"m~n":2}', remove('/a~1b'), remove('/m~0n')), '{}');
  assert.equal(edited('"text"', set('/a', 1)), '"text"');
  for (const text of ['', 'a', '/~2']) assert.throws(() => parsePointer(text), /not a JSON pointer/);
});

test('members by name, at the top or everywhere', () => {
  const text = '{"p":1,"a":{"p":2,"q":[{"p":3}]},"l":[1]}';
  const without = (isDeep: boolean): string => {
    const tree = readJson(text);
    removeMembers(tree, new Set(['p']), isDeep);
    return writeJson(tree);
  };
  assert.equal(without(false), '{"a":{"p":2,"q":[{"p":3}]},"l":[1]}');
  assert.equal(without(true), '{"a":{"q":[{}]},"l":[1]}');
});

test('every document is written as the same document', () => {
  const seed = (Date.now() ^ process.pid) >>> 0;
  let state = seed;
  const random = (max: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
  const value = (depth: number): unknown => {
    const kind = random(depth > 4 ? 4 : 6);
    if (kind === 0) return random(1_000) / 7;
    if (kind === 1) return random(2) === 0;
    if (kind === 2) return null;
    if (kind === 3) return ['a"b', '\\', 'ä€😀', ' ', '\n', '{', ']', ','][random(8)];
    const size = random(4);
    if (kind === 4) return Array.from({ length: size }, () => value(depth + 1));
    return Object.fromEntries(Array.from({ length: size }, (_, i) => [`k${i}"\\`, value(depth + 1)]));
  };
  for (let i = 0; i < 500; i++) {
    const text = JSON.stringify(value(0), null, random(3));
    const written = writeJson(readJson(text));
    assert.ok(isJson(Buffer.from(written)), `seed ${seed}, run ${i}`);
    assert.deepEqual(JSON.parse(written), JSON.parse(text), `seed ${seed}, run ${i}`);
  }
});
