import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inJavaOrder } from './java-map-order.ts';

test('entries are in the order of a HashMap', () => {
  // By new HashMap<>(5) of a JDK.
  const keys = ['pear', 'apple', 'fig', 'Aa', 'BB'];
  const map = new Map(keys.map((key, at) => [key, at]));
  assert.deepEqual(
    inJavaOrder(map).map(([key]) => key),
    ['Aa', 'BB', 'apple', 'pear', 'fig'],
  );
});
