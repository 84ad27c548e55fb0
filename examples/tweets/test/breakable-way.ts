import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be broken: connections are refused, or nothing comes through them. */
export interface BreakableWay {
  readonly port: number;
  state: 'open' | 'broken' | 'silent';
  close(): Promise<void>;
}

export async function openWay(target: { host: string; port: number }): Promise<BreakableWay> {
  const sockets = new Set<Socket>();
  let state: BreakableWay['state'] = 'open';
  const server = createServer((socket) => {
    if (state === 'broken') return void socket.resetAndDestroy();
    const onward = connect(target);
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {}); // its close tells
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => void (state === 'open' && to.write(bytes)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get state() {
      return state;
    },
    set state(next) {
      state = next;
      // Who was not answered would wait for ever, too.
      if (next !== 'silent') for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
