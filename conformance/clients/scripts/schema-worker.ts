import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CaseSchema } from './schema-cases.ts';

export interface WorkerCommand {
  do: 'produce' | 'consume';
  topic: string;
  format: string;
  /** What is written with, or read as; without one a consumer reads as it was written. */
  schema?: CaseSchema;
  /** Avro without `schema`: what the values are shown as. */
  shown?: CaseSchema;
  values?: readonly (string | null)[];
  count?: number;
  subjectName?: string;
  idIn?: string;
}

/** A program with foreign serializers: takes commands as lines of JSON and answers each. */
export class SchemaWorker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #stderr = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.#child.stderr!.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString()).slice(-8_000);
    });
    this.#child.stdin!.on('error', () => {});
  }

  /** The values that were read. @throws Error with what the program said went wrong */
  async ask(command: WorkerCommand): Promise<(string | null)[]> {
    this.#child.stdin!.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the program ended\n${this.#stderr}`);
    const answer = JSON.parse(value) as { values?: (string | null)[]; error?: string };
    if (answer.error === undefined) return answer.values!;
    throw new Error(`${command.do} ${command.format} ${command.topic}: ${answer.error}\n${this.#stderr}`);
  }

  stop(): void {
    this.#child.stdin!.end();
    this.#child.kill();
  }
}
