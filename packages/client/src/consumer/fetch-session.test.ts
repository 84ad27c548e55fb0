import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, type FetchResponse } from '@headwater/protocol';
import { FetchSession } from './fetch-session.ts';
import { PartitionState } from './partition-state.ts';

const state = (topic: string, partition: number, offset: number): PartitionState => {
  const made = new PartitionState(topic, partition);
  made.topicId = `id-of-${topic}`;
  made.moveTo(offset);
  return made;
};

const answer = (sessionId: number, errorCode = 0) =>
  ({ sessionId, errorCode, responses: [] }) as unknown as FetchResponse;

/** What a request says: session, epoch, wanted as partition@offset, forgotten. */
function show(request: ReturnType<FetchSession['request']>): string {
  const topics = request.topics.flatMap((group) =>
    group.partitions.map(({ partition, fetchOffset }) => `${group.topicId ?? group.topic}/${partition}@${fetchOffset}`),
  );
  const gone = (request.forgottenTopicsData ?? []).flatMap((group) =>
    group.partitions.map((partition) => `${group.topicId ?? group.topic}/${partition}`),
  );
  return `${request.sessionId}.${request.sessionEpoch} +[${topics.join(' ')}] -[${gone.join(' ')}]`;
}

test('after a full request only what has changed is sent', () => {
  const session = new FetchSession();
  const [a, b] = [state('t', 0, 5), state('t', 1, 0)];
  assert.equal(show(session.request([a, b], 100, true)), '0.0 +[id-of-t/0@5 id-of-t/1@0] -[]');
  assert.equal(session.accept(answer(7)), true);
  assert.equal(session.askedFor('', 'id-of-t', 0)!.state, a);
  a.fetchOffset = 9;
  assert.equal(show(session.request([a, b], 100, true)), '7.1 +[id-of-t/0@9] -[]');
  session.accept(answer(7));
  assert.equal(show(session.request([b], 100, true)), '7.2 +[] -[id-of-t/0]');
  session.accept(answer(7));
  assert.equal(session.askedFor('', 'id-of-t', 0), undefined);
  assert.equal(show(session.request([a, b], 100, true)), '7.3 +[id-of-t/0@9] -[]');
  session.accept(answer(7));
  // The topic was made anew.
  a.topicId = 'another';
  assert.equal(show(session.request([a, b], 100, true)), '7.4 +[another/0@9] -[id-of-t/0]');
});

test('a lost session, a lost answer and a change from ids to names begin anew', () => {
  const session = new FetchSession();
  const one = state('t', 0, 5);
  session.request([one], 100, true);
  session.accept(answer(7));
  assert.equal(session.accept(answer(0, ErrorCode.FETCH_SESSION_ID_NOT_FOUND)), false);
  assert.equal(show(session.request([one], 100, true)), '0.0 +[id-of-t/0@5] -[]');
  session.accept(answer(8));
  session.reset();
  assert.equal(show(session.request([one], 100, true)), '8.0 +[id-of-t/0@5] -[]');
  session.accept(answer(9));
  assert.equal(show(session.request([one], 100, false)), '9.0 +[t/0@5] -[]');
  assert.equal(session.askedFor('t', '', 0)!.state, one);
});

test('a broker without room for a session is asked in full each time', () => {
  const session = new FetchSession();
  const one = state('t', 0, 5);
  for (let round = 0; round < 3; round++) {
    assert.equal(show(session.request([one], 100, true)), '0.0 +[id-of-t/0@5] -[]');
    session.accept(answer(0));
  }
});
