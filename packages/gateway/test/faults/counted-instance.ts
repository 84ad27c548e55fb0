import { type ChildProcess, fork } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * An instance in a process of its own, for `kill -9`. It writes down the id of each request that it has read whole, before it answers: what it did is known
 * whatever becomes of it.
 */
export class CountedInstance {
  readonly #logFile: string;
  #process: ChildProcess | undefined;
  port = 0;

  constructor(logFile: string) {
    this.#logFile = logFile;
    writeFileSync(logFile, '');
  }

  async start(): Promise<void> {
    const child = fork(import.meta.filename, ['instance', this.#logFile, String(this.port)]);
    this.#process = child;
    this.port = await new Promise<number>((resolve, reject) => {
      child.once('message', (port) => resolve(Number(port)));
      child.once('exit', (code) => reject(new Error(`the instance ended with ${code}`)));
    });
    child.removeAllListeners('exit');
  }

  async kill(): Promise<void> {
    const child = this.#process!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Ids of the requests that it did, in order. */
  get done(): string[] {
    return readFileSync(this.#logFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  }
}

const [role, logFile, port] = process.argv.slice(2);
if (role === 'instance') {
  const server = createServer((req, res) => {
    let bytes = 0;
    req.on('data', (piece: Buffer) => (bytes += piece.length));
    req.on('error', () => {});
    req.on('end', () => {
      if (!req.complete) return;
      appendFileSync(logFile!, `${req.method} ${String(req.headers['x-id'])}\n`);
      res.end(`${String(req.headers['x-id'])} ${bytes} ${'x'.repeat(2_000)}`);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(Number(port), '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}
