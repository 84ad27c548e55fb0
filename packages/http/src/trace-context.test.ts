import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTraceparent, newFlags, newSpanId, newTraceId, parseTraceparent } from './trace-context.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

test('traceparent: what the recommendation takes and refuses', () => {
  assert.deepEqual(parseTraceparent(`00-${trace}-${parent}-01`), {
    traceId: trace,
    spanId: parent,
    isSampled: true,
    flags: 1,
  });
  assert.equal(parseTraceparent(`00-${trace}-${parent}-00`)?.isSampled, false);
  assert.equal(parseTraceparent(`00-${trace}-${parent}-ff`)?.flags, 3, 'unknown flags are not passed on');
  assert.equal(parseTraceparent(`cc-${trace}-${parent}-01-what-the-future-brings`)?.traceId, trace);
  for (const wrong of [
    undefined,
    '',
    ['a', 'b'],
    `ff-${trace}-${parent}-01`,
    `00-${trace}-${parent}-01-more`,
    `cc-${trace}-${parent}-01.more`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace}-${parent}`,
    `00-${trace.slice(1)}-${parent}-01`,
  ])
    assert.equal(parseTraceparent(wrong), undefined, String(wrong));
});

test('ids are hexadecimal and do not repeat', () => {
  const ids = new Set(Array.from({ length: 2_000 }, () => newTraceId()));
  assert.equal(ids.size, 2_000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.match(newSpanId(), /^[0-9a-f]{16}$/);
  assert.equal(formatTraceparent(trace, parent, newFlags(true)), `00-${trace}-${parent}-03`);
});
