import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Span } from '../spans/span.ts';
import { TraceStore } from './trace-store.ts';

const span = (traceId: string, id: string, more: Partial<Span> = {}): Span => ({
  traceId: traceId.padStart(16, '0'),
  id: id.padStart(16, '0'),
  timestamp: 1_000_000,
  localEndpoint: { serviceName: 'orders' },
  ...more,
});

test('halves that come by themselves are one span, and what comes twice is there once', () => {
  const store = new TraceStore();
  store.add([span('1', '1', { name: 'get', duration: 5, tags: { a: '1' } })]);
  store.add([span('1', '1', { duration: 9, tags: { b: '2' }, timestamp: 900_000 })]);
  store.add([span('1', '1', { name: 'get', duration: 5, tags: { a: '1' } })]);
  assert.deepEqual(JSON.parse(JSON.stringify(store.trace('1'.padStart(16, '0')))), [
    {
      ...span('1', '1'),
      name: 'get',
      timestamp: 900_000,
      duration: 9,
      tags: { a: '1', b: '2' },
    },
  ]);
});

test('the traces that have been quiet for longest go first, and are counted', () => {
  const store = new TraceStore({ maxBytes: 10_000 });
  for (let i = 1; i <= 100; i++) {
    store.add([span(String(i), '1')]);
    store.add([span('1', String(i))]);
  }
  const { bytes, evictedSpans, spans } = store.stats();
  assert.ok(bytes <= 10_000);
  assert.equal(evictedSpans + spans, 200);
  assert.equal(store.trace('2'.padStart(16, '0')), undefined);
  assert.ok(store.trace('100'.padStart(16, '0')));
});

test('a trace without end, and names without number, are bounded', () => {
  const store = new TraceStore({ maxSpansOfTrace: 50, maxNames: 10 });
  for (let i = 1; i <= 100; i++)
    store.add([span('1', String(i), { name: `n${i}`, localEndpoint: { serviceName: `s${i % 20}` } })]);
  assert.equal(store.stats().refusedSpans, 50);
  assert.equal(store.services().length, 10);
  for (let i = 1; i <= 100; i++) store.add([span(String(i), '1', { name: `m${i}` })]);
  assert.ok(store.spanNames('s1').length <= 10);
});

test('a 128-bit id is found by itself and by its right half, not by another left half', () => {
  const store = new TraceStore();
  const id = `${'a'.repeat(16)}${'b'.repeat(16)}`;
  store.add([span(id, '1')]);
  assert.equal(store.trace(id)?.length, 1);
  assert.equal(store.trace('b'.repeat(16))?.length, 1);
  assert.equal(store.trace(`${'c'.repeat(16)}${'b'.repeat(16)}`), undefined);
});

test('who calls whom: once a call, with errors of either side, messages over their broker', () => {
  const store = new TraceStore();
  const at = (serviceName: string) => ({ localEndpoint: { serviceName } });
  const to = (serviceName: string) => ({ remoteEndpoint: { serviceName } });
  store.add([
    span('1', '1', { kind: 'SERVER', ...at('front') }),
    span('1', '2', {
      kind: 'CLIENT',
      parentId: '1'.padStart(16, '0'),
      ...at('front'),
      ...to('orders'),
      tags: { error: 'x' },
    }),
    span('1', '3', { kind: 'SERVER', parentId: '2'.padStart(16, '0'), ...at('orders') }),
    span('1', '4', { kind: 'CLIENT', parentId: '3'.padStart(16, '0'), ...at('orders'), ...to('postgres') }),
    span('1', '5', { kind: 'PRODUCER', parentId: '3'.padStart(16, '0'), ...at('orders'), ...to('kafka') }),
    span('1', '6', { kind: 'CONSUMER', parentId: '5'.padStart(16, '0'), ...at('mail'), ...to('kafka') }),
  ]);
  assert.deepEqual(store.dependencies(2_000, 2_000), [
    { parent: 'front', child: 'orders', callCount: 1, errorCount: 1 },
    { parent: 'orders', child: 'postgres', callCount: 1 },
    { parent: 'orders', child: 'kafka', callCount: 1 },
    { parent: 'kafka', child: 'mail', callCount: 1 },
  ]);
  assert.deepEqual(store.dependencies(500, 400), []);
});

test('spans that name one another as parents do not go round for ever', () => {
  const store = new TraceStore();
  store.add([
    span('1', '1', { kind: 'SERVER', parentId: '2'.padStart(16, '0') }),
    span('1', '2', { kind: 'SERVER', parentId: '1'.padStart(16, '0') }),
  ]);
  assert.deepEqual(store.dependencies(2_000, 2_000).length <= 1, true);
});
