import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrapWithoutPassword, parseBootstrap } from './bootstrap.ts';

test('addresses alone are plain TCP', () => {
  const plain = { ssl: null, sasl: null };
  assert.deepEqual(parseBootstrap('a:9092, [::1]:9093'), {
    addresses: [
      { host: 'a', port: 9092 },
      { host: '::1', port: 9093 },
    ],
    ...plain,
  });
  assert.deepEqual(parseBootstrap(['a:1', 'b:2,c:3']).addresses.length, 3);
  assert.deepEqual(parseBootstrap('kafka://a:1'), { addresses: [{ host: 'a', port: 1 }], ...plain });
});

test('a URL says how to log in', () => {
  assert.deepEqual(parseBootstrap('kafka+ssl://orders:p%40ss%2Fw%25rd@a:1,b:2'), {
    addresses: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
    ssl: {},
    sasl: { mechanism: 'scram-sha-512', username: 'orders', password: 'p@ss/w%rd' },
  });
  assert.deepEqual(parseBootstrap('kafka+ssl://u:p@a:1?mechanism=PLAIN').sasl, {
    mechanism: 'plain',
    username: 'u',
    password: 'p',
  });
  assert.equal(parseBootstrap('kafka+ssl://a:1/').sasl, null);
});

test('what cannot be meant is refused, and no password is repeated', () => {
  for (const [text, expected] of [
    ['a', /'a' is not host:port/],
    ['', /is not host:port/],
    ['https://u:secret@a:1', /scheme is 'https'/],
    ['kafka+ssl://u:secret@a', /'a' is not host:port/],
    ['u:secret@a:1', /'a:1' is not host:port/],
    ['kafka+ssl://:secret@a:1', /needs user:password/],
    ['kafka+ssl://u:%secret@a:1', /not percent-encoded/],
    ['kafka+ssl://u:secret@a:1?mechanism=gssapi', /mechanism is 'gssapi'/],
    ['kafka://u:secret@a:1?mechanism=plain', /kafka\+ssl/],
    ['kafka+ssl://u:secret@a:1?Ca=x', /'Ca'/],
    ['kafka+ssl://u:secret@a:1?ca=/nowhere/ca.pem', /\/nowhere\/ca.pem cannot be read/],
    ['kafka://a:1?ca=x', /ca is for TLS/],
  ] as const) {
    assert.throws(
      () => parseBootstrap(text),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'HW_CLIENT_BAD_OPTION');
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
      text,
    );
  }
  assert.equal(bootstrapWithoutPassword('kafka+ssl://u:secret@a:1,b:2'), 'kafka+ssl://a:1,b:2');
  assert.equal(bootstrapWithoutPassword('a:1'), 'a:1');
});
