import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlatformGroup, isPlatformTopic } from './find-topics.ts';

test("what a user made is told from the platform's own", () => {
  const isOwn = (name: string): boolean => isPlatformTopic({ name, isInternal: false });
  for (const name of ['_schemas', 'headwater-logs', 'springCloudBus', 'counts-store-changelog', 'counts-repartition'])
    assert.ok(isOwn(name), name);
  for (const name of ['orders', 'springCloudBus-mine', 'my-headwater-orders', 'changelog', 'repartition-plan'])
    assert.ok(!isOwn(name), name);
  assert.ok(isPlatformTopic({ name: 'anything', isInternal: true }));
  assert.ok(
    isPlatformGroup('schema-registry') &&
      isPlatformGroup('_confluent-ksql-default_query') &&
      !isPlatformGroup('billing'),
  );
});
