import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError } from '@headwater/client';
import { ErrorCode } from '@headwater/protocol';
import { StreamsError } from '../streams-error.ts';
import { TaskFailure } from './task-failure.ts';
import { TopicWatch } from './topic-watch.ts';
import type { TopologyInstance } from './topology-instance.ts';

function instanceOf(name: string, reads: string, writes: string): TopologyInstance {
  const layout = { subtopologies: [{ topics: new Map([[{}, [reads]]]) }] };
  return { name, layout, isWanted: true, writtenTopics: () => [writes] } as unknown as TopologyInstance;
}

test('a topology fails for a topic that has been gone for five seconds, and only for its own', async () => {
  const there = new Set(['in', 'out', 'in2', 'out2']);
  let nowMs = 0;
  const topologies = [instanceOf('one', 'in', 'out'), instanceOf('two', 'in2', 'out2')];
  const watch = new TopicWatch({
    client: {
      metadata: async (names) => {
        const topics = names!.map((name) => ({
          name,
          errorCode: there.has(name) ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        }));
        return { topics } as never;
      },
    },
    topologies: () => topologies,
    onGone: () => {},
    now: () => nowMs,
  });
  const unknown = new ClientError('HW_CLIENT_BROKER_ERROR', 'no such topic', {
    kafkaCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  });
  const wrapped = new Error('not acknowledged', { cause: unknown });
  const other = new Error('something else');
  there.delete('out2');
  assert.equal(await watch.judge(wrapped), wrapped, 'it may come again');
  nowMs = 4_000;
  there.add('out2');
  assert.equal(await watch.look(), null);
  there.delete('out2');
  nowMs = 8_000;
  assert.equal(await watch.judge(wrapped), wrapped, 'it was there in between');
  nowMs = 13_000;
  assert.equal(await watch.judge(other), other);
  const failure = await watch.judge(wrapped);
  assert.ok(failure instanceof TaskFailure && failure.cause instanceof StreamsError);
  assert.equal(failure.topology, topologies[1]);
  assert.equal(failure.cause.code, 'HW_STREAMS_MISSING_TOPIC');
  assert.match(failure.cause.message, /out2.*'two'/);
  watch.close();
  watch.close();
});
