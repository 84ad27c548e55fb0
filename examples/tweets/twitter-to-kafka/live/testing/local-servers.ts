import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';

export interface LocalServer {
  url: string;
  close(): Promise<void>;
}

/** A Jetstream as far as its protocol goes: what it says is the caller's. */
export async function jetstream(onSocket: (socket: ServerSocket, url: URL) => void): Promise<LocalServer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket, request) => onSocket(socket, new URL(request.url!, 'ws://x')));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/subscribe`,
    async close() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function http(
  answer: (request: IncomingMessage, response: ServerResponse, url: URL) => unknown,
): Promise<LocalServer> {
  const server = createServer((request, response) => {
    response.on('error', () => {});
    void answer(request, response, new URL(request.url!, 'http://x'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes connections and never says a word. */
export async function hungServer(onConnection: () => void): Promise<LocalServer> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', onConnection);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/subscribe`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends bytes in pieces, so that they arrive as such more often than not: `sizeOf` says how many come next. */
export async function sendInPieces(
  response: ServerResponse,
  text: string | Buffer,
  sizeOf: () => number,
): Promise<void> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + sizeOf());
    response.write(bytes.subarray(at, end));
    at = end;
    await turn();
  }
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
