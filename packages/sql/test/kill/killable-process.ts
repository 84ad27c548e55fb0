import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A Node process of this folder that is killed and started again at will. */
export class KillableProcess {
  readonly #script: string;
  readonly #args: () => readonly string[];
  #child: ChildProcess | null = null;
  /** What it said to stderr, the last of it. */
  complaint = '';
  /** Ended by itself: with what code. */
  exitCode: number | null = null;

  constructor(script: string, args: () => readonly string[]) {
    this.#script = join(import.meta.dirname, script);
    this.#args = args;
  }

  /** The first line that it prints. @throws when it ended before */
  async start(): Promise<string> {
    const child = spawn(process.execPath, [this.#script, ...this.#args()], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.exitCode = null;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaint = (this.complaint + text).slice(-8_000);
    });
    child.once('exit', (code) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.exitCode = code;
    });
    const first = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', first.resolve);
    const line = await Promise.race([first.promise, once(child, 'exit').then(() => null)]);
    if (line === null) throw new Error(`${this.#script} ended at its start: ${this.complaint}`);
    return line;
  }

  /** Resolves when the process is gone. SIGTERM lets it close. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }
}
