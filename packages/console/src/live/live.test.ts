import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exponentialBackOff } from './back-off.ts';
import { LiveClient, type LiveState, type OpenStream } from './live-client.ts';
import { CounterRate, EventRate, SmoothedRate } from './rate.ts';
import { RingBuffer } from './ring-buffer.ts';
import { SseParser } from './sse-parser.ts';

test('SSE: whole events out of any cut of the bytes', () => {
  const text =
    '\ufeff: hello\r\nevent: 0:record\nid: 0:1\ndata: {"a":1}\n\n\rdata:x\rdata: y\r\revent: empty\n\ndata\n\nid\ndata:  two\n\n';
  const expected = [
    { name: '0:record', id: '0:1', data: '{"a":1}' },
    { name: 'message', id: undefined, data: 'x\ny' },
    { name: 'message', id: undefined, data: '' },
    { name: 'message', id: '', data: ' two' },
  ];
  for (let size = 1; size <= text.length; size += 1) {
    const parser = new SseParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.feed(text.slice(at, at + size)));
    assert.deepEqual(events, expected, `chunks of ${size}`);
  }
});

test('SSE: an endless event is refused', () => {
  const parser = new SseParser();
  parser.feed('data: ');
  assert.throws(() => parser.feed('x'.repeat(17 * 1024 * 1024)), /larger than/);
});

test('ring buffer keeps the newest and counts the rest', () => {
  const ring = new RingBuffer<number>(3);
  assert.equal(ring.newest(0), undefined);
  for (const item of [1, 2, 3, 4, 5]) ring.push(item);
  assert.deepEqual([ring.newest(0), ring.newest(1), ring.newest(2), ring.newest(3)], [5, 4, 3, undefined]);
  assert.deepEqual([ring.length, ring.total, ring.dropped], [3, 5, 2]);
  ring.clear();
  assert.deepEqual([ring.length, ring.newest(0)], [0, undefined]);
  ring.push(9);
  assert.equal(ring.newest(0), 9);
});

test('rates: smoothing does not depend on the sampling interval', () => {
  const fast = new SmoothedRate();
  const slow = new SmoothedRate();
  fast.sample(0, 0);
  slow.sample(0, 0);
  for (let at = 100; at <= 3000; at += 100) fast.sample(100, at);
  for (let at = 1000; at <= 3000; at += 1000) slow.sample(100, at);
  assert.ok(Math.abs(fast.value - slow.value) < 0.01);
  assert.ok(Math.abs(fast.value - 63.2) < 0.1);
  for (let at = 4000; at <= 40_000; at += 1000) fast.sample(0, at);
  assert.equal(fast.value, 0);
});

test('rates: a counter that falls does not become a negative rate', () => {
  const rate = new CounterRate();
  rate.sample(1000, 0);
  assert.equal(rate.sample(1010, 1000), 10);
  assert.equal(rate.sample(3, 2000), 10);
  assert.ok(rate.sample(13, 3000) === 10);
  assert.equal(rate.sample(500, 3000), 10, 'the same moment twice is one sample');
});

test('rates: events over the last whole seconds', () => {
  const rate = new EventRate(5);
  for (let at = 0; at < 10_000; at += 100) rate.add(1, at);
  assert.equal(rate.perSecond(10_050), 10);
  assert.equal(rate.perSecond(30_000), 0);
});

test('back-off doubles with jitter up to 10 s', () => {
  const low = exponentialBackOff(() => 0);
  const high = exponentialBackOff(() => 1);
  assert.equal(low.delayMs(1), 188);
  assert.equal(high.delayMs(2), 625);
  assert.equal(high.delayMs(100), 12_500);
});

/** A gateway in the test's hand: streams it opens, a clock and timers it moves. */
function fakeGateway() {
  let now = 1_000_000;
  let timers: { at: number; callback: () => void }[] = [];
  const streams: { url: string; signal: AbortSignal; send(text: string): Promise<void>; end(): Promise<void> }[] = [];
  let refuse: string | null = null;

  const open: OpenStream = async (url, signal) => {
    if (refuse) throw new Error(refuse);
    const queue: string[] = [];
    let wake = (): void => {};
    let isEnded = false;
    signal.addEventListener('abort', () => {
      isEnded = true;
      wake();
    });
    streams.push({
      url,
      signal,
      send: async (text) => {
        queue.push(text);
        wake();
        await settle();
      },
      end: async () => {
        isEnded = true;
        wake();
        await settle();
      },
    });
    return (async function* () {
      for (;;) {
        while (queue.length > 0) yield queue.shift() as string;
        if (isEnded) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    })();
  };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  const advance = async (ms: number): Promise<void> => {
    const until = now + ms;
    for (;;) {
      const due = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      now = Math.max(now, due.at);
      timers = timers.filter((timer) => timer !== due);
      due.callback();
      await settle();
    }
    now = until;
    await settle();
  };
  const client = new LiveClient({
    url: '/api/live',
    open,
    backOff: { delayMs: (attempt) => attempt * 1000 },
    now: () => now,
    setTimer: (callback, delayMs) => {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      timers = timers.filter((other) => other !== timer);
    },
  });
  const states: LiveState[] = [];
  client.onState((state) => states.push(state));
  return {
    client,
    streams,
    states,
    advance,
    refuse: (message: string | null) => {
      refuse = message;
    },
    last: () => streams.at(-1)!,
    params: () => [...new URL(streams.at(-1)!.url, 'http://x').searchParams].map(([key, value]) => `${key}=${value}`),
  };
}

function recorder() {
  const seen: string[] = [];
  return {
    seen,
    onEvent: (name: string, data: string, id: string | undefined) => void seen.push(`${name}|${data}|${id ?? ''}`),
    onState: (state: { kind: string }) => void seen.push(`state ${state.kind}`),
    onGap: (gapMs: number) => void seen.push(`gap ${gapMs}`),
  };
}

test('several subscriptions share one connection, and events reach their own subscriber', async () => {
  const gateway = fakeGateway();
  const a = recorder();
  const b = recorder();
  gateway.client.subscribe('/api/a', a);
  gateway.client.subscribe('/api/b?x=1', b);
  await gateway.advance(0);
  assert.equal(gateway.streams.length, 1);
  assert.deepEqual(gateway.params(), ['s=/api/a', 's=/api/b?x=1']);
  await gateway.last().send('event: 0:$open\ndata: {}\n\nevent: 1:record\nid: 1:0:7,1:3\ndata: hello\n\n');
  assert.deepEqual(a.seen, ['state open']);
  assert.deepEqual(b.seen, ['state open', 'record|hello|0:7,1:3']);
  assert.equal(gateway.client.state.kind, 'open');
});

test('a page change reconnects once and resumes what stays', async () => {
  const gateway = fakeGateway();
  const a = gateway.client.subscribe('/api/a', recorder());
  gateway.client.subscribe('/api/b', recorder());
  await gateway.advance(0);
  await gateway.last().send('event: 1:record\nid: 1:42\ndata: x\n\n');
  a.close();
  a.close();
  gateway.client.subscribe('/api/c', recorder());
  await gateway.advance(0);
  assert.equal(gateway.streams.length, 2);
  assert.equal(gateway.streams[0]?.signal.aborted, true);
  assert.deepEqual(gateway.params(), ['s=/api/b', 's=/api/c', 'last=0:42']);
});

test('the second subscriber of a path costs nothing, the last one closes it', async () => {
  const gateway = fakeGateway();
  const first = gateway.client.subscribe('/api/a', recorder());
  await gateway.advance(0);
  const second = gateway.client.subscribe('/api/a', recorder());
  first.close();
  await gateway.advance(0);
  assert.equal(gateway.streams.length, 1);
  second.close();
  await gateway.advance(0);
  assert.equal(gateway.streams.length, 1);
  assert.equal(gateway.client.state.kind, 'idle');
});

test('a broken connection backs off, says why, and resumes', async () => {
  const gateway = fakeGateway();
  const a = recorder();
  gateway.client.subscribe('/api/a', a);
  await gateway.advance(0);
  await gateway.last().send('event: 0:record\nid: 0:5\ndata: x\n\n');
  gateway.refuse('no route to host');
  await gateway.last().end();
  assert.equal(gateway.client.state.kind, 'waiting');
  await gateway.advance(1000);
  await gateway.advance(2000);
  const state = gateway.client.state;
  assert.ok(state.kind === 'waiting' && state.attempt === 3 && state.message === 'no route to host');
  gateway.refuse(null);
  await gateway.advance(3000);
  assert.equal(gateway.client.state.kind, 'open');
  assert.deepEqual(gateway.params(), ['s=/api/a', 'last=0:5']);
  assert.deepEqual(
    a.seen.filter((text) => text.startsWith('gap')),
    [],
  );
});

test('retryNow does not wait', async () => {
  const gateway = fakeGateway();
  gateway.client.subscribe('/api/a', recorder());
  gateway.refuse('down');
  await gateway.advance(0);
  gateway.refuse(null);
  gateway.client.retryNow();
  await gateway.advance(0);
  assert.equal(gateway.client.state.kind, 'open');
});

test('silence is a broken connection', async () => {
  const gateway = fakeGateway();
  gateway.client.subscribe('/api/a', recorder());
  await gateway.advance(0);
  await gateway.advance(30_000);
  await gateway.last().send(': heartbeat\n\n');
  await gateway.advance(44_000);
  assert.equal(gateway.streams.length, 1);
  await gateway.advance(2_000);
  assert.equal(gateway.streams.length, 2);
});

test('a hidden page closes the stream; after a long time it starts anew and says so', async () => {
  const gateway = fakeGateway();
  const a = recorder();
  gateway.client.subscribe('/api/a', a);
  await gateway.advance(0);
  await gateway.last().send('event: 0:record\nid: 0:5\ndata: x\n\n');
  gateway.client.setSuspended(true);
  assert.equal(gateway.last().signal.aborted, true);
  assert.equal(gateway.client.state.kind, 'suspended');
  await gateway.advance(10_000);
  gateway.client.setSuspended(false);
  await gateway.advance(0);
  assert.deepEqual(gateway.params(), ['s=/api/a', 'last=0:5']);
  gateway.client.setSuspended(true);
  await gateway.advance(600_000);
  gateway.client.setSuspended(false);
  await gateway.advance(0);
  assert.deepEqual(gateway.params(), ['s=/api/a']);
  assert.equal(a.seen.at(-1), 'gap 600000');
});

test('an upstream failure concerns its subscriber only', async () => {
  const gateway = fakeGateway();
  const a = gateway.client.subscribe('/api/a', recorder());
  const b = gateway.client.subscribe('/api/b', recorder());
  await gateway.advance(0);
  await gateway.last().send('event: 0:$error\ndata: {"status":503,"message":"search is down","retryMs":500}\n\n');
  assert.deepEqual(a.state, { kind: 'error', status: 503, message: 'search is down' });
  assert.equal(b.state.kind, 'connecting');
  assert.equal(gateway.client.state.kind, 'open');
  await gateway.last().send('event: 0:tick\ndata: 1\n\n');
  assert.equal(a.state.kind, 'open');
});

test('the seventeenth stream is refused in words', async () => {
  const gateway = fakeGateway();
  const subs = Array.from({ length: 17 }, (_, index) => gateway.client.subscribe(`/api/${index}`, recorder()));
  await gateway.advance(0);
  assert.equal(gateway.params().length, 16);
  assert.match(JSON.stringify(subs[16]?.state), /16 streams/);
});

test('closing ends everything', async () => {
  const gateway = fakeGateway();
  gateway.client.subscribe('/api/a', recorder());
  await gateway.advance(0);
  gateway.client.close();
  gateway.client.close();
  gateway.client.setSuspended(false);
  await gateway.advance(100_000);
  assert.equal(gateway.streams.length, 1);
  assert.equal(gateway.client.state.kind, 'idle');
});
