import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '../delivery/message.ts';

export interface Received {
  readonly id: string;
  readonly message: Message;
  readonly atMs: number;
}

/** A receiver of webhooks for tests, which can refuse. */
export async function webhookReceiver(refuses: () => boolean = () => false) {
  const received: Received[] = [];
  let refused = 0;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      if (refuses()) {
        refused++;
        if (refused % 3 === 0) return void res.destroy();
        res.writeHead(503).end();
        return;
      }
      const message = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message;
      received.push({ id: String(req.headers['x-headwater-delivery-id']), message, atMs: Date.now() });
      res.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    refused: () => refused,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Waits until something holds; fails after half a minute. */
export async function eventually<Result>(
  what: string,
  look: () => Result | undefined | false | Promise<Result | undefined | false>,
): Promise<Result> {
  const deadlineMs = Date.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Error(`${what}: not within 30 s`);
    await pause(20);
  }
}
