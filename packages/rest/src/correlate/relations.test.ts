import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CorrelatedRecord } from './correlation.ts';
import type { FoundSpan } from './find-spans.ts';
import { relationOf } from './relations.ts';

function record(topic: string, key: string, headers: string, timestamp = 5): CorrelatedRecord {
  return {
    ...{ topic, partition: 0, offset: 0, timestamp, value: null, foundBy: 'headers' },
    key: { text: key, sizeBytes: key.length, truncated: false },
    headers: headers.split(' ').map((name) => ({ key: name, value: null })),
  };
}

const tweet = record('tweets', 'user', 'traceparent');
const word = record('app-words-repartition', 'rain', 'traceparent');
const count = record('counts', 'rain', 'traceparent counted');
const counts = new Map([
  ['tweets', 1],
  ['app-words-repartition', 2],
  ['counts', 2],
]);
const relation = (other: CorrelatedRecord, of: CorrelatedRecord, spans: FoundSpan[] = []) =>
  relationOf(other, of, spans, counts);

test('records of one time: what only was added came later, another key is another part', () => {
  assert.deepEqual([relation(tweet, count), relation(count, tweet)], ['upstream', 'downstream']);
  assert.deepEqual([relation(tweet, word), relation(word, tweet)], ['upstream', 'downstream']);
  assert.deepEqual([relation(word, count), relation(count, word)], ['upstream', 'downstream']);
  const other = record('counts', 'snow', 'traceparent counted');
  assert.deepEqual(
    [relation(other, count), relation(word, other), relation(other, word)],
    ['related', 'related', 'related'],
  );
});

test('times, and before them spans, say what came first', () => {
  const later = record('done', 'x', 'traceparent', 9);
  assert.deepEqual([relation(later, tweet), relation(tweet, later)], ['downstream', 'upstream']);
  const span = (id: string, parentId: string, topic: string): FoundSpan => ({
    ...{ id, parentId, traceId: 't' },
    tags: {
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': '0',
      'messaging.kafka.offset': '0',
    },
  });
  // Clocks are wrong at times.
  const spans = [span('a', '', 'done'), { id: 'b', parentId: 'a', traceId: 't' }, span('c', 'b', 'tweets')];
  assert.deepEqual([relation(later, tweet, spans), relation(tweet, later, spans)], ['upstream', 'downstream']);
});
