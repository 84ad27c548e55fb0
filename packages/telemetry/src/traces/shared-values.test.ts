import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Span } from '../spans/span.ts';
import { SharedValues } from './shared-values.ts';

test('what spans say alike is one thing in memory, and says the same as before', () => {
  const shared = new SharedValues();
  const make = (n: number): Span => ({
    traceId: `${n}`.padStart(32, '0'),
    id: `${n}`.padStart(16, '0'),
    name: 'send orders',
    localEndpoint: { serviceName: 'shop', port: 80 + (n % 2) },
    remoteEndpoint: { serviceName: 'kafka' },
    tags: { 'messaging.system': 'kafka', offset: String(n) },
  });
  const spans = Array.from({ length: 1_000 }, (_, n) => make(n));
  for (const span of spans) shared.share(span);
  assert.deepEqual(
    spans,
    Array.from({ length: 1_000 }, (_, n) => make(n)),
  );
  assert.equal(new Set(spans.map(({ localEndpoint }) => localEndpoint)).size, 2);
  assert.equal(new Set(spans.map(({ remoteEndpoint }) => remoteEndpoint)).size, 1);
});

test('what is shared is bounded: endpoints beyond a limit stay as they came', () => {
  const shared = new SharedValues();
  const say = (n: number): Span => {
    const span: Span = { traceId: '1', id: '1', localEndpoint: { serviceName: `s${n}` } };
    shared.share(span);
    return span;
  };
  for (let n = 0; n < 10_000; n++) say(n);
  assert.equal(say(1).localEndpoint, say(1).localEndpoint);
  assert.notEqual(say(9_000).localEndpoint, say(9_000).localEndpoint);
});
