import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { backend, bodyOf, gatewayTo, until } from './support.ts';

interface Answer {
  headers: IncomingHttpHeaders & { ':status'?: number };
  trailers: IncomingHttpHeaders | undefined;
  body: string;
}

function ask(session: ClientHttp2Session, headers: Record<string, string | string[]>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let answer: Answer['headers'] | undefined;
    let trailers: IncomingHttpHeaders | undefined;
    let text = '';
    stream.on('response', (received) => {
      answer = received;
    });
    stream.on('trailers', (received) => {
      trailers = received;
    });
    stream.on('data', (chunk) => {
      text += chunk;
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (answer === undefined || stream.rstCode !== 0) reject(new Error(`reset ${stream.rstCode}`));
      else resolve({ headers: answer, trailers, body: text });
    });
    if (body !== undefined) stream.end(body);
  });
}

/** An upstream that speaks HTTP/2 only, as servers of gRPC do. */
async function http2Backend(handler: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void) {
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    handler(stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function session(url: string): Promise<ClientHttp2Session> {
  const made = connect(url);
  made.on('error', () => {});
  await once(made, 'connect');
  return made;
}

test('callers by HTTP/2 reach upstreams by HTTP/1.1, many streams at once', async () => {
  await using upstream = await backend(async (req, res) => {
    res.setHeader('set-cookie', ['a=1', 'b=2']);
    res.setHeader('connection', 'keep-alive');
    res.end(
      JSON.stringify({
        method: req.method,
        url: req.url,
        headers: req.headers,
        raw: req.rawHeaders,
        body: await bodyOf(req),
      }),
    );
  });
  await using gateway = await gatewayTo(upstream.url);
  const client = await session(gateway.url);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      ask(
        client,
        { ':method': 'POST', ':path': `/r/${i}?x=%20`, cookie: ['c=1', 'd=2'], 'x-a': ['1', '2'] },
        `body ${i}`.repeat(i * 500),
      ),
    ),
  );
  for (const [i, answer] of answers.entries()) {
    assert.equal(answer.headers[':status'], 200);
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
    assert.ok(answer.headers['x-correlation-id']);
    const seen = JSON.parse(answer.body) as {
      method: string;
      url: string;
      headers: Record<string, string>;
      raw: string[];
      body: string;
    };
    assert.deepEqual([seen.method, seen.url, seen.body], ['POST', `/${i}?x=%20`, `body ${i}`.repeat(i * 500)]);
    assert.equal(seen.headers.cookie, 'c=1; d=2');
    assert.equal(seen.raw.filter((name) => name.toLowerCase() === 'cookie').length, 1);
    assert.equal(seen.headers['transfer-encoding'], 'chunked');
    assert.equal(seen.headers['x-forwarded-host'], new URL(gateway.url).host);
    assert.equal(seen.headers.host, new URL(upstream.url).host);
  }
  const head = await ask(client, { ':method': 'HEAD', ':path': '/r/' });
  assert.deepEqual([head.headers[':status'], head.body], [200, '']);
  assert.equal((await ask(client, { ':path': '/nope' })).headers[':status'], 404);
  assert.equal((await ask(client, { ':path': '/r/%2e%2e/x' })).headers[':status'], 400);
  assert.equal((await ask(client, { ':path': '/api/gateway/routes' })).headers[':status'], 200);
  client.close();
});

test('an upstream that dies within its answer resets the stream; a caller that resets cancels the upstream', async () => {
  let closed = 0;
  await using upstream = await backend((req, res) => {
    res.on('close', () => closed++);
    res.write('half');
    if (req.url === '/cut') setTimeout(() => res.destroy(), 20);
  });
  await using gateway = await gatewayTo(upstream.url);
  const client = await session(gateway.url);
  await assert.rejects(ask(client, { ':path': '/r/cut' }), /reset|INTERNAL/);
  const stream = client.request({ ':path': '/r/endless' });
  stream.on('error', () => {});
  await once(stream, 'data');
  stream.close(constants.NGHTTP2_CANCEL);
  await until(() => closed === 2, 'both requests upstream to end');
  client.destroy();
});

test('gRPC passes: HTTP/2 on both sides, bodies both ways at once, trailers', async () => {
  const seen: IncomingHttpHeaders[] = [];
  await using upstream = await http2Backend((stream, headers) => {
    seen.push(headers);
    if (headers[':path'] === '/pkg.Service/Fail') {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true });
      return;
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine', 'set-cookie': 'x=1' }),
    );
    stream.pipe(stream);
  });
  await using gateway = await gatewayTo(upstream.url, {
    routes: [{ id: 'grpc', uri: upstream.url, predicates: ['Path=/pkg.Service/**'], metadata: { http2: true } }],
  });
  const client = await session(gateway.url);
  const headers = { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };
  const answer = await ask(client, { ...headers, ':path': '/pkg.Service/Echo' }, '\0\0\0\0\x05hello');
  assert.equal(answer.body, '\0\0\0\0\x05hello');
  assert.equal(answer.trailers?.['grpc-status'], '0');
  assert.equal(answer.trailers?.['grpc-message'], 'fine');
  assert.equal(answer.trailers?.['set-cookie'], undefined);
  assert.equal(seen[0]!.te, 'trailers');
  assert.equal(seen[0]![':authority'], new URL(upstream.url).host);
  const failed = await ask(client, { ...headers, ':path': '/pkg.Service/Fail' }, 'x');
  assert.equal(failed.headers['grpc-status'], '5');
  // A call of two streams: each message is answered before the next one is sent.
  const stream = client.request({ ...headers, ':path': '/pkg.Service/Chat' });
  for (const message of ['one', 'two', 'three']) {
    stream.write(message);
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    assert.equal(chunk.toString(), message);
  }
  stream.end();
  await once(stream, 'close');
  assert.equal(upstream.sessions.size, 1, 'one connection carries all');
  // The upstream's connection ends: the next call makes another one.
  for (const each of upstream.sessions) each.destroy();
  await until(() => upstream.sessions.size > 0, 'sessions');
  const again = await ask(client, { ...headers, ':path': '/pkg.Service/Echo' }, 'again');
  assert.ok(again.body === 'again' || again.headers[':status'] === 502);
  client.close();
});

test('trailers reach callers by HTTP/1.1 that ask for them', async () => {
  await using upstream = await backend((_req, res) => {
    res.writeHead(200, { trailer: 'x-sum' });
    res.write('body');
    res.addTrailers({ 'x-sum': '7' });
    res.end();
  });
  await using gateway = await gatewayTo(upstream.url);
  const get = async (more: string): Promise<string> => {
    const socket = connectTcp(gateway.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write(`GET /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`);
    await once(socket, 'close');
    return text;
  };
  assert.match(await get('TE: trailers\r\n'), /\r\n0\r\nx-sum: 7\r\n\r\n$/);
  assert.match(await get(''), /\r\n0\r\n\r\n$/);
});

/** Frames of HTTP/2, as nobody's library sends them. */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields without indexing, names and values as they are. */
function block(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.map(([name, value]) =>
      Buffer.concat([
        Buffer.from([0, name.length]),
        Buffer.from(name, 'latin1'),
        Buffer.from([value.length]),
        Buffer.from(value, 'latin1'),
      ]),
    ),
  );
}

const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);
const fieldsOf = (path: string, ...more: (readonly [string, string])[]): Buffer =>
  block([[':method', 'GET'], [':scheme', 'http'], [':path', path], [':authority', 'localhost'], ...more]);

test('heads that would be another request in HTTP/1.1 never reach an upstream', async () => {
  const seen: string[] = [];
  await using upstream = await backend((req, res) => {
    // A field that is none is dropped by the framing layer; what is left is a request.
    seen.push(req.rawHeaders.some((name) => /^x-[ab]/i.test(name)) ? 'a field' : req.url!);
    res.end('ok');
  });
  await using gateway = await gatewayTo(upstream.url);
  const attempts: Buffer[] = [
    fieldsOf('/r/dropped', ['x-a', 'b\r\nGET /r/smuggled HTTP/1.1\r\nHost: x\r\n\r\n']),
    fieldsOf('/r/dropped', ['x-a\r\nx-b', 'c']),
    fieldsOf('/r/dropped', ['x-a', 'b\0c']),
    fieldsOf('/r/dropped', ['x-a: b', 'c']),
    fieldsOf('/r/bad', ['transfer-encoding', 'chunked']),
    fieldsOf('/r/bad', ['connection', 'close']),
    fieldsOf('/r/bad', ['X-Upper', 'a']),
    fieldsOf('/r/bad', ['te', 'gzip']),
    fieldsOf('/r/bad', ['content-length', '5']),
    fieldsOf('/r/bad', ['content-length', '0'], ['content-length', '5']),
    fieldsOf('/r/bad', ['host', 'other']),
    fieldsOf('/r/bad HTTP/1.1\r\nX: y'),
    fieldsOf('/r/bad x'),
    fieldsOf('r/bad'),
    fieldsOf('/r/bad', [':path', '/r/second']),
    block([
      [':method', 'GET /r/smuggled HTTP/1.1\r\n'],
      [':scheme', 'http'],
      [':path', '/r/bad'],
      [':authority', 'localhost'],
    ]),
    block([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/r/bad'],
      [':authority', 'local\r\nhost'],
    ]),
    block([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'localhost'],
    ]),
    block([
      ['x-a', 'b'],
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/r/bad'],
      [':authority', 'localhost'],
    ]),
  ];
  for (const attempt of attempts) {
    const socket = connectTcp(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
    socket.write(Buffer.concat([preface, frame(1, 5, 1, attempt), frame(6, 0, 0, Buffer.from('pingpong'))]));
    // The answer to the ping, or the end: by then the head has been judged.
    await until(() => socket.destroyed || received.includes('pingpong') || received.length > 200, 'an end', 20_000);
    socket.destroy();
  }
  // A length that the body does not keep.
  const client = await session(gateway.url);
  await assert.rejects(
    ask(client, { ':method': 'POST', ':path': '/r/mismatch', 'content-length': '100' }, 'short').then((answer) => {
      if (answer.headers[':status'] !== 200) throw new Error('reset');
    }),
  );
  client.destroy();
  assert.deepEqual(
    seen.filter((url) => url !== '/mismatch' && url !== '/dropped'),
    [],
  );
  assert.equal(await (await fetch(`${gateway.url}/r/after`)).text(), 'ok', 'others are served');
});

/** Sends frames as fast as they are taken, and gives back how many were sent when the connection was ended. */
async function flood(port: number, make: (i: number) => Buffer, what: string, isReading = true): Promise<number> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  if (isReading) socket.on('data', () => {});
  socket.write(preface);
  let i = 0;
  const isEnded = (): boolean => socket.destroyed || socket.readableEnded;
  const more = (): void => {
    if (isEnded() || i > 400_000) return;
    const frames: Buffer[] = [];
    for (const end = i + 500; i < end; i++) frames.push(make(i));
    socket.write(Buffer.concat(frames), (error) => (error ? undefined : setImmediate(more)));
  };
  more();
  await until(() => isEnded() || i > 400_000, `the end of ${what}`);
  assert.ok(isEnded(), `${what}: ${i} frames were taken`);
  socket.destroy();
  return i;
}

test('floods of resets, settings, pings and continuations end the connection that sends them, and no other', async () => {
  let asked = 0;
  await using upstream = await backend((_req, res) => {
    asked++;
    res.end('ok');
  });
  await using gateway = await gatewayTo(upstream.url);
  const other = await session(gateway.url);
  const fields = fieldsOf('/r/x');
  const code = Buffer.from([0, 0, 0, 8]);
  const ping = frame(6, 0, 0, Buffer.from('pingpong'));
  const setting = frame(4, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]));
  const floods: [string, (i: number) => Buffer, isReading?: boolean][] = [
    ['resets', (i) => Buffer.concat([frame(1, 5, 2 * i + 1, fields), frame(3, 0, 2 * i + 1, code)])],
    ['settings', () => setting],
    ['settings whose answers nobody reads', () => setting, false],
    ['pings', () => ping],
    ['pings whose answers nobody reads', () => ping, false],
    ['continuations', (i) => (i === 0 ? frame(1, 1, 1, fields) : frame(9, 0, 1, block([[`x-${i}`, 'y'.repeat(100)]])))],
    ['empty continuations', (i) => (i === 0 ? frame(1, 1, 1, fields) : frame(9, 0, 1))],
  ];
  for (const [name, make, isReading] of floods) {
    await flood(gateway.port, make, name, isReading);
    assert.equal(await (await fetch(`${gateway.url}/r/after`)).text(), 'ok', `others are served after ${name}`);
    assert.equal((await ask(other, { ':path': '/r/after' })).body, 'ok', `streams of others go on after ${name}`);
  }
  assert.ok(asked < 5_000, `${asked} requests reached the upstream`);
  other.close();
});

/** The length of an HPACK integer's prefix is five bits: a change of the table's size (RFC 7541, section 6.3). */
function tableSize(size: number): Buffer {
  const bytes = [0x3f];
  let rest = size - 31;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** Puts a field into the table (RFC 7541, section 6.2.1). */
function indexed(name: string, value: string): Buffer {
  const high = value.length - 127;
  const length = high < 0 ? [value.length] : [127, (high % 128) + 128, Math.floor(high / 128)];
  return Buffer.concat([Buffer.from([0x40, name.length]), Buffer.from(name), Buffer.from(length), Buffer.from(value)]);
}

/** Counts RST_STREAM frames. */
function resetsOf(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) if (bytes[at + 3] === 3) count++;
  return count;
}

test('attacks on the table of headers end the connection that sends them, and reach no upstream', async () => {
  const seen: string[] = [];
  await using upstream = await backend((req, res) => {
    seen.push(req.url!);
    res.end('ok');
  });
  await using gateway = await gatewayTo(upstream.url);
  const other = await session(gateway.url);
  const fields = fieldsOf('/r/bad');
  const attacks: Record<string, (i: number) => Buffer> = {
    'a table larger than was allowed': () => frame(1, 5, 1, Buffer.concat([tableSize(64 * 1024 * 1024), fields])),
    'a table of two thousand million bytes': () => frame(1, 5, 1, Buffer.concat([tableSize(2 ** 31), fields])),
    'a field that is not in the table': () => frame(1, 5, 1, Buffer.concat([fields, Buffer.from([0x80 + 126])])),
    'field number 0': () => frame(1, 5, 1, Buffer.concat([fields, Buffer.from([0x80])])),
    'a number without an end': () => frame(1, 5, 1, Buffer.concat([fields, Buffer.alloc(64, 0xff)])),
    'a size in the middle of a head': () => frame(1, 5, 1, Buffer.concat([fields, tableSize(100)])),
  };
  for (const [name, make] of Object.entries(attacks)) {
    await flood(gateway.port, make, name);
    assert.equal((await ask(other, { ':path': '/r/after' })).body, 'ok', `others are served after ${name}`);
  }
  // Small heads that would become large ones: a field of 3.9 KB in the table, meant by one byte each time. Each is reset, and costs what was sent.
  const stored = Buffer.concat([fields, indexed('x-bomb', 'y'.repeat(3_900))]);
  const bomb = Buffer.concat([fields, Buffer.alloc(8_000, 0x80 + 62)]);
  const bombs = 200;
  const socket = connectTcp(gateway.port, '127.0.0.1');
  let received = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.write(Buffer.concat([preface, frame(1, 5, 1, Buffer.concat([block([[':method', 'GET']]), stored]))]));
  for (let i = 1; i < bombs; i++) socket.write(frame(1, 5, 2 * i + 1, bomb));
  await until(() => socket.destroyed || resetsOf(received) >= bombs, 'the end of each stream');
  assert.ok(received.length < 64 * bombs + 1_000, `${received.length} bytes came back`);
  assert.equal((await ask(other, { ':path': '/r/after' })).body, 'ok', 'others are served after heads that grow');
  socket.destroy();
  assert.deepEqual(
    seen.filter((url) => url !== '/after'),
    [],
  );
  other.close();
});
