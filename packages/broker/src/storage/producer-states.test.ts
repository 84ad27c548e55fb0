import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProducerStates, type SequencedBatch } from './producer-states.ts';

function batch(baseSequence: number, count = 1, fields: Partial<SequencedBatch> = {}): SequencedBatch {
  return {
    producerId: 7,
    producerEpoch: 0,
    baseSequence,
    lastSequence: baseSequence < 0 ? -1 : (baseSequence + count - 1) % 2 ** 31,
    lastOffsetDelta: count - 1,
    maxTimestamp: 1000,
    isTransactional: false,
    isControl: false,
    ...fields,
  };
}

function append(states: ProducerStates, next: SequencedBatch, lastOffset: number): void {
  assert.equal(states.check(next, 't-0'), null);
  states.note(next, lastOffset);
}

test('the last five batches are known as duplicates, with their offsets', () => {
  const states = new ProducerStates();
  for (let n = 0; n < 7; n++) append(states, batch(n * 10, 10), n * 10 + 9);
  for (let n = 2; n < 7; n++) assert.equal(states.check(batch(n * 10, 10), 't-0')?.lastOffset, n * 10 + 9);
  assert.throws(() => states.check(batch(10, 10), 't-0'), { kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
  // The same end but another beginning is not that batch.
  assert.throws(() => states.check(batch(65, 5), 't-0'), { kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER' });
});

test('a gap is out of order; an unknown producer may begin anywhere', () => {
  const states = new ProducerStates();
  append(states, batch(500), 0);
  assert.throws(() => states.check(batch(502), 't-0'), {
    kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
    message: 'Out of order sequence number for producer 7 in t-0: 502 came, the last one was 500.',
  });
  append(states, batch(501), 1);
});

test('sequences wrap at 2^31', () => {
  const states = new ProducerStates();
  append(states, batch(2 ** 31 - 3, 3), 2);
  append(states, batch(0, 2), 4);
  const wrapping = new ProducerStates();
  append(wrapping, batch(2 ** 31 - 1, 2), 1);
  append(wrapping, batch(1), 2);
  assert.equal(wrapping.check(batch(2 ** 31 - 1, 2), 't-0')?.lastOffset, 1);
});

test('a later epoch begins at sequence 0 and fences the earlier one', () => {
  const states = new ProducerStates();
  append(states, batch(0, 5), 4);
  assert.throws(() => states.check(batch(5, 1, { producerEpoch: 1 }), 't-0'), {
    kafkaError: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  });
  append(states, batch(0, 1, { producerEpoch: 1 }), 5);
  assert.throws(() => states.check(batch(5), 't-0'), { kafkaError: 'INVALID_PRODUCER_EPOCH' });
  // The first batch of the new epoch, sent again.
  assert.equal(states.check(batch(0, 1, { producerEpoch: 1 }), 't-0')?.lastOffset, 5);
});

test('a snapshot restores everything', () => {
  const states = new ProducerStates();
  for (let n = 0; n < 6; n++) append(states, batch(n), n);
  append(states, batch(0, 3, { producerId: 8, isTransactional: true }), 8);
  const restored = new ProducerStates();
  restored.restore(JSON.parse(JSON.stringify(states.snapshot())));
  assert.deepEqual(restored.infos(), states.infos());
  assert.equal(restored.check(batch(1), 't-0')?.lastOffset, 1);
  assert.equal(restored.infos()[1]!.currentTransactionStartOffset, 6);
});

test('silent producers expire, and their number is bounded', () => {
  const states = new ProducerStates(100);
  for (let n = 0; n < 300; n++) {
    states.note(batch(0, 1, { producerId: n, maxTimestamp: n }), n);
    assert.ok(states.count <= 100);
  }
  assert.ok(states.infos().some(({ producerId }) => producerId === 299));
  states.note(batch(0, 1, { producerId: 999, maxTimestamp: 1, isTransactional: true }), 300);
  states.expire(10_000, 5_000);
  assert.deepEqual(
    states.infos().map(({ producerId }) => producerId),
    [999],
  );
});
