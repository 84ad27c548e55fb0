import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ConsumerProtocolAssignment,
  type ConsumerProtocolSubscription,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  decodeData,
} from '@headwater/protocol';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './group-protocol.ts';

test('what instances say is a subscription that any coordinator can read', () => {
  const said = { version: 1, all: ['/0_0', '/0_1'], owned: ['/0_1'], lags: { '/0_0': 5 } } as const;
  const bytes = encodeSubscription(['b', 'a'], said);
  assert.deepEqual(decodeSubscription(bytes), said);
  const read = decodeData(consumerProtocolSubscription, bytes.readInt16BE(0), bytes, 2) as ConsumerProtocolSubscription;
  assert.deepEqual(read.topics, ['a', 'b']);
});

test("an assignment says which partitions are read, for Kafka's tools", () => {
  const bytes = encodeAssignment({ version: 1, active: ['/0_0'] }, new Map([['in', [0, 2]]]));
  const read = decodeData(consumerProtocolAssignment, bytes.readInt16BE(0), bytes, 2) as ConsumerProtocolAssignment;
  assert.deepEqual(read.assignedPartitions, [{ topic: 'in', partitions: [0, 2] }]);
  assert.deepEqual(decodeAssignment(bytes).active, ['/0_0']);
});

test('an assignment comes back; empty bytes are none', () => {
  const given = { version: 1, active: ['/0_0'] } as const;
  assert.deepEqual(decodeAssignment(encodeAssignment(given)), given);
  assert.deepEqual(decodeAssignment(Buffer.alloc(0)).active, []);
});
