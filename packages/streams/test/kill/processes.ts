import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { InstanceOptions } from './instance.ts';

/** A Node process of this folder that is killed and started again at will. */
export class KillableProcess {
  readonly #script: string;
  readonly #args: () => readonly string[];
  /** Told of each line in JSON that it prints. */
  readonly #onJson: (line: string) => void;
  #child: ChildProcess | null = null;
  /** What it said to stderr, the last of it. */
  complaint = '';
  /** Ended by itself: with what code. */
  exitCode: number | null = null;

  constructor(script: string, args: () => readonly string[], onJson: (line: string) => void = () => {}) {
    this.#script = join(import.meta.dirname, script);
    this.#args = args;
    this.#onJson = onJson;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** The first other line that it prints; null when it ended before. */
  start(): Promise<string | null> {
    const child = spawn(process.execPath, [this.#script, ...this.#args()], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.complaint = (this.complaint + text).slice(-4_000);
    });
    child.once('exit', (code) => {
      if (this.#child !== child) return;
      this.#child = null;
      this.exitCode = code;
    });
    const first = Promise.withResolvers<string>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) this.#onJson(line);
      else first.resolve(line);
    });
    return Promise.race([first.promise, once(child, 'exit').then(() => null)]);
  }

  /** Resolves when the process is gone. SIGTERM lets it close. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    if (signal === 'SIGKILL') this.#child = null;
    // All that it has printed is read by then.
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }
}

export function instanceProcess(options: () => InstanceOptions, onJson?: (line: string) => void): KillableProcess {
  return new KillableProcess('instance.ts', () => [JSON.stringify(options())], onJson);
}
