import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestStore } from '../storage/testing/test-store.ts';
import { QuotaStore } from './quota-store.ts';

test('the narrowest quota counts, names before defaults, users before clients', async () => {
  const { store } = await TestStore.open();
  const quotas = new QuotaStore(store.values);
  const find = () => quotas.clientLimit('producer_byte_rate', 'ada', 'app');
  const levels = [
    [{ 'client-id': null }, ['', 'app']],
    [{ 'client-id': 'app' }, ['', 'app']],
    [{ user: null }, ['ada', '']],
    [{ user: null, 'client-id': null }, ['ada', 'app']],
    [{ user: null, 'client-id': 'app' }, ['ada', 'app']],
    [{ user: 'ada' }, ['ada', '']],
    [{ user: 'ada', 'client-id': null }, ['ada', 'app']],
    [{ user: 'ada', 'client-id': 'app' }, ['ada', 'app']],
  ] as const;
  assert.equal(find(), null);
  levels.forEach(([entity, counted], index) => {
    quotas.set(entity, { producer_byte_rate: index + 1 });
    const found = find()!;
    assert.deepEqual([found.limit, found.user, found.clientId], [index + 1, ...counted]);
  });
  assert.equal(quotas.clientLimit('consumer_byte_rate', 'ada', 'app'), null, 'each key for itself');
  // A client without a name has the quotas of its user only.
  assert.equal(quotas.clientLimit('producer_byte_rate', 'bob', '')?.limit, 3);
});

test('quotas are there after a restart, and gone when their last value is', async () => {
  const test = await TestStore.open();
  const quotas = new QuotaStore(test.store.values);
  quotas.set({ user: 'ada' }, { producer_byte_rate: 5, request_percentage: 0.5 });
  quotas.set({ ip: null }, { connection_creation_rate: 3 });
  quotas.set({ ip: '10.0.0.1' }, { connection_creation_rate: 4 });
  quotas.set({ user: 'gone' }, { producer_byte_rate: 5 });
  quotas.set({ user: 'gone' }, {});
  await test.restart();
  const again = new QuotaStore(test.store.values);
  assert.deepEqual([...again.all()], [...quotas.all()]);
  assert.deepEqual([again.ipLimit('10.0.0.1'), again.ipLimit('10.0.0.2')], [4, 3]);
  again.set({ user: 'ada' }, {});
  assert.deepEqual([again.hasClientQuotas, again.hasIpQuotas], [false, true]);
});
