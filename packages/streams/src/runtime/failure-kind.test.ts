import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError } from '@headwater/client';
import { ErrorCode } from '@headwater/protocol';
import { StreamsError } from '../streams-error.ts';
import { failureKind } from './failure-kind.ts';

const broker = (kafkaCode: number) => new ClientError('HW_CLIENT_BROKER_ERROR', 'a broker said so', { kafkaCode });
const aborted = (cause: unknown) => new ClientError('HW_CLIENT_TRANSACTION_ABORTED', 'abort()', { cause });

test('who is not in the group any more lets go and joins anew', () => {
  assert.equal(failureKind(new ClientError('HW_CLIENT_GROUP_FENCED', 'others have it')), 'lost');
  assert.equal(failureKind(aborted(broker(ErrorCode.ILLEGAL_GENERATION))), 'lost');
  assert.equal(failureKind(new StreamsError('HW_STREAMS_TASK_MIGRATED', 'no member')), 'lost');
});

test('what passes, or what a new producer mends, is tried again', () => {
  assert.equal(failureKind(aborted(broker(ErrorCode.NOT_ENOUGH_REPLICAS))), 'retry');
  assert.equal(failureKind(broker(ErrorCode.NOT_LEADER_OR_FOLLOWER)), 'retry');
  assert.equal(failureKind(new ClientError('HW_CLIENT_PRODUCER_FENCED', 'the transaction took too long')), 'retry');
  assert.equal(failureKind(new ClientError('HW_CLIENT_DISCONNECTED', 'the broker is away')), 'retry');
  assert.equal(failureKind(aborted(broker(ErrorCode.TRANSACTION_ABORTABLE))), 'retry');
});

test('what no further attempt mends is fatal', () => {
  assert.equal(failureKind(aborted(broker(ErrorCode.MESSAGE_TOO_LARGE))), 'fatal');
  assert.equal(failureKind(broker(ErrorCode.TOPIC_AUTHORIZATION_FAILED)), 'fatal');
  assert.equal(failureKind(new StreamsError('HW_STREAMS_PROCESSING', 'a handler threw')), 'fatal');
  assert.equal(failureKind(new TypeError('a mistake')), 'fatal');
});
