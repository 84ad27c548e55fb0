import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configValueProblem } from './config-value.ts';
import { checkTopicConfigs, describeTopicConfigs, resolveTopicConfig, topicConfigTable } from './topic-config.ts';

test('every default is a valid value of its own setting', () => {
  for (const [name, definition] of Object.entries(topicConfigTable)) {
    assert.equal(configValueProblem(definition, name, definition.default), null, name);
  }
});

test('defaults are those of Kafka 4', () => {
  const config = resolveTopicConfig({}, {});
  assert.equal(config.retentionMs, 7 * 24 * 3_600_000);
  assert.equal(config.retentionBytes, Number.POSITIVE_INFINITY);
  assert.equal(config.segmentBytes, 1024 ** 3);
  assert.equal(config.maxMessageBytes, 1_048_588);
  assert.equal(config.flushMessages, Number.POSITIVE_INFINITY);
  assert.equal(config.isDeleted, true);
  assert.equal(config.isCompacted, false);
});

test('a topic overrides the broker, the broker overrides the default', () => {
  const broker = { 'log.retention.hours': 2, 'log.segment.bytes': '2000000' };
  assert.equal(resolveTopicConfig({}, broker).retentionMs, 7_200_000);
  assert.equal(resolveTopicConfig({}, { ...broker, 'log.retention.ms': 5 }).retentionMs, 5);
  assert.equal(resolveTopicConfig({ 'retention.ms': '-1' }, broker).retentionMs, Number.POSITIVE_INFINITY);
  assert.equal(resolveTopicConfig({}, { 'log.retention.hours': -1 }).retentionMs, Number.POSITIVE_INFINITY);
  const entry = describeTopicConfigs({ 'segment.bytes': '99' }, [{ source: 'static', settings: broker }]).find(
    ({ name }) => name === 'segment.bytes',
  )!;
  assert.deepEqual(entry.synonyms, [
    { name: 'segment.bytes', value: '99', source: 'topic' },
    { name: 'log.segment.bytes', value: '2000000', source: 'static' },
    { name: 'log.segment.bytes', value: '1073741824', source: 'default' },
  ]);
});

test('wrong values and names are refused in words', () => {
  const refusals: [Record<string, string>, RegExp][] = [
    [{ 'retention.ms': 'soon' }, /Invalid value soon for configuration retention.ms: Not a number of type LONG/],
    [{ 'retention.ms': '-2' }, /at least -1/],
    [{ 'segment.bytes': '3000000000' }, /Not a number of type INT/],
    [{ 'retention.ms': '9223372036854775808' }, /Not a number of type LONG/],
    [{ 'cleanup.policy': 'compact,burn' }, /burn is not/],
    [{ 'compression.type': 'rar' }, /must be one of/],
    [{ 'min.cleanable.dirty.ratio': '1.5' }, /no more than 1/],
    [{ preallocate: 'maybe' }, /true or false/],
    [{ 'no.such.thing': '1' }, /Unknown topic config name: no.such.thing/],
    [{ toString: '1' }, /Unknown topic config name: toString/],
    [{ 'remote.storage.enable': 'true' }, /Tiered storage/],
  ];
  for (const [configs, message] of refusals) {
    assert.throws(() => checkTopicConfigs(configs), { kafkaError: 'INVALID_CONFIG', message });
  }
  assert.deepEqual(checkTopicConfigs({ 'cleanup.policy': 'compact, delete', 'retention.ms': null }), {
    'cleanup.policy': 'compact, delete',
  });
});
