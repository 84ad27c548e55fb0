import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { LogShipper } from './log-shipper.ts';

interface Request {
  authorization: string | undefined;
  path: string;
  bodies: string[];
}

/** A receiver that answers with the statuses in their order, then with 200. */
async function receiver(statuses: number[]): Promise<{ server: Server; url: string; seen: Request[] }> {
  const seen: Request[] = [];
  const server = createServer(async (req, res) => {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    const status = statuses.shift() ?? 200;
    const { resourceLogs } = JSON.parse(text) as {
      resourceLogs: { scopeLogs: { logRecords: { body: { stringValue: string } }[] }[] }[];
    };
    const bodies = resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs[0]!.logRecords.map(({ body }) => body.stringValue),
    );
    seen.push({ authorization: req.headers.authorization, path: req.url!, bodies: status === 200 ? bodies : [] });
    res.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const line = (message: string) => ({ timeMs: 1, level: 'info' as const, message, fields: {} });

async function until(isFine: () => boolean): Promise<void> {
  while (!isFine()) await new Promise((resolve) => setImmediate(resolve));
}

test('lines go out in their order once, also when the receiver is away for a while', { timeout: 30_000 }, async () => {
  const { seen, server, url } = await receiver([503]);
  const states: (string | null)[] = [];
  const shipper = new LogShipper({
    url: url.replace('//', '//ada:pw@'),
    lingerMs: 1,
    onState: (reason) => states.push(reason),
  });
  const origin = { service: 'orders', instance: 'o-1' };
  for (let i = 0; i < 1_100; i += 1) shipper.ship(origin, line(String(i)));
  await until(() => shipper.sent === 1_100);
  await shipper.close();
  await shipper.close();
  assert.deepEqual(
    seen.flatMap(({ bodies }) => bodies),
    Array.from({ length: 1_100 }, (_, i) => String(i)),
  );
  assert.equal(seen[0]!.path, '/v1/logs');
  assert.equal(seen[0]!.authorization, `Basic ${Buffer.from('ada:pw').toString('base64')}`);
  assert.deepEqual(states, ['it answered 503', null]);
  assert.deepEqual([shipper.dropped, shipper.waiting], [0, 0]);
  server.close();
});

test('what does not fit is counted, and told by a line', { timeout: 30_000 }, async () => {
  const { seen, server, url } = await receiver([]);
  const shipper = new LogShipper({ url, lingerMs: 1, queueMax: 3 });
  for (let i = 0; i < 5; i += 1) shipper.ship({ service: 'a' }, line(String(i)));
  await until(() => shipper.sent === 4);
  await shipper.close();
  assert.deepEqual(
    seen.flatMap(({ bodies }) => bodies),
    ['0', '1', '2', '2 log lines were dropped: more came than were taken'],
  );
  shipper.ship({ service: 'a' }, line('late'));
  assert.equal(shipper.dropped, 3);
  server.close();
});

test('what is refused is not sent again, and closing waits for no receiver that is away', {
  timeout: 30_000,
}, async () => {
  const { seen, server, url } = await receiver([400]);
  const shipper = new LogShipper({ url, lingerMs: 1 });
  shipper.ship({ service: 'a' }, line('bad'));
  await until(() => seen.length === 1 && shipper.dropped === 1);
  server.close();
  const lost = new LogShipper({ url: 'http://127.0.0.1:9', lingerMs: 1 });
  lost.ship({ service: 'a' }, line('x'));
  await lost.close();
  await shipper.close();
  assert.deepEqual([lost.sent, lost.dropped], [0, 1]);
});
