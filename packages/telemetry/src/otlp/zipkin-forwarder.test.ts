import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import type { Span } from '../spans/span.ts';
import { ZipkinForwarder } from './zipkin-forwarder.ts';

test('spans are sent on in their order; what is refused and what is too much is counted, and the next ones come again', async (t) => {
  const taken: string[] = [];
  let refusals = 1;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    response.statusCode = refusals-- > 0 ? 503 : 202;
    if (response.statusCode === 202) {
      assert.equal(request.url, '/api/v2/spans');
      assert.equal(request.headers.authorization, `Basic ${Buffer.from('ada:secret').toString('base64')}`);
      taken.push(...(JSON.parse(body) as Span[]).map(({ id }) => id));
    }
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const spans = (from: number, count: number): Span[] =>
    Array.from({ length: count }, (_, at) => ({ traceId: '1'.repeat(32), id: String(from + at).padStart(16, '0') }));
  const url = `http://ada:secret@127.0.0.1:${port}`;

  const refused = new ZipkinForwarder({ url, logger: silentLogger });
  refused.forward(spans(0, 3));
  await Promise.all([refused.close(), refused.close()]);
  assert.deepEqual([refused.sent, refused.dropped], [0, 3]);

  const forwarder = new ZipkinForwarder({ url, queueMax: 800, logger: silentLogger });
  forwarder.forward(spans(0, 700));
  forwarder.forward(spans(700, 200));
  await forwarder.close();
  forwarder.forward(spans(900, 1));
  assert.deepEqual([forwarder.sent, forwarder.dropped], [800, 101]);
  assert.deepEqual(
    taken,
    spans(0, 800).map(({ id }) => id),
  );
});
