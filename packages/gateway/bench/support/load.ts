import { connect } from 'node:net';

export interface LoadResult {
  requests: number;
  seconds: number;
  p50Ms: number;
  p99Ms: number;
}

/**
 * Sends one GET after another on each of `connections` kept-alive connections, over plain sockets: the generator must cost less
 * than what it measures. Answers must carry Content-Length.
 */
export function load(url: string, connections: number, seconds: number, token?: string): Promise<LoadResult> {
  const { hostname, port, pathname } = new URL(url);
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAccept: */*\r\nUser-Agent: load\r\n${token === undefined ? '' : `Authorization: Bearer ${token}\r\n`}\r\n`;
  const latencies: number[] = [];
  const started = performance.now();
  const end = started + seconds * 1_000;
  return new Promise((resolve, reject) => {
    let open = connections;
    for (let i = 0; i < connections; i++) {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      let sentMs = 0;
      let text = '';
      const next = (): void => {
        sentMs = performance.now();
        if (sentMs < end) return void socket.write(request);
        socket.destroy();
      };
      socket.on('connect', next);
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        const head = text.indexOf('\r\n\r\n');
        if (head === -1) return;
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
        if (text.length < head + 4 + length) return;
        if (!text.startsWith('HTTP/1.1 200')) reject(new Error(text));
        text = '';
        latencies.push(performance.now() - sentMs);
        next();
      });
      socket.on('close', () => {
        if (--open > 0) return;
        latencies.sort((a, b) => a - b);
        const at = (share: number): number =>
          latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]!;
        resolve({
          requests: latencies.length,
          seconds: (performance.now() - started) / 1_000,
          p50Ms: at(0.5),
          p99Ms: at(0.99),
        });
      });
    }
  });
}
