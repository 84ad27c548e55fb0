import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createSecureServer, type Http2ServerRequest, connect as openSession } from 'node:http2';
import { createServer, request } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDevelopmentCa, type KeyAndCertificate } from '@headwater/broker/tls';
import { startGateway } from '../index.ts';

interface Seen {
  version: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** An upstream by https that tells what it was asked, and by which protocol. */
async function secureUpstream({ certificate, key }: KeyAndCertificate, protocol: 'h1' | 'h2') {
  const answer = async (
    req: IncomingMessage | Http2ServerRequest,
    res: { end(text: string): unknown },
  ): Promise<void> => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const { httpVersion: version, method, url: path, headers } = req;
    res.end(JSON.stringify({ version, method, path, headers, body }));
  };
  const own = { cert: certificate, key };
  const server: Server =
    protocol === 'h2'
      ? createSecureServer({ ...own, allowHTTP1: false }, (req, res) => void answer(req, res).catch(() => {}))
      : createServer(own, (req, res) => void answer(req, res).catch(() => {}));
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function askHttp1(url: string, ca: string, path: string, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method: 'POST', ca, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }));
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function askHttp2(url: string, ca: string, path: string, body: string): Promise<Answer> {
  const session = openSession(url, { ca });
  try {
    return await new Promise((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':method': 'POST', ':path': path });
      let headers: Answer['headers'] = {};
      let text = '';
      stream.on('response', (received) => {
        headers = received as Answer['headers'];
      });
      stream.on('data', (chunk) => {
        text += chunk;
      });
      stream.on('error', reject);
      stream.on('close', () => resolve({ status: Number(headers[':status']), headers, text }));
      stream.end(body);
    });
  } finally {
    session.close();
  }
}

/** Starts with the authorities of a file, as `HEADWATER_CA_FILE` names it. */
async function believing<T>(ca: string, start: () => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'headwater-ca-'));
  const before = process.env['HEADWATER_CA_FILE'];
  writeFileSync(join(dir, 'ca.pem'), ca);
  process.env['HEADWATER_CA_FILE'] = join(dir, 'ca.pem');
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env['HEADWATER_CA_FILE'];
    else process.env['HEADWATER_CA_FILE'] = before;
    rmSync(dir, { recursive: true });
  }
}

test('TLS on both sides: callers by HTTP/1.1 and HTTP/2, upstreams by HTTP/1.1 and HTTP/2', async () => {
  const ca = createDevelopmentCa();
  const { certificate, key } = ca.issue({ commonName: 'localhost', hosts: ['127.0.0.1'] });
  await using first = await secureUpstream({ certificate, key }, 'h1');
  await using second = await secureUpstream({ certificate, key }, 'h2');
  await using gateway = await believing(ca.certificate, () =>
    startGateway({
      tls: { certificate, key },
      parts: { first: first.url },
      routes: [
        { id: 'h1', uri: first.url, predicates: ['Path=/h1/**'] },
        { id: 'h2', uri: second.url, predicates: ['Path=/h2/**'], metadata: { http2: true } },
        { id: 'safe', uri: first.url, predicates: ['Path=/safe/**'], filters: ['SecureHeaders'] },
      ],
    }),
  );
  assert.match(gateway.url, /^https:/);
  for (const ask of [askHttp1, askHttp2])
    for (const [path, version, upstream] of [
      ['/h1/a?b=c', '1.1', first.url],
      ['/h2/a?b=c', '2.0', second.url],
      ['/api/first/a', '1.1', first.url],
    ] as const) {
      const answer = await ask(gateway.url, ca.certificate, path, 'body '.repeat(10_000));
      assert.equal(answer.status, 200, answer.text);
      const seen = JSON.parse(answer.text) as Seen;
      assert.deepEqual(
        [seen.version, seen.method, seen.path, seen.body.length],
        [version, 'POST', path.replace('/api/first', ''), 50_000],
      );
      assert.equal(seen.headers['x-forwarded-proto'], 'https');
      assert.equal(seen.headers['x-forwarded-port'], String(gateway.port));
      assert.equal(seen.headers['x-forwarded-host'], `127.0.0.1:${gateway.port}`);
      assert.equal(seen.headers['x-forwarded-for'], '127.0.0.1');
      assert.equal(seen.headers.host ?? seen.headers[':authority'], new URL(upstream).host);
      // Told by those routes only that ask for it: a browser would refuse this host without TLS from then on, on every port.
      assert.equal(answer.headers['strict-transport-security'], undefined);
    }
  for (const ask of [askHttp1, askHttp2]) {
    const safe = await ask(gateway.url, ca.certificate, '/safe/', '');
    assert.match(String(safe.headers['strict-transport-security']), /^max-age=\d+/);
  }
});

test('an upstream whose certificate is not right is never asked: 502 with the reason', async () => {
  const ca = createDevelopmentCa();
  const right = ca.issue({ commonName: 'localhost', hosts: ['127.0.0.1'] });
  const wrong = {
    'of an unknown authority': createDevelopmentCa('another').issue({ commonName: 'localhost', hosts: ['127.0.0.1'] }),
    'for another host': ca.issue({ commonName: 'elsewhere.example', hosts: ['elsewhere.example'] }),
  };
  for (const [name, own] of Object.entries(wrong))
    for (const protocol of ['h1', 'h2'] as const) {
      await using upstream = await secureUpstream(own, protocol);
      await using gateway = await believing(ca.certificate, () =>
        startGateway({
          tls: right,
          parts: {},
          routes: [{ id: 'r', uri: upstream.url, predicates: ['Path=/**'], metadata: { http2: protocol === 'h2' } }],
        }),
      );
      for (const ask of [askHttp1, askHttp2]) {
        const { status, text } = await ask(gateway.url, ca.certificate, '/a', 'secret');
        assert.equal(status, 502, `${name}, ${protocol}: ${text}`);
        const { error } = JSON.parse(text) as { error: { code: string; message: string } };
        assert.equal(error.code, 'HW_GATEWAY_BAD_ANSWER', `${name}, ${protocol}: ${text}`);
        assert.match(error.message, /certificate of route "r" .* is not accepted \([A-Z_]+\)/);
      }
    }
});

test('an upstream by HTTP/2 that is not there, or chooses another protocol, is told apart', async () => {
  const ca = createDevelopmentCa();
  const right = ca.issue({ commonName: 'localhost', hosts: ['127.0.0.1'] });
  await using upstream = await secureUpstream(right, 'h1');
  const gone = await secureUpstream(right, 'h1');
  await gone[Symbol.asyncDispose]();
  const metadata = { http2: true };
  await using gateway = await believing(ca.certificate, () =>
    startGateway({
      tls: right,
      parts: {},
      routes: [
        { id: 'gone', uri: gone.url, predicates: ['Path=/gone/**'], metadata },
        { id: 'h1', uri: upstream.url, predicates: ['Path=/h1/**'], metadata },
      ],
    }),
  );
  const down = await askHttp2(gateway.url, ca.certificate, '/gone/', 'x');
  assert.equal(down.status, 503, down.text);
  assert.match(down.text, /HW_GATEWAY_UPSTREAM_DOWN/);
  const other = await askHttp2(gateway.url, ca.certificate, '/h1/', 'x');
  assert.equal(other.status, 502, other.text);
});
