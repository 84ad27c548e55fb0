import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** Why there is none here; false when there is one. */
export const redisMissing: string | false =
  spawnSync('redis-server', ['--version']).status === 0 ? false : 'redis-server is not installed';

/** A Redis of a test's own, which can be stopped and started again. */
export class RedisServer {
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<RedisServer> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    const server = new RedisServer(port);
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async up(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = child;
    let said = '';
    for await (const chunk of child.stdout!) {
      said += chunk;
      if (said.includes('Ready to accept connections')) {
        child.stdout!.resume();
        return;
      }
    }
    throw new Error(`redis-server did not start: ${said}`);
  }

  /** All that is in it, as text. */
  async dump(): Promise<string> {
    const { createClient } = await import('@redis/client');
    const client = createClient({ url: this.url });
    await client.connect();
    const values: string[] = [];
    for (const key of await client.keys('*')) {
      const value = (await client.type(key)) === 'string' ? await client.get(key) : '';
      values.push(key, String(value));
    }
    client.destroy();
    return values.join('\n');
  }

  /** Frozen: it takes requests and answers none. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async down(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down();
  }
}
