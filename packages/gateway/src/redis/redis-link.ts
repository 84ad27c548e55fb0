import type { Logger } from '@headwater/logger';
import { redisSocket } from './redis-socket.ts';

export interface RedisLinkOptions {
  /** `redis://[[user]:password@]host[:port][/database]`, `rediss://` with TLS. */
  url: string;
  /** Longest wait for an answer, after which Redis counts as down; for a connection ten times as long. Default 100 ms. */
  timeoutMs?: number;
  /** Between two attempts to find it again. Default 250 ms. */
  retryMs?: number;
  logger: Logger;
}

export interface RedisState {
  state: 'connecting' | 'up' | 'down';
  sinceMs: number;
  /** Why it is down, without the URL's password. */
  error?: string;
}

/** As much of a client as is used here. */
export interface RedisCommands {
  sendCommand(args: readonly string[]): Promise<unknown>;
}

type Client = RedisCommands & {
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: 'error', on: (e: Error) => void): unknown;
  on(event: 'connect', on: () => void): unknown;
};

/**
 * One connection to Redis that is either known to work or known not to: a command that fails or takes too long makes it `down` for everybody at
 * once, so that no request waits for what another has found out; it is then asked beside the requests until it answers again.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #timeoutMs: number;
  readonly #retryMs: number;
  #client: Client | undefined;
  #end: (() => void) | undefined;
  #state: RedisState = { state: 'connecting', sinceMs: Date.now() };
  #timer: NodeJS.Timeout | undefined;
  #attempt: Promise<void> | undefined;
  #isClosed = false;
  readonly #onUp: (() => void)[] = [];

  constructor(options: RedisLinkOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 100;
    this.#retryMs = options.retryMs ?? 250;
  }

  get state(): RedisState {
    return this.#state;
  }

  get isUp(): boolean {
    return this.#state.state === 'up';
  }

  /** Told each time that it is up, the first one too. */
  onUp(told: () => void): void {
    this.#onUp.push(told);
  }

  /** Connects, and goes on trying. Resolves when the first attempt is over, well or not. */
  start(): Promise<void> {
    this.#attempt ??= this.#connect();
    return this.#attempt;
  }

  /** Rejects when Redis is down or does not answer in time. */
  send(...args: string[]): Promise<unknown> {
    const client = this.#client;
    if (client === undefined || !this.isUp)
      return Promise.reject(new Error(`Redis is down: ${this.#state.error ?? 'not connected yet'}`));
    return within(this.#timeoutMs, client.sendCommand(args)).catch((error: Error) => {
      // An answer that says no, to a script for example, is an answer: Redis is well.
      if (error.name !== 'SimpleError' && error.constructor.name !== 'SimpleError') this.#down(error);
      throw error;
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#drop();
    this.#state = { state: 'down', sinceMs: Date.now(), error: 'closed' };
  }

  async #connect(): Promise<void> {
    const connectTimeoutMs = this.#timeoutMs * 10;
    try {
      const { createClient } = await import('@redis/client');
      if (this.#isClosed) return;
      const client = createClient({
        url: this.#options.url,
        disableOfflineQueue: true,
        commandsQueueMaxLength: 100_000,
        // Finding it again is done here: the client's own way would tell nobody.
        socket: { ...redisSocket(this.#options.url), reconnectStrategy: false, connectTimeout: connectTimeoutMs },
      } as Parameters<typeof createClient>[0]) as unknown as Client;
      this.#end = endOf(client);
      client.on('error', (error) => {
        if (this.#client === client) this.#down(error);
      });
      this.#client = client;
      // One that takes the connection and stays silent would be waited for for ever.
      await within(connectTimeoutMs, client.connect());
      await within(connectTimeoutMs, client.sendCommand(['PING']));
      if (this.#client === client) this.#up();
    } catch (error) {
      this.#down(error as Error);
    }
  }

  #drop(): void {
    this.#end?.();
    this.#end = undefined;
    this.#client = undefined;
  }

  #up(): void {
    const before = this.#state;
    this.#state = { state: 'up', sinceMs: Date.now() };
    if (before.state === 'down')
      this.#options.logger.info({ downMs: Date.now() - before.sinceMs }, 'Redis answers again');
    for (const told of this.#onUp) told();
  }

  #down(error: Error): void {
    if (this.#isClosed) return;
    this.#drop();
    if (this.#state.state !== 'down') {
      const said = withoutPassword(error.message === '' ? error.name : error.message, this.#options.url);
      this.#state = { state: 'down', sinceMs: Date.now(), error: said };
      this.#options.logger.warn({ error: said }, 'Redis does not answer; it is asked again until it does');
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#connect(), this.#retryMs);
    this.#timer.unref();
  }
}

/** How to end a client. One whose socket is still being made would take it nevertheless, and keep it: it is ended once it has it. */
function endOf(client: Client): () => void {
  let hasSocket = false;
  let isOver = false;
  const destroy = (): void => {
    try {
      client.destroy();
    } catch {
      // Its socket was gone already.
    }
  };
  client.on('connect', () => {
    hasSocket = true;
    if (isOver) destroy();
  });
  return () => {
    isOver = true;
    if (hasSocket) destroy();
  };
}

function within<T>(timeoutMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function withoutPassword(message: string, url: string): string {
  const password = URL.canParse(url) ? new URL(url).password : '';
  return password === ''
    ? message
    : message.replaceAll(password, '***').replaceAll(decodeURIComponent(password), '***');
}
