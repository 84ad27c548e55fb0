import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainHead } from './plain-head.ts';

const head = (text: string) => plainHead(Buffer.from(text, 'latin1'));

test('a plain request is read, what follows it is left', () => {
  const found = head('GET /a?b=%20 HTTP/1.1\r\nHost: x\r\nX-A: \t b c \r\nCookie: a=1; b=2\r\n\r\nGET /next');
  assert.deepEqual(found, {
    method: 'GET',
    target: '/a?b=%20',
    rawHeaders: ['Host', 'x', 'X-A', 'b c', 'Cookie', 'a=1; b=2'],
    headers: { host: 'x', 'x-a': 'b c', cookie: 'a=1; b=2' },
    keepsAlive: true,
    end: 65,
  });
  assert.equal(head('HEAD / HTTP/1.1\r\nhost: x\r\nconnection: Close\r\n\r\n')?.keepsAlive, false);
  assert.equal(head('DELETE / HTTP/1.1\r\nhost: x\r\nConnection: Keep-Alive\r\n\r\n')?.keepsAlive, true);
});

test('everything that could be read otherwise, or has more to it, is left to the full server', () => {
  const fields = (text: string): string => `GET / HTTP/1.1\r\nHost: x\r\n${text}\r\n\r\n`;
  for (const text of [
    'GET / HTTP/1.1\r\nHost: x\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\n\r\n',
    'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
    'get / HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.0\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1 \r\nHost: x\r\n\r\n',
    'GET  / HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /\xe4 HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET * HTTP/1.1\r\nHost: x\r\n\r\n',
    '\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    fields('Content-Length: 0'),
    fields('content-length: 3'),
    fields('Transfer-Encoding: chunked'),
    fields('Transfer-Encoding : chunked'),
    fields(' Transfer-Encoding: chunked'),
    fields('X: a\r\n folded'),
    fields('X: a\nTransfer-Encoding: chunked'),
    fields('X: a\rTransfer-Encoding: chunked'),
    fields('X: a\0b'),
    fields('X: a\x0bb'),
    fields('Host: y'),
    fields('X: 1\r\nx: 2'),
    fields('Upgrade: websocket\r\nConnection: Upgrade'),
    fields('Connection: close, x'),
    fields('Expect: 100-continue'),
    fields('TE: trailers'),
    fields('__proto__: x'),
    fields('constructor: x'),
    fields('no field'),
    fields(': x'),
    fields('X Y: z'),
    fields(`X: ${'x'.repeat(17_000)}`),
    fields(Array.from({ length: 200 }, (_, i) => `X${i}: 1`).join('\r\n')),
  ])
    assert.equal(head(text), undefined, JSON.stringify(text.slice(0, 80)));
});
