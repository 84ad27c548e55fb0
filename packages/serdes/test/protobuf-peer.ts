import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type PeerAnswer = Record<string, string | boolean | undefined>;

/** Google's protoc and Protobuf for Python: `HEADWATER_TEST_PYTHON`, or `python3` where it has grpcio-tools. */
export class ProtobufPeer {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(python: string) {
    this.#child = spawn(python, [join(import.meta.dirname, 'protobuf-peer.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** @returns null where there is none */
  static async start(): Promise<ProtobufPeer | null> {
    const python = process.env['HEADWATER_TEST_PYTHON'] ?? 'python3';
    if (spawnSync(python, ['-c', 'import grpc_tools, google.protobuf']).status !== 0) return null;
    const peer = new ProtobufPeer(python);
    await peer.#answer();
    return peer;
  }

  async ask(command: string, more: Record<string, unknown>): Promise<PeerAnswer> {
    this.#child.stdin!.write(`${JSON.stringify({ command, ...more })}\n`);
    return this.#answer();
  }

  async #answer(): Promise<PeerAnswer> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error('The Python program ended');
    return JSON.parse(value) as PeerAnswer;
  }

  close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve();
    const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#child.stdin!.end();
    return closed;
  }
}
