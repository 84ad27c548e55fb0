import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subjectName } from './subject-name.ts';

test('subjects are named by topic, by record, by both, or as one likes', () => {
  assert.equal(subjectName('topic', 'orders', 'key', undefined), 'orders-key');
  assert.equal(subjectName('record', 'orders', 'value', 'shop.Order'), 'shop.Order');
  assert.equal(subjectName('topic-record', 'orders', 'value', 'shop.Order'), 'orders-shop.Order');
  assert.equal(
    subjectName((topic, part) => `x.${topic}.${part}`, 'orders', 'value', undefined),
    'x.orders.value',
  );
  assert.throws(() => subjectName('record', 'orders', 'value', undefined), /orders \(value\).*"title"/);
});
