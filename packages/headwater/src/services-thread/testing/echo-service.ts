/** A service of a test: tells what it is told, and crashes when it is asked to. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@headwater/logger';
import type { RunningService } from '../../example.ts';

export async function start(
  env: Readonly<Record<string, string | undefined>>,
  { logger }: { logger: unknown },
): Promise<RunningService> {
  const log = logger as Logger;
  if (env['REFUSES'] !== undefined) throw Object.assign(new Error('a port is taken'), { code: 'HW_TEST' });
  const server = createServer((req, res) => {
    if (req.url === '/crash') {
      setImmediate(() => {
        throw new Error('nobody caught it');
      });
      return;
    }
    log.warn({ error: new RangeError('too far'), size: 3n, nested: { at: req.url }, call: () => 1 }, 'asked');
    res.end(env['GREETING']);
  });
  await new Promise<void>((resolve) => server.listen(Number(env['PORT'] ?? 0), '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      log.info({}, 'closed');
    },
  };
}
