import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributesMax, recordBytesMax, recordText, stackBytesMax, truncatedKey } from './bounds.ts';
import type { LineOrigin } from './json-line.ts';
import { decodeLine } from './line.ts';
import { LineSplitter } from './line-splitter.ts';

const receivedMs = Date.UTC(2026, 10, 22, 12);
const origin: LineOrigin = { source: 'tcp', receivedMs, service: 'unknown', host: '10.0.0.9' };
const plain = (line: string) => {
  const { record } = decodeLine(line, origin);
  return JSON.parse(JSON.stringify(record)) as Record<string, unknown>;
};

test('logstash-logback-encoder: its fields, MDC as attributes', () => {
  const line = JSON.stringify({
    '@timestamp': '2026-11-22T11:59:58.123+01:00',
    '@version': '1',
    message: 'payment failed',
    logger_name: 'com.acme.Pay',
    thread_name: 'http-nio-8080-exec-1',
    level: 'ERROR',
    level_value: 40000,
    stack_trace: 'java.lang.IllegalStateException: no\n\tat com.acme.Pay.run(Pay.java:7)\n',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    user: 'ada',
    'spring.application.name': 'payments',
  });
  assert.deepEqual(plain(line), {
    timestampMs: Date.UTC(2026, 10, 22, 10, 59, 58, 123),
    receivedMs,
    service: 'payments',
    level: 'ERROR',
    message: 'payment failed',
    source: 'tcp',
    logger: 'com.acme.Pay',
    thread: 'http-nio-8080-exec-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    stack: 'java.lang.IllegalStateException: no\n\tat com.acme.Pay.run(Pay.java:7)\n',
    host: '10.0.0.9',
    attributes: { user: 'ada' },
  });
});

test('pino, bunyan, winston, ECS, zap, Log4j 2: the same record of each', () => {
  const lines = [
    {
      level: 50,
      time: 1795348798123,
      pid: 7,
      hostname: 'box',
      name: 'shop',
      msg: 'no',
      err: { type: 'E', stack: 'E: no\n at x' },
    },
    {
      name: 'shop',
      hostname: 'box',
      pid: 7,
      level: 50,
      msg: 'no',
      time: '2026-11-22T11:59:58.123Z',
      v: 0,
      err: { stack: 'E: no\n at x' },
    },
    {
      level: 'error',
      message: 'no',
      timestamp: '2026-11-22T11:59:58.123Z',
      service: 'shop',
      stack: 'E: no\n at x',
      hostname: 'box',
    },
    {
      '@timestamp': '2026-11-22T11:59:58.123Z',
      'log.level': 'error',
      message: 'no',
      service: { name: 'shop' },
      host: { name: 'box' },
      error: { stack_trace: 'E: no\n at x' },
    },
    { level: 'error', ts: 1795348798.123, msg: 'no', service: 'shop', stacktrace: 'E: no\n at x', host: 'box' },
    {
      timeMillis: 1795348798123,
      level: 'ERROR',
      message: 'no',
      contextMap: { service: 'shop' },
      thrown: { extendedStackTrace: 'E: no\n at x' },
      hostname: 'box',
    },
  ];
  for (const line of lines) {
    const { attributes: _, ...record } = plain(JSON.stringify(line));
    assert.deepEqual(
      record,
      {
        timestampMs: 1795348798123,
        receivedMs,
        service: 'shop',
        level: 'ERROR',
        message: 'no',
        source: 'tcp',
        stack: 'E: no\n at x',
        host: 'box',
      },
      JSON.stringify(line),
    );
  }
});

test('a line that is no JSON is a plain message; its time and level are told where it says them', () => {
  assert.deepEqual(plain('it works'), {
    timestampMs: receivedMs,
    receivedMs,
    service: 'unknown',
    message: 'it works',
    source: 'tcp',
    host: '10.0.0.9',
  });
  const told = plain('2026-11-22 11:00:00,250Z [main] WARN  c.acme.Pay - slow');
  assert.deepEqual([told['timestampMs'], told['level']], [Date.UTC(2026, 10, 22, 11, 0, 0, 250), 'WARN']);
  assert.equal(plain('there was no error, and no Warning')['level'], undefined);
  const broken = decodeLine('{"level":"info","message":"cut of', origin);
  assert.deepEqual([broken.isMalformed, broken.record.message], [true, '{"level":"info","message":"cut of']);
  assert.equal(decodeLine('[1,2]', origin).isMalformed, false);
});

test('what injects lines, terminal codes or prototypes is kept as data', () => {
  const message = 'ok\n{"level":"FATAL","message":"forged"}\u001b[31mred\u0000\u2028';
  const line = JSON.stringify({ message, service: 'a\nb', ['__proto__']: { polluted: true }, constructor: 'x' });
  const { record } = decodeLine(line, origin);
  assert.equal(record.message, message);
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.ok(!recordText(record).includes('\n') && !recordText(record).includes('\u001b'));
  // A lone backslash as a key would make JSON.parse forget other keys.
  const poison = decodeLine('{"message":"x","\\\\":2}', origin);
  assert.deepEqual([poison.isMalformed, poison.record.message], [true, '{"message":"x","\\\\":2}']);
  assert.deepEqual(JSON.parse('{"\\n":1}'), { '\n': 1 });
});

test('bombs are cut, and the record says how often', () => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]));
  const { cut, record } = decodeLine(
    JSON.stringify({ message: 'é'.repeat(50_000), stack_trace: 's'.repeat(300_000), ...many }),
    origin,
  );
  assert.equal(Object.keys(record.attributes!).length, attributesMax + 1);
  assert.equal(Buffer.byteLength(record.message), 65_536);
  assert.equal(record.stack!.length, stackBytesMax);
  assert.equal(cut, 2 + 5_000 - attributesMax);
  assert.equal(record.attributes![truncatedKey], String(cut));
  const controls = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`k${i}`, '\u0001'.repeat(8_000)]));
  const worst = decodeLine(
    JSON.stringify({ message: '\u0001'.repeat(65_000), stack_trace: '\u0001'.repeat(260_000), ...controls }),
    origin,
  );
  assert.ok(Buffer.byteLength(recordText(worst.record)) <= recordBytesMax);
  let deep = '1';
  for (let i = 0; i < 5_000; i++) deep = `{"a":${deep}}`;
  assert.ok(decodeLine(`{"message":"deep","x":${deep}}`, origin).record.attributes);
});

test('lines come out of any cut of their bytes, and long ones end at the bound', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const lines = Array.from({ length: 300 }, (_, i) => 'ä'.repeat(Math.floor(random() * 80)) + i);
  const bytes = Buffer.from(lines.map((line, i) => line + (i % 2 === 0 ? '\n' : '\r\n\n')).join(''));
  const splitter = new LineSplitter(100);
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + Math.floor(random() * 60);
    found.push(...splitter.push(bytes.subarray(at, at + length)));
    at += length;
  }
  found.push(...splitter.end());
  assert.equal(found.length, lines.length, `seed ${seed}`);
  for (const [i, { isCut, text }] of found.entries()) {
    const whole = Buffer.from(lines[i]!);
    assert.equal(isCut, whole.length + (i % 2) > 100, `seed ${seed}, line ${i}`);
    assert.ok(whole.toString().startsWith(text.replace(/[\ufffd\r]+$/, '')), `seed ${seed}, line ${i}`);
  }
});
