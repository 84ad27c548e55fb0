import assert from 'node:assert/strict';
import { test } from 'node:test';
import { likeMatcher } from './like-pattern.ts';

test('patterns', () => {
  const cases: [string, string, boolean, string?][] = [
    ['rain', 'rain', true],
    ['rain', 'r%', true],
    ['rain', '%n', true],
    ['rain', '%ai%', true],
    ['rain', 'r%r', false],
    ['r', 'r%r', false],
    ['rain', '_ai_', true],
    ['rain', '%a_n%', true],
    ['rain', '%i_in', false],
    ['100%', '100!%', true, '!'],
    ['1000', '100!%', false, '!'],
    ['a\nb', 'a_b', true],
    ['', '%', true],
    ['', '_', false],
  ];
  for (const [text, pattern, expected, character] of cases) {
    assert.equal(likeMatcher(pattern, character ?? null)(text), expected, `${text} LIKE ${pattern}`);
  }
});

test('a pattern made to go back takes no long time', () => {
  assert.equal(likeMatcher('%a%a%a%a%a%a%a%a%_b', null)('a'.repeat(20_000)), false);
});
