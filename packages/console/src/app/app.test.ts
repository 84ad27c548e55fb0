import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySequence } from './key-sequence.ts';

test('single keys and sequences', () => {
  const keys = new KeySequence(1000);
  const bindings = new Set(['j', 'g t', 'g m', 't']);
  assert.equal(keys.press('j', 0, bindings), 'j');
  assert.equal(keys.press('g', 10, bindings), null);
  assert.equal(keys.press('t', 20, bindings), 'g t');
  assert.equal(keys.press('t', 30, bindings), 't');
  assert.equal(keys.press('g', 40, bindings), null);
  assert.equal(keys.press('t', 2000, bindings), 't', 'too late for a sequence');
  assert.equal(keys.press('g', 2010, bindings), null);
  assert.equal(keys.press('j', 2020, bindings), 'j', 'a key that ends no sequence is itself');
  assert.equal(keys.press('x', 2030, bindings), null);
});
