import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsOf } from './words.ts';

test('words are lower case and cut at what is no word character in Unicode', () => {
  assert.deepEqual(wordsOf('RT @user: Kafka, kafka—KAFKA! #Größe_2'), [
    'rt',
    'user',
    'kafka',
    'kafka',
    'kafka',
    'größe_2',
  ]);
  assert.deepEqual(wordsOf('ЗАДЕРЖКА исчезла… σίσυφος'), ['задержка', 'исчезла', 'σίσυφος']);
  assert.deepEqual(wordsOf('खोज तुरंत، قهوة 检索'), ['खोज', 'तुरंत', 'قهوة', '检索']);
  assert.deepEqual(wordsOf("don't re-run"), ['don', 't', 're', 'run']);
  assert.deepEqual(wordsOf(''), []);
  assert.deepEqual(wordsOf(' \t…!? '), []);
});

test('half of a surrogate pair is no word', () => {
  assert.deepEqual(wordsOf('a\ud83db'), ['a', 'b']);
});

test('marks and underscores alone are no words, inside of words they stay', () => {
  assert.deepEqual(wordsOf('☕️ __ 🤷🏽‍♂️ e\u0301 snake_case'), ['e\u0301', 'snake_case']);
});
