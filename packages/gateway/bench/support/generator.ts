import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

export interface LoadFigures {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  requests: number;
  /** Answers other than 2xx, and broken connections. */
  failures: number;
}

const run = promisify(execFile);
const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

/** `wrk` where it is installed, which costs the machine least; otherwise a generator of our own, in a process of its own. */
export const generator = hasWrk ? 'wrk' : 'own';

export async function generate(
  url: string,
  options: { connections: number; seconds: number; token?: string },
): Promise<LoadFigures> {
  const { connections, seconds, token } = options;
  if (!hasWrk) {
    const script = new URL('load-process.ts', import.meta.url).pathname;
    const { stdout } = await run(process.execPath, [script, url, String(connections), String(seconds), token ?? '']);
    return JSON.parse(stdout) as LoadFigures;
  }
  const headers = token === undefined ? [] : ['-H', `Authorization: Bearer ${token}`];
  const { stdout } = await run('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...headers, url]);
  const found = (pattern: RegExp): string => pattern.exec(stdout)?.[1] ?? '0';
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout) ?? [];
  return {
    requestsPerSecond: Number(found(/Requests\/sec:\s+([\d.]+)/)),
    p50Ms: ms(found(/50%\s+([\d.]+\w+)/)),
    p99Ms: ms(found(/99%\s+([\d.]+\w+)/)),
    requests: Number(found(/(\d+) requests in/)),
    failures:
      Number(found(/Non-2xx or 3xx responses: (\d+)/)) +
      socketErrors.slice(1).reduce((sum, text) => sum + Number(text), 0),
  };
}

/** `501.00us`, `1.38ms`, `1.02s`. */
function ms(text: string): number {
  const value = Number.parseFloat(text);
  return text.endsWith('us') ? value / 1_000 : text.endsWith('ms') ? value : value * 1_000;
}
