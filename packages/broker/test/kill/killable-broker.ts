import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

export interface Address {
  host: string;
  port: number;
}

/** A broker that can be killed at any moment, and is started again with the same data at the same address. */
export interface KillableBroker {
  readonly name: string;
  /** Resolves when it answers. @throws Error when it ends instead, with what it said */
  start(): Promise<Address>;
  /** As `start`, but killed `afterMs` after it began, whether it was up by then or not. */
  startAndKill(afterMs: number): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Tiny segments, constant compaction, retention and checkpoints: so that a kill meets all of them. */
const busyConfig = {
  'log.retention.check.interval.ms': 150,
  'log.cleaner.backoff.ms': 20,
  'log.flush.offset.checkpoint.interval.ms': 60,
  'offsets.topic.segment.bytes': 20_000,
  'offsets.topic.num.partitions': 2,
  'transaction.state.log.segment.bytes': 20_000,
  'transaction.state.log.num.partitions': 2,
  'headwater.max.open.files': 64,
};

/** This package's broker, in a process of its own. */
export class HeadwaterProcess implements KillableBroker {
  readonly name = 'headwater';
  /** What recoveries found, by kind. */
  readonly findings: Record<string, number> = {};
  /** What a test does to the files of a broker that was killed. */
  afterKill: () => void = () => {};
  readonly #dataDir: string;
  #port = 0;
  #child: ChildProcess | null = null;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async start(): Promise<Address> {
    const child = this.#spawn();
    const said: string[] = [];
    createInterface({ input: child.stdout! }).on('line', (line) => said.push(line));
    const complaint: string[] = [];
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      // The first lines say what is wrong.
      if (complaint.length < 100) complaint.push(text);
    });
    await until(() => said.length > 0 || child.exitCode !== null || child.signalCode !== null, 'the broker to start');
    if (said.length === 0) throw new Error(`The broker did not start: ${complaint.join('')}`);
    const { bootstrap, findings } = JSON.parse(said[0]!) as { bootstrap: string; findings: string[] };
    for (const kind of findings) this.findings[kind] = (this.findings[kind] ?? 0) + 1;
    this.#port = Number(bootstrap.split(':')[1]);
    return { host: '127.0.0.1', port: this.#port };
  }

  async startAndKill(afterMs: number): Promise<void> {
    const child = this.#spawn();
    child.stdout!.resume();
    child.stderr!.resume();
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await this.kill();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
    this.afterKill();
  }

  #spawn(): ChildProcess {
    const script = join(import.meta.dirname, 'broker-process.ts');
    const args = [script, this.#dataDir, String(this.#port), JSON.stringify(busyConfig)];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    return this.#child;
  }
}

/**
 * Any other broker, by two shell commands: one that starts it on the same data, returns when it answers and prints
 * `…BOOTSTRAP=host:port` or `host:port`; one that kills it with SIGKILL.
 */
export class ForeignBroker implements KillableBroker {
  readonly name = 'foreign';
  readonly #startCommand: string;
  readonly #killCommand: string;

  constructor(startCommand: string, killCommand: string) {
    this.#startCommand = startCommand;
    this.#killCommand = killCommand;
  }

  async start(): Promise<Address> {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', this.#startCommand], { timeout: 180_000 });
    const found = /([\w.-]+):(\d+)\s*$/m.exec(stdout);
    if (found === null) throw new Error(`The start command printed no address: ${stdout}`);
    return { host: found[1]!, port: Number(found[2]) };
  }

  async startAndKill(): Promise<void> {
    // Its start command only returns when it is up: a kill before that is left out.
  }

  async kill(): Promise<void> {
    await promisify(execFile)('/bin/sh', ['-c', this.#killCommand], { timeout: 60_000 });
  }
}

/** Looks every 5 ms; a broker on a slow machine may take its time, one that hangs may not. */
export async function until(condition: () => boolean, what: string, timeoutMs = 120_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`Waited ${timeoutMs} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
