import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { nearestWord } from './nearest-word.ts';

test('the nearest word is the one that was likely meant; of equals the longest', () => {
  const words = ['COT', 'COUNT', 'CONCAT', 'UCASE', 'MIN'];
  equal(nearestWord('CONT', words), 'COUNT');
  equal(nearestWord('CONT', [...words].reverse()), 'COUNT');
  equal(nearestWord('UCSAE', words), 'UCASE');
  equal(nearestWord('MAN', words), 'MIN');
  equal(nearestWord('MEAN', words), null);
  equal(nearestWord('SOMETHING', words), null);
  equal(nearestWord('C', words), null);
});
