import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type Gateway, type GatewayOptions, startGateway } from '../index.ts';

/** An upstream whose behaviour a test writes down. */
export interface Backend {
  url: string;
  server: Server;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function backend(handler: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<Backend> {
  // A request that a test breaks off is not the test's failure.
  const server = createServer((req, res) => void Promise.resolve(handler(req, res)).catch(() => res.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A gateway with the backend as part `b` and as the route `/r/**`, its prefix stripped. */
export function gatewayTo(url: string, options: Partial<GatewayOptions> = {}): Promise<Gateway> {
  return startGateway({
    routes: [{ id: 'r', uri: url, predicates: ['Path=/r/**'], filters: ['StripPrefix=1'] }],
    parts: { b: url },
    ...options,
  });
}

/** Sends text over a plain connection and gives back what came until it was closed (or `until` was seen). */
export function raw(gateway: { port: number }, text: string, until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1');
    let received = '';
    socket.setTimeout(10_000, () => socket.destroy(new Error(`nothing came for 10 s after: ${received}`)));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (until?.test(received)) socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? undefined : reject(error)));
    socket.on('close', () => resolve(received));
    socket.write(text, 'latin1');
  });
}

export function rawSocket(gateway: { port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

export async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
