import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A store in a process of its own. */
export class StoreProcess {
  readonly url: string;
  readonly startMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string, startMs: number) {
    this.#child = child;
    this.url = url;
    this.startMs = startMs;
  }

  static async start(dataDir: string): Promise<StoreProcess> {
    const started = performance.now();
    const child = spawn(process.execPath, [`${import.meta.dirname}/serve.ts`, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout! })) {
      return new StoreProcess(child, line, performance.now() - started);
    }
    throw new Error('the store ended before it was ready');
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async kill(): Promise<void> {
    const exit = once(this.#child, 'exit');
    if (this.#child.kill('SIGKILL')) await exit;
  }
}
