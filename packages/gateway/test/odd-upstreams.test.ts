import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { gatewayTo, raw, until } from './support.ts';

/** An upstream that answers each request on a connection with the next of these texts; it ends the connection after `''`. */
async function odd(answer: (head: string, count: number) => string | undefined): Promise<{
  url: string;
  sockets: Socket[];
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const sockets: Socket[] = [];
  let count = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    let head = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      const text = answer(head, count++);
      head = '';
      if (text === undefined) socket.end();
      else socket.write(text, 'latin1');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const ask = (gateway: { port: number }, method = 'GET', more = ''): Promise<string> =>
  raw(gateway, `${method} /r/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`);

test('interim answers, answers without bodies, and answers that end with the connection', async () => {
  let text = '';
  await using upstream = await odd(() => text);
  await using gateway = await gatewayTo(upstream.url);
  text = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok';
  assert.match(await ask(gateway), /^HTTP\/1\.1 200 Fine\r\n[\s\S]*\r\n\r\nok$/);
  text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  assert.match(await ask(gateway, 'HEAD'), /^HTTP\/1\.1 200 [\s\S]*Content-Length: 5\r\n[\s\S]*\r\n\r\n$/);
  text = 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n';
  assert.match(await ask(gateway), /^HTTP\/1\.1 304 [\s\S]*ETag: "a"[\s\S]*\r\n\r\n$/);
  text = 'HTTP/1.1 204 No Content\r\n\r\n';
  assert.match(await ask(gateway), /^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/);
  assert.equal(upstream.sockets.length, 1, 'all on one connection');
});

test('an answer that the end of the connection ends is whole; one with a length is not', async () => {
  await using upstream = await odd(() => undefined);
  await using gateway = await gatewayTo(upstream.url);
  assert.match(await ask(gateway), /^HTTP\/1\.1 502 /);
  await using closing = await odd(() => 'HTTP/1.1 200 OK\r\n\r\nwithout length');
  gateway.setPart('b', closing.url);
  const answer = raw(gateway, 'GET /api/b/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await until(() => closing.sockets.length === 1 && closing.sockets[0]!.bytesWritten > 0, 'the answer');
  closing.sockets[0]!.end();
  assert.match(await answer, /without length[\s\S]*\r\n0\r\n\r\n$/);
});

test('bytes that nobody asked for never become the answer of the next request', async () => {
  const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
  await using upstream = await odd((_head, count) =>
    count % 2 === 0
      ? `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood${evil}`
      : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood',
  );
  await using gateway = await gatewayTo(upstream.url);
  for (let i = 0; i < 10; i++) assert.match(await ask(gateway), /\r\n\r\ngood$/);
  assert.ok(upstream.sockets.length >= 5, 'a connection that said too much is not used again');
});

test('bytes that come while a connection is idle end it', async () => {
  await using upstream = await odd(() => 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
  await using gateway = await gatewayTo(upstream.url);
  assert.match(await ask(gateway), /good$/);
  upstream.sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
  await until(() => upstream.sockets[0]!.destroyed, 'its end');
  assert.match(await ask(gateway), /good$/);
});

test('an answer before the end of the request reaches the caller, and its connection is not used again', async () => {
  await using upstream = await odd(() => 'HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
  await using gateway = await gatewayTo(upstream.url);
  const text = await raw(gateway, 'POST /r/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nbegin', /no$/);
  assert.match(text, /^HTTP\/1\.1 413 /);
  await until(() => upstream.sockets[0]!.destroyed, 'the end of that connection');
  assert.match(await ask(gateway), /no$/);
  assert.equal(upstream.sockets.length, 2);
});

test('Keep-Alive: timeout says how long an idle connection is good for', async () => {
  await using upstream = await odd(() => 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok');
  await using gateway = await gatewayTo(upstream.url);
  for (let i = 0; i < 3; i++) assert.match(await ask(gateway), /ok$/);
  assert.equal(upstream.sockets.length, 3);
});

test('many callers on few connections, answers large and small, all their own', async () => {
  await using upstream = await odd((head) => {
    const n = Number(/\/n\/(\d+) /.exec(head)?.[1]);
    const body = `${n}:`.repeat(n % 7 === 0 ? 40_000 : 1);
    return n % 2 === 0
      ? `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      : `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\nX-T: 1\r\n\r\n`;
  });
  await using gateway = await gatewayTo(upstream.url);
  await Promise.all(
    Array.from({ length: 16 }, async (_, worker) => {
      for (let i = 0; i < 20; i++) {
        const n = worker * 100 + i;
        const text = await (await fetch(`${gateway.url}/r/n/${n}`)).text();
        assert.equal(text, `${n}:`.repeat(n % 7 === 0 ? 40_000 : 1));
      }
    }),
  );
  assert.ok(upstream.sockets.length <= 16);
});
