/**
 * Starts what `npm start` starts, once, on ports and a folder of its own, so that all compiled code is kept and the first start is as fast and as small
 * as the next; and makes the files that a new database of the analytics store is a copy of. Part of `npm ci`. When it fails the first start is slower,
 * and nothing else.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { clusterTemplate } from '../packages/analytics/src/engine/cluster-template.ts';
import { smallHeapFlags } from '../packages/headwater/src/process-memory.ts';

const readyWithinMs = 60_000;
/** What is loaded when the first tweets have come all the way. */
const afterReadyMs = 4_000;
const endWithinMs = 10_000;

try {
  // The start would make it too, but in its background.
  await clusterTemplate();
  await startOnce();
} catch (error) {
  console.error(`not warmed: ${(error as Error).message}`);
}

async function startOnce(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'headwater-warm-'));
  const readyFile = join(folder, 'ready.json');
  const bin = fileURLToPath(new URL('../packages/headwater/bin/headwater.ts', import.meta.url));
  const args = ['up', '--example', 'tweets', '--ports', 'auto', '--data', join(folder, 'data')];
  const child = spawn(process.execPath, [...smallHeapFlags, bin, ...args, '--ready-file', readyFile], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  try {
    for (const end = Date.now() + readyWithinMs; !existsSync(readyFile); await pause(50)) {
      if (child.exitCode !== null) throw new Error(`headwater ended with ${child.exitCode}`);
      if (Date.now() > end) throw new Error(`not ready within ${readyWithinMs} ms`);
    }
    await pause(afterReadyMs);
    // What was compiled is written when it closes.
    child.kill('SIGTERM');
    await Promise.race([ended, pause(endWithinMs, undefined, { ref: false })]);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}
