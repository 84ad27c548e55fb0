import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { javaProgram } from '../java-program.ts';
import type { Job, Outcome } from './description.ts';

/** The class path of our Java program with Kafka Streams' jars, fetched and compiled when they are not there; or why not. */
export function javaClassPath(): Promise<{ classPath: string } | string> {
  return javaProgram(join(import.meta.dirname, 'java'), 'streams-peer');
}

/** Kafka Streams' test driver in a process of its own: one job at a time. */
export class JavaPeer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  constructor(classPath: string) {
    const options = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true'];
    this.#child = spawn('java', [...options, '-cp', classPath, 'headwater.StreamsPeer'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr!.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString()).slice(-8192);
    });
    // A write to a process that has ended is told by the answer that does not come.
    this.#child.stdin!.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async run(job: Job): Promise<Outcome> {
    this.#child.stdin!.write(`${JSON.stringify(job)}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`Kafka Streams has ended: ${this.#stderr}`);
    return JSON.parse(value) as Outcome;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin!.end();
    this.#child.kill('SIGKILL');
    await ended;
  }
}
