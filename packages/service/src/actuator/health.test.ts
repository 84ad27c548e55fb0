import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { HealthRegistry } from './health.ts';

const checkTimeoutMs = 300;

/** A server on a thread of its own: it answers while this one is held up. `/silent` it does not answer. */
async function startServer(): Promise<{ url: string; close(): Promise<unknown> }> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:http').createServer((req, res) => req.url === '/silent' || res.end('well'));
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const [port] = await once(worker, 'message');
  return { url: `http://127.0.0.1:${port}`, close: () => worker.terminate() };
}

test('an answer that has come while the process was held up counts; silence does not', async (t) => {
  const { close, url } = await startServer();
  t.after(close);
  const health = new HealthRegistry({ checkTimeoutMs });
  health.state = 'UP';
  const asked = Promise.withResolvers<void>();
  health.add('well', async (signal) => {
    const answer = fetch(`${url}/well`, { signal });
    asked.resolve();
    return (await answer).ok;
  });
  const looking = health.look();
  await asked.promise;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4 * checkTimeoutMs);
  assert.equal((await looking).components!['well']!.status, 'UP');

  let aborted: AbortSignal | undefined;
  health.add('silent', async (signal) => {
    aborted = signal;
    return (await fetch(`${url}/silent`)).ok;
  });
  const { components, status } = await health.look();
  assert.equal(status, 'DOWN');
  assert.deepEqual(components!['silent'], { status: 'DOWN', details: { error: 'no answer within 300 ms' } });
  assert.ok(aborted!.aborted, 'the check may stop what it does');
});
