import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What is done to one connection. */
export type Fault =
  | { kind: 'none' }
  /** Each piece waits so long, in either direction. */
  | { kind: 'latency'; ms: number }
  /** The connection is reset when so many bytes have passed towards the upstream. */
  | { kind: 'resetRequest'; afterBytes: number }
  /** The connection is reset when so many bytes of answers have passed. */
  | { kind: 'resetAnswer'; afterBytes: number }
  /** Taken, and never answered. */
  | { kind: 'silent' }
  /** Answers come in pieces of a few bytes. */
  | { kind: 'trickle'; pieceBytes: number; everyMs: number };

/** A TCP proxy that does to each new connection what `next` says. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  next: () => Fault;
  connections = 0;

  private constructor(server: Server, next: () => Fault) {
    this.#server = server;
    this.next = next;
  }

  static async start(targetPort: number, next: () => Fault): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, next);
    server.on('connection', (socket) => proxy.#take(socket, targetPort));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(caller: Socket, targetPort: number): void {
    this.connections++;
    const fault = this.next();
    this.#keep(caller);
    if (fault.kind === 'silent') return void caller.resume();
    const upstream = this.#keep(connect(targetPort, '127.0.0.1'));
    const reset = (): void => {
      caller.resetAndDestroy();
      upstream.resetAndDestroy();
    };
    caller.on('close', () => upstream.destroy());
    upstream.on('close', () => setTimeout(() => caller.destroy(), fault.kind === 'latency' ? fault.ms : 0));
    upstream.on('error', () => caller.resetAndDestroy());
    let sent = 0;
    caller.on('data', (piece) => {
      sent += piece.length;
      if (fault.kind === 'resetRequest' && sent >= fault.afterBytes) {
        // The upstream gets the front part of it, as with a wire that breaks.
        upstream.write(piece.subarray(0, piece.length - (sent - fault.afterBytes)), reset);
        return;
      }
      if (fault.kind === 'latency') setTimeout(() => upstream.writable && upstream.write(piece), fault.ms);
      else upstream.write(piece);
    });
    let answered = 0;
    upstream.on('data', (piece) => {
      answered += piece.length;
      if (fault.kind === 'resetAnswer' && answered >= fault.afterBytes) {
        caller.write(piece.subarray(0, piece.length - (answered - fault.afterBytes)), reset);
        return;
      }
      if (fault.kind === 'latency') setTimeout(() => caller.writable && caller.write(piece), fault.ms);
      else if (fault.kind === 'trickle') trickle(caller, piece, fault.pieceBytes, fault.everyMs);
      else caller.write(piece);
    });
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    return socket;
  }
}

function trickle(socket: Socket, piece: Buffer, pieceBytes: number, everyMs: number): void {
  for (let at = 0, n = 0; at < piece.length; at += pieceBytes, n++)
    setTimeout(() => socket.writable && socket.write(piece.subarray(at, at + pieceBytes)), n * everyMs);
}
