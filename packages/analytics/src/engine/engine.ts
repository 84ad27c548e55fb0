import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { AnalyticsError } from '../analytics-error.ts';
import { counterIndex, type EngineInput, type EngineOutput, type EngineWorkerData } from './engine-channel.ts';

/** One PostgreSQL that serves one session: what the sessions of many clients are run on. */
export interface Engine {
  /** What PostgreSQL says to a client that comes: its parameters. */
  readonly hello: Uint8Array;
  /** Gives it bytes of the protocol. */
  send(bytes: Uint8Array): void;
  /** What it answers; `taken` must be called when the bytes are done with. */
  onOutput: (bytes: Uint8Array) => void;
  /** It ended by itself: everything that was not committed is gone. */
  onEnd: (error: Error) => void;
  taken(byteCount: number): void;
  /** Bytes that were sent and PostgreSQL has not come to yet. */
  readonly unreadBytes: number;
  /** Ends it whatever it does, as a crash would: what was committed is kept. */
  kill(): Promise<void>;
  /** Ends it with a checkpoint. Only while it waits for input. */
  close(): Promise<void>;
}

export interface EngineOptions {
  directory: string;
  database: string;
  isSynced: boolean;
}

export type OpenEngine = (options: EngineOptions) => Promise<Engine>;

/**
 * A thread does not take over the cache of compiled code by itself; without it, in a checkout, each thread has a compiler of TypeScript of its own
 * (25 MB), which stays with it.
 */
function bootstrap(): string {
  // Node makes a folder for its version in the one that it is given.
  const kept = getCompileCacheDir();
  const enable =
    kept === undefined ? '' : `require('node:module').enableCompileCache(${JSON.stringify(dirname(kept))});`;
  return `${enable}import(${JSON.stringify(new URL('./engine-worker.ts', import.meta.url).href)});`;
}

const closeWithinMs = 5_000;

/**
 * Starts PostgreSQL on the directory of a database in a worker thread.
 *
 * @throws AnalyticsError HW_ANALYTICS_OPEN
 */
export const openEngine: OpenEngine = async ({ database, directory, isSynced }) => {
  const { port1: port, port2 } = new MessageChannel();
  const counters = new Int32Array(new SharedArrayBuffer(12));
  const data: EngineWorkerData = { directory, database, isSynced, port: port2, counters };
  const worker = new Worker(bootstrap(), {
    eval: true,
    workerData: data,
    transferList: [port2],
    execArgv: ['--no-warnings'],
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  let isEnded = false;
  const ready = Promise.withResolvers<Uint8Array>();
  const ended = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  const end = (message: string): void => {
    if (isEnded) return;
    isEnded = true;
    const error = new AnalyticsError('HW_ANALYTICS_OPEN', `PostgreSQL on ${directory} ended: ${message}`);
    ready.reject(error);
    ended.resolve();
    port.close();
    engine.onEnd(error);
  };
  const post = (input: EngineInput): void => {
    port.postMessage(input);
    Atomics.add(counters, counterIndex.sent, 1);
    Atomics.notify(counters, counterIndex.sent);
  };
  const engine = {
    hello: new Uint8Array(0) as Uint8Array,
    onOutput: (_bytes: Uint8Array): void => {},
    onEnd: (_error: Error): void => {},
    send(bytes: Uint8Array): void {
      if (isEnded) return;
      Atomics.add(counters, counterIndex.unreadBytes, bytes.length);
      // A copy of its own: of a view the whole buffer would go.
      post(new Uint8Array(bytes));
    },
    get unreadBytes(): number {
      return Atomics.load(counters, counterIndex.unreadBytes);
    },
    taken(byteCount: number): void {
      Atomics.sub(counters, counterIndex.outstandingBytes, byteCount);
      Atomics.notify(counters, counterIndex.outstandingBytes);
    },
    async kill(): Promise<void> {
      engine.onEnd = () => {};
      await worker.terminate();
      end('it was ended');
    },
    async close(): Promise<void> {
      engine.onEnd = () => {};
      if (!isEnded) post('close');
      const timer = setTimeout(() => ended.resolve(), closeWithinMs);
      await ended.promise;
      clearTimeout(timer);
      await worker.terminate();
    },
  };
  port.on('message', (output: EngineOutput) => {
    if (output.kind === 'output') engine.onOutput(output.bytes);
    else if (output.kind === 'ready') ready.resolve(output.hello);
    else end(output.kind === 'failed' ? output.message : 'it was closed');
  });
  worker.on('error', (error) => end((error as Error).message));
  worker.on('exit', (code) => end(`its thread ended with ${code}`));
  try {
    engine.hello = await ready.promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  return engine;
};
