import { type ChildProcess, spawn } from 'node:child_process';
import { until } from './until.ts';

/** A command-line client that runs: what it printed so far, and ways to feed and end it. */
export class Tool {
  stdout = '';
  stderr = '';
  exitCode: number | null = null;
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;

  constructor(command: string, args: readonly string[], input?: string, env: NodeJS.ProcessEnv = process.env) {
    this.#name = [command.split('/').at(-1), ...args].join(' ');
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#child.stdout!.on('data', (data: Buffer) => {
      this.stdout += data.toString();
    });
    this.#child.stderr!.on('data', (data: Buffer) => {
      this.stderr += data.toString();
    });
    this.#child.stdin!.on('error', () => {});
    this.#child.stdin!.end(input ?? '');
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.exitCode = code ?? -1;
        resolve();
      });
    });
  }

  get lines(): string[] {
    return this.stdout.split('\n').filter((line) => line !== '');
  }

  async until(what: string, condition: () => boolean, timeoutMs = 90_000): Promise<void> {
    const check = (): boolean => {
      if (condition()) return true;
      if (this.exitCode !== null) throw new Error(`${this.#name} ended while waiting for ${what}\n${this.stderr}`);
      return false;
    };
    await until(`${what} (${this.#name})`, check, timeoutMs);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.exitCode === null) this.#child.kill(signal);
    await this.#closed;
  }

  /** What it printed, when it ended well. */
  async output(): Promise<string> {
    await this.#closed;
    if (this.exitCode === 0) return this.stdout;
    throw new Error(`${this.#name} ended with ${this.exitCode}\n${this.stdout}\n${this.stderr}`);
  }
}
