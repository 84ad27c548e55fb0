import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerParser } from './answer-parser.ts';

interface Told {
  heads: [number, string, string[]][];
  informed: number[];
  body: string;
  trailers: string[] | undefined;
  ends: number;
}

function read(
  text: string,
  size = Number.POSITIVE_INFINITY,
  method = 'GET',
  closes = false,
): Told & { keeps: boolean } {
  const told: Told = { heads: [], informed: [], body: '', trailers: undefined, ends: 0 };
  const parser = new AnswerParser({
    informed: (status) => told.informed.push(status),
    head: (...head) => void told.heads.push(head),
    data: (piece) => {
      told.body += piece.toString('latin1');
    },
    end: (trailers) => {
      told.ends++;
      told.trailers = trailers;
    },
  });
  parser.expect(method);
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    // What was pushed may be overwritten afterwards.
    const piece = Buffer.from(bytes.subarray(at, at + size));
    parser.push(piece);
    piece.fill(0);
  }
  if (closes) parser.finish();
  return { ...told, keeps: parser.keepsAlive };
}

test('answers of every framing, cut anywhere', () => {
  const cases: [string, string, string, string[] | undefined, boolean][] = [
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: \t a b \r\n\r\nhello', 'hello', undefined, true],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '', undefined, true],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', '', undefined, true],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '', undefined, true],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n', '', undefined, true],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n', '', undefined, true],
    [
      'GET',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n5;a="b"\r\nhello\r\n01\r\n!\r\n0\r\nA: 1\r\nB:2 \r\n\r\n',
      'hello!',
      ['A', '1', 'B', '2'],
      true,
    ],
    ['GET', 'HTTP/1.1 200\r\n\r\nuntil the end', 'until the end', undefined, false],
    ['GET', 'HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 1\r\n\r\nx', 'x', undefined, false],
    ['GET', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx', 'x', undefined, false],
    ['GET', 'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx', 'x', undefined, true],
    [
      'GET',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
      'x',
      undefined,
      true,
    ],
  ];
  for (const [method, text, body, trailers, keeps] of cases) {
    for (let size = 1; size <= text.length; size++) {
      const told = read(text, size, method, !keeps);
      assert.equal(told.body, body, `${text} in pieces of ${size}`);
      assert.equal(told.ends, 1, `${text} in pieces of ${size}`);
      assert.equal(told.heads.length, 1);
      assert.deepEqual(told.trailers, trailers);
      assert.equal(told.keeps, keeps, text);
    }
  }
  assert.deepEqual(read(cases[0]![1]).heads, [[200, 'OK', ['Content-Length', '5', 'X', 'a b']]]);
  assert.deepEqual(read(cases.at(-1)![1]).informed, [100, 103]);
});

test('answers that can be read in two ways, or are none, are errors', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  for (const text of [
    `${head}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    `${head}Content-Length: 5, 5\r\n\r\nhello`,
    `${head}Content-Length: +5\r\n\r\nhello`,
    `${head}Content-Length: 0x5\r\n\r\nhello`,
    `${head}Content-Length: 9999999999999999\r\n\r\n`,
    `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: identity\r\n\r\n`,
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `${head}Content-Length : 5\r\n\r\nhello`,
    `${head} folded\r\n\r\n`,
    `${head}X: a\r\n b\r\n\r\n`,
    `${head}X: a\x01b\r\n\r\n`,
    `${head}X: a\x7fb\r\n\r\n`,
    `${head}X: a\nY: b\r\n\r\n`,
    `${head}X: a\rY: b\r\n\r\n`,
    `${head}no field\r\n\r\n`,
    `${head}: empty\r\n\r\n`,
    'HTTP/2 200 OK\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 600 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    'http/1.1 200 OK\r\n\r\n',
    '\r\nHTTP/1.1 200 OK\r\n\r\n',
    ' ',
    `${head}X: ${'x'.repeat(70_000)}`,
    ...['zz', '', '-1', '5 5', '5;\x01', '0x5', 'ffffffffffffff', `5;${'x'.repeat(2_000)}`].map(
      (size) => `${head}Transfer-Encoding: chunked\r\n\r\n${size}\r\nhello\r\n0\r\n\r\n`,
    ),
    `${head}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n0\r\nno field\r\n\r\n`,
    `${head}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    `${head}Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n`,
    `${head}Content-Length: 0\r\n\r\n\r\n`,
  ])
    assert.throws(() => read(text), /./, JSON.stringify(text.slice(0, 100)));
});

test('no bytes make it fail otherwise than by its own error', () => {
  const seed = (Date.now() ^ process.pid) >>> 0;
  let state = seed;
  const random = (max: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
  const whole = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n';
  for (let i = 0; i < 3_000; i++) {
    const bytes = Buffer.from(whole, 'latin1');
    for (let n = random(4); n >= 0; n--) bytes[random(bytes.length)] = random(256);
    try {
      read(bytes.toString('latin1'), 1 + random(20));
    } catch (error) {
      assert.match((error as { code?: string }).code ?? String(error), /^HPE_/, `seed ${seed}, run ${i}`);
    }
  }
});
