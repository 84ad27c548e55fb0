import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '@headwater/protocol';
import { TestCoordinator } from '../testing/test-coordinator.ts';
import { literalPrefix } from './topic-regexes.ts';

test('what every match of an expression begins with', () => {
  const prefixes = {
    'orders-.*': 'orders-',
    '^orders': 'orders',
    'orders?': 'order',
    'orders*-x': 'order',
    'orders{2}': 'order',
    'orders+': 'orders',
    'orders\\.eu': 'orders',
    'orders|bills': '',
    '(?i)orders': '',
    '.*': '',
    '': '',
  };
  for (const [regex, prefix] of Object.entries(prefixes)) assert.equal(literalPrefix(regex), prefix, regex);
});

test('an expression of a hostile client is refused at once', async () => {
  const it = await TestCoordinator.open();
  it.topic('orders', 1);
  for (const regex of ['a'.repeat(5_000), '(a{1,1000}){1,1000}', '(a', '(?=a)', '*a']) {
    assert.equal(it.join('m', regex).errorCode, ErrorCode.INVALID_REGULAR_EXPRESSION, regex.slice(0, 40));
  }
  assert.equal(it.coordinator.groupCount, 0);
});

test('expressions match whole names, each in its own way', async () => {
  const it = await TestCoordinator.open();
  for (const name of ['orders', 'orders-eu', 'order', 'bills', 'Orders']) it.topic(name, 1);
  const found = (regex: string) => {
    it.join('m', regex, { groupId: regex });
    const group = it.group(regex);
    return group.topicNamesOf(group.members.get('m')!);
  };
  assert.deepEqual(found('orders'), ['orders']);
  assert.deepEqual(found('orders?'), ['order', 'orders']);
  assert.deepEqual(found('orders.*'), ['orders', 'orders-eu']);
  assert.deepEqual(found('(?i)orders'), ['Orders', 'orders']);
  assert.deepEqual(found('bills|orders-.+'), ['bills', 'orders-eu']);
  assert.deepEqual(found('nothing.*'), []);
});
