import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJsonMistake } from './json-mistake.ts';

const bad: [text: string, line: number, column: number][] = [
  ['', 1, 1],
  ['{', 1, 2],
  ['{"a":1,}', 1, 8],
  ['[1,]', 1, 4],
  ['{"a" 1}', 1, 6],
  ['{\n "a": oops}', 2, 7],
  ['"ab\ncd"', 1, 4],
  ['"\\x"', 1, 2],
  ['[1 2]', 1, 4],
  ['01', 1, 2],
  ['1 x', 1, 3],
  ["{'a':1}", 1, 2],
];

test('the place of a mistake is found, and JSON.parse agrees that there is one', () => {
  for (const [text, line, column] of bad) {
    assert.throws(() => JSON.parse(text), text);
    const mistake = findJsonMistake(text);
    assert.deepEqual([mistake?.line, mistake?.column], [line, column], JSON.stringify({ text, mistake }));
  }
});

test('what JSON.parse takes has no mistake; a random edit is judged as JSON.parse judges it', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e6);
  console.log(`seed ${seed}`);
  let state = seed;
  const random = (below: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % below;
  const base = '{"a":[1,-2.5e3,true,false,null,{"b":"x\\u00e9\\n\\"","c":{}}],"d":[],"e":0}';
  assert.equal(findJsonMistake(base), undefined);
  const alphabet = '{}[],:"\\0123456789.-+eEtrufalsn x\n';
  for (let i = 0; i < 5000; i++) {
    const at = random(base.length);
    const text = base.slice(0, at) + alphabet[random(alphabet.length)] + base.slice(at + random(3));
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    assert.equal(findJsonMistake(text) === undefined, valid, `seed ${seed}: ${text}`);
  }
});
