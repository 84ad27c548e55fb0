import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy before the query store that can be told to misbehave. */
export interface FaultyProxy {
  url: string;
  /** A status to answer everything with, `reset` to break connections, or `pass`. */
  mode: 'pass' | 'reset' | 429 | 503;
  /** Searches that were passed on. */
  searches: number;
  /** Requests that were not passed on. */
  faults: number;
  close(): Promise<void>;
}

export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const server = createServer((req, res) => {
    if (proxy.mode === 'pass') {
      if (req.url!.includes('/_search')) proxy.searches += 1;
      const forward = request(new URL(req.url!, target), { method: req.method, headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(res);
      });
      forward.on('error', () => res.destroy());
      req.pipe(forward);
      return;
    }
    proxy.faults += 1;
    if (proxy.mode === 'reset') return void req.socket.resetAndDestroy();
    req.resume();
    res.writeHead(proxy.mode, { 'content-type': 'application/json' });
    res.end(`{"error":{"type":"rejected_execution_exception","reason":"busy"},"status":${proxy.mode}}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: 'pass',
    searches: 0,
    faults: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
