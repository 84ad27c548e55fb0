import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ClusterToKill } from './kill-run.ts';
import { KillableProcess } from './processes.ts';

/** The embedded broker on a directory of its own, killed and started again. */
export async function embedded(t: TestContext): Promise<ClusterToKill> {
  const dataDir = mkdtempSync(join(tmpdir(), 'streams-kill-'));
  let port = 0;
  const broker = new KillableProcess('broker.ts', () => [dataDir, String(port)]);
  const start = async () => {
    const bootstrap = await broker.start();
    if (bootstrap === null) throw new Error(`the broker does not start: ${broker.complaint}`);
    port = Number(bootstrap.split(':')[1]);
    return bootstrap;
  };
  const bootstrap = await start();
  t.after(async () => {
    await broker.end('SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });
  const restartBroker = async (downMs: number) => {
    await broker.end('SIGKILL');
    await delay(downMs);
    await start();
  };
  return { bootstrap, restartBroker, replicationFactor: 1, sessionTimeoutMs: 1_500 };
}

/** Kafka: a program with the verbs `status` (prints KAFKA_BOOTSTRAP=…), `kill-broker N`, `start-broker N`, of three brokers. */
export async function kafkaCluster(program: string): Promise<ClusterToKill> {
  const run = async (...args: string[]) => (await promisify(execFile)(program, args)).stdout;
  const bootstrap = /KAFKA_BOOTSTRAP=(\S+)/.exec(await run('status'))![1]!;
  let next = 0;
  const restartBroker = async (downMs: number) => {
    const broker = String(1 + (next++ % 3));
    await run('kill-broker', broker);
    await delay(downMs);
    await run('start-broker', broker);
  };
  return { bootstrap, restartBroker, hasOtherBrokers: true, replicationFactor: 3, sessionTimeoutMs: 6_000 };
}
