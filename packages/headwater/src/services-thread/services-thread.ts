import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Logger } from '@headwater/logger';
import type { RunningService } from '../example.ts';
import { HeadwaterError } from '../headwater-error.ts';
import type { FromThread, ThreadService, ToThread } from './messages.ts';

const backOffMsMin = 250;
const backOffMsMax = 30_000;
/** A run this long is taken as healthy: the next end starts with the shortest back-off again. */
const healthyAfterMs = 60_000;
const closeWithinMs = 5_000;

interface Placed {
  service: ThreadService;
  logger: Logger;
  /** Settled by the first start; later ones, after the thread has ended, are told to the log. */
  ready: PromiseWithResolvers<RunningService>;
  closed?: PromiseWithResolvers<void>;
}

/**
 * A thread takes over neither the cache of compiled code nor, with it, what makes TypeScript of no cost.
 *
 * @see packages/analytics/src/engine/engine.ts
 */
function bootstrap(): string {
  // Node makes a folder for its version in the one that it is given.
  const kept = getCompileCacheDir();
  const enable =
    kept === undefined ? '' : `require('node:module').enableCompileCache(${JSON.stringify(dirname(kept))});`;
  return `${enable}import(${JSON.stringify(new URL('./run-thread.ts', import.meta.url).href)});`;
}

/**
 * The services of an example in a thread of their own, so that they and the parts do not wait for each other: they know each other by address
 * only. A thread that ends by an error that nobody caught is started again with its services, with back-off; the parts go on.
 */
export class ServicesThread {
  readonly #logger: Logger;
  readonly #placed = new Map<string, Placed>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #backOffMs = backOffMsMin;
  #isClosed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Starts a service. Rejects as its `start` does, with the code of that error. */
  async start(service: ThreadService, logger: Logger): Promise<RunningService> {
    if (this.#isClosed) throw new HeadwaterError('HW_UP_CLOSED', `${service.name} is not started: all is being closed`);
    const placed: Placed = { service, logger, ready: Promise.withResolvers() };
    placed.ready.promise.catch(() => {});
    this.#placed.set(service.name, placed);
    if (this.#worker === undefined && this.#timer === undefined) this.#run();
    else this.#tell({ kind: 'start', service });
    return await placed.ready.promise;
  }

  /** Ends the thread; services that are not closed yet end as a crash would end them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    for (const { closed, ready, service } of this.#placed.values()) {
      ready.reject(new HeadwaterError('HW_UP_CLOSED', `${service.name} did not start: all was closed`));
      closed?.resolve();
    }
    this.#placed.clear();
  }

  #run(): void {
    const startedAtMs = Date.now();
    this.#timer = undefined;
    const worker = new Worker(bootstrap(), {
      eval: true,
      name: 'services',
      stdin: true,
      execArgv: ['--no-warnings'],
    });
    this.#worker = worker;
    let reason = 'it ended by itself';
    worker.on('message', (message: FromThread) => this.#told(worker, message));
    worker.on('error', (error) => {
      reason = (error as Error).stack ?? String(error);
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      if (this.#isClosed) return;
      if (Date.now() - startedAtMs > healthyAfterMs) this.#backOffMs = backOffMsMin;
      for (const { closed, service } of this.#placed.values()) {
        if (closed === undefined) continue;
        this.#placed.delete(service.name);
        closed.resolve();
      }
      const services = [...this.#placed.keys()].join(', ');
      this.#logger.error({ reason, services, restartInMs: this.#backOffMs }, 'the thread of the services crashed');
      this.#timer = setTimeout(() => this.#run(), this.#backOffMs);
      this.#backOffMs = Math.min(backOffMsMax, this.#backOffMs * 2);
    });
    for (const { service } of this.#placed.values()) this.#tell({ kind: 'start', service });
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #told(worker: Worker, message: FromThread): void {
    if (message.kind === 'stdin') {
      process.stdin.pipe(worker.stdin!);
      worker.once('exit', () => process.stdin.unpipe(worker.stdin!));
      return;
    }
    const placed = this.#placed.get(message.name);
    if (placed === undefined) return;
    switch (message.kind) {
      case 'log':
        placed.logger[message.level](message.fields, message.message);
        break;
      case 'ready':
        placed.ready.resolve({
          ...(message.url === undefined ? {} : { url: message.url }),
          close: () => this.#closeOne(placed),
        });
        break;
      case 'failed':
        placed.logger.error({ error: message.message }, 'cannot be started');
        placed.ready.reject(new HeadwaterError(message.code ?? 'HW_UP_SERVICE', message.message));
        break;
      case 'closed':
        placed.closed?.resolve();
        this.#placed.delete(message.name);
        break;
    }
  }

  async #closeOne(placed: Placed): Promise<void> {
    if (placed.closed === undefined) {
      if (this.#placed.get(placed.service.name) !== placed) return;
      placed.closed = Promise.withResolvers();
      if (this.#worker === undefined) placed.closed.resolve();
      else this.#tell({ kind: 'close', name: placed.service.name });
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it did not close within ${closeWithinMs} ms`)), closeWithinMs);
    });
    try {
      await Promise.race([placed.closed.promise, late]);
    } finally {
      clearTimeout(timer);
      this.#placed.delete(placed.service.name);
    }
  }
}
