import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelOf, readLine } from './log-line.ts';

test('lines of usual loggers are understood', () => {
  const pino =
    '{"level":50,"time":1700000000123,"pid":7,"msg":"lost","traceId":"0af7651916cd43dd8448eb211c80319c","err":{"message":"x","stack":"Error: x\\n  at y"}}';
  assert.deepEqual(readLine(pino, 'info', 1), {
    timeMs: 1_700_000_000_123,
    level: 'error',
    message: 'lost',
    fields: {
      pid: 7,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      err: { message: 'x', stack: 'Error: x\n  at y' },
      stack: 'Error: x\n  at y',
    },
  });
  const python =
    '{"timestamp": 1700000000.5, "levelname": "WARNING", "message": "slow", "name": "app.db", "trace_id": "ab"}';
  assert.deepEqual(readLine(python, 'info', 1), {
    timeMs: 1_700_000_000_500,
    level: 'warn',
    message: 'slow',
    fields: { logger: 'app.db', traceId: 'ab' },
  });
  const logback =
    '{"@timestamp":"2026-11-22T10:00:00.000Z","level":"INFO","logger_name":"a.B","thread_name":"main","message":"up","stack_trace":"t"}';
  assert.deepEqual(readLine(logback, 'error', 1), {
    timeMs: Date.parse('2026-11-22T10:00:00.000Z'),
    level: 'info',
    message: 'up',
    fields: { logger: 'a.B', thread: 'main', stack: 't' },
  });
});

test('what is no JSON, or says nothing usual, is a message', () => {
  assert.deepEqual(readLine('{broken', 'warn', 5), { timeMs: 5, level: 'warn', message: '{broken', fields: {} });
  assert.deepEqual(readLine('[1]', 'info', 5).message, '[1]');
  assert.deepEqual(readLine('{"a":1}', 'info', 5), { timeMs: 5, level: 'info', message: '{"a":1}', fields: { a: 1 } });
  assert.deepEqual(readLine('null', 'info', 5).message, 'null');
});

test('levels in other spellings, and times in other units', () => {
  assert.deepEqual([10, 20, 30, 40, 50, 60, 99, 35].map(levelOf), [
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'fatal',
    'warn',
  ]);
  assert.deepEqual(['Warning', 'SEVERE', 'critical', 'nonsense', undefined].map(levelOf), [
    'warn',
    'error',
    'fatal',
    undefined,
    undefined,
  ]);
  for (const time of [1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000, 1_700_000_000_000_000_000])
    assert.equal(readLine(JSON.stringify({ time, msg: 'x' }), 'info', 1).timeMs, 1_700_000_000_000);
  assert.equal(readLine('{"time":"never","msg":"x"}', 'info', 9).timeMs, 9);
});
