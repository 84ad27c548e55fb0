import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isHiddenTopic, isPlatformGroup } from './platform-topics.ts';

test('every table of the monitor’s views is a topic of the platform, and a user’s is not', () => {
  const views = readFileSync(new URL('../../../monitor/views/monitor.sql', import.meta.url), 'utf8');
  const tables = [...views.matchAll(/^CREATE TABLE (\w+)(?: WITH \(KAFKA_TOPIC='([^']+)')?/gim)];
  assert.ok(tables.length > 0);
  for (const [, name, topic] of tables) assert.ok(isHiddenTopic(topic ?? name!), name);
  for (const name of ['headwater-logs', '__consumer_offsets', '_schemas', 'a-store-changelog', 'springCloudBus'])
    assert.ok(isHiddenTopic(name));
  for (const name of ['twitter-topic', 'ORDERS_PER_DAY', 'headwaters']) assert.ok(!isHiddenTopic(name));
});

test('groups of the platform are its own, those of services are not', () => {
  for (const group of ['_confluent-ksql-default_query_1', 'headwater-logs-index', 'schema-registry'])
    assert.ok(isPlatformGroup(group), group);
  for (const group of ['kafka-to-elastic', 'kafka-streams-application']) assert.ok(!isPlatformGroup(group), group);
});
