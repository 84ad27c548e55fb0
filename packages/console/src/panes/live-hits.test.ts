import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addHitEvent, type LiveHits, noHits } from './live-hits.ts';

const document = (id: string, text: string, highlight?: string): string =>
  `{"id":"${id}","userId":9223372036854775807,"text":${JSON.stringify(text)},"createdAt":"2026-01-01T00:00:00Z"${
    highlight ? `,"highlight":${JSON.stringify(highlight)}` : ''
  }}`;

function play(...events: [string, string][]): LiveHits {
  return events.reduce((state, [name, data]) => addHitEvent(state, name, data, 'kafka'), noHits);
}

test('what there is stays in order, what comes goes on top and is counted', () => {
  const state = play(
    ['document', document('2', 'Kafka two')],
    ['document', document('1', 'one')],
    ['live', '{"total":40,"wordCount":7}'],
    ['document', document('3', 'three')],
  );
  assert.deepEqual(
    state.hits.map((hit) => hit.id),
    ['3', '2', '1'],
  );
  assert.deepEqual([state.total, state.wordCount], [41, 7]);
  assert.equal(state.hits[1]?.userId, '9223372036854775807');
});

test('hits told again after a reconnect are the same hits', () => {
  const state = play(
    ['document', document('1', 'a')],
    ['live', '{"total":1}'],
    ['document', document('1', 'a')],
    ['live', '{"total":1}'],
  );
  assert.deepEqual([state.hits.length, state.total], [1, 1]);
});

test('marks of the service are taken only when they fit the text', () => {
  const hits = (text: string, highlight?: string): string[] =>
    play(['document', document('1', text, highlight)])
      .hits[0]!.segments.filter((segment) => segment.isHit)
      .map((segment) => segment.text);
  assert.deepEqual(hits('about Kafka', 'about <em>Kafka</em>'), ['Kafka']);
  assert.deepEqual(hits('about Kafka <em>', 'about <em>Kafka</em> <em>'), ['Kafka']);
  assert.deepEqual(hits('about Kafka'), ['Kafka']);
});
