import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from './event-queue.ts';
import { type ReceivedEvent, SseParser } from './sse-parser.ts';

const text =
  ': comment\r\nevent: a\rid: 1\ndata: x\r\ndata:  y\r\n\r\ndata\n\nid: 2\n\nevent: lost\n\nretry: 250\ndata: ä€😀\nunknown: z\n\ndata: unfinished\n';
const expected: ReceivedEvent[] = [
  { event: 'a', id: '1', data: 'x\n y' },
  { event: 'message', id: undefined, data: '' },
  { event: 'message', id: '2', data: 'ä€😀' },
];

test('the examples of the standard, cut anywhere', () => {
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const events: ReceivedEvent[] = [];
    const parser = new SseParser((event) => events.push(event));
    for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
    assert.deepEqual(events, expected, `pieces of ${size} bytes`);
    assert.equal(parser.retryMs, 250);
  }
});

test('an event without end is not kept for ever', () => {
  const parser = new SseParser(() => {}, 1_000);
  assert.throws(() => {
    for (let i = 0; i < 100; i++) parser.push(Buffer.from('data: xxxxxxxxxxxxxxxxxxxx\n'));
  }, /longer than 1000/);
  assert.throws(() => new SseParser(() => {}, 1_000).push(Buffer.alloc(2_000, 'x')), /longer than 1000/);
});

test('a full queue loses its oldest record, never a newer one', () => {
  const queue = new EventQueue(3, 1_000);
  const push = (event: string, data: string) => queue.push({ event, id: undefined, data });
  push('status', 's1');
  for (const n of ['1', '2', '3', '4']) push('record', n);
  const rest = [];
  for (let event = queue.shift(); event; event = queue.shift()) rest.push(event.data);
  assert.deepEqual(rest, ['s1', '3', '4']);
  assert.deepEqual(queue.takeDropped(), { count: 2, total: 2 });
  for (let i = 0; i < 10; i++) push('status', 'x'.repeat(400));
  assert.equal(queue.length, 2);
  assert.deepEqual(queue.takeDropped(), { count: 8, total: 10 });
});
