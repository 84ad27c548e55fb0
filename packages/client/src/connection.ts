import type { Socket } from 'node:net';
import type { Logger } from '@headwater/logger';
import {
  ApiKey,
  decodeCorrelationId,
  decodeResponse,
  ErrorCode,
  encodeRequestChunks,
  type RequestInputOf,
  type ResponseOf,
} from '@headwater/protocol';
import { ClientError } from './client-error.ts';
import { FrameSplitter } from './frame-splitter.ts';
import { openSocket, type SslOptions } from './open-socket.ts';

export interface ConnectionOptions {
  host: string;
  port: number;
  clientId: string;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  /** Requests sent and not answered yet; more wait their turn. */
  maxInFlight: number;
  maxFrameBytes: number;
  logger: Logger;
  /** TLS; absent or null: plain TCP. */
  ssl?: SslOptions | null;
  signal?: AbortSignal | undefined;
}

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Default: the connection's. A long poll adds its own wait to it. */
  timeoutMs?: number;
  /** The broker answers nothing (Produce with acks 0): resolves with undefined once the request is written. */
  noAnswer?: boolean;
}

/** Requests waiting for a place in flight; a caller that has more of them should wait for answers. */
const WAITING_MAX = 10_000;

/** A broker's pause is heeded for so long at most: what waits has time limits of its own. */
const THROTTLE_MAX_MS = 30_000;

interface Pending {
  apiKey: ApiKey;
  version: number;
  correlationId: number;
  chunks: Buffer[];
  noAnswer: boolean;
  timeoutMs: number;
  timer: NodeJS.Timeout | null;
  resolve: (body: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * One connection to a broker, TCP or TLS. Requests are pipelined: sent without waiting for the answers before, which come in
 * the same order. When anything is wrong with it, it closes, and every request on it fails.
 */
export class Connection {
  readonly address: string;
  private readonly options: ConnectionOptions;
  private readonly socket: Socket;
  private readonly splitter: FrameSplitter;
  private readonly inFlight: Pending[] = [];
  private readonly waiting: Pending[] = [];
  private readonly closeListeners = new Set<(error: Error) => void>();
  private correlationId = 0;
  private error: Error | null = null;
  private isRetiring = false;
  /** Set while the broker has asked for a pause (quotas, KIP-219): what is to be sent waits. */
  private throttle: NodeJS.Timeout | null = null;

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.socket = socket;
    this.options = options;
    this.address = `${options.host}:${options.port}`;
    this.splitter = new FrameSplitter(options.maxFrameBytes, (frame) => this.receive(frame));
    socket.on('error', (cause) => this.fail(this.disconnected(cause.message, cause)));
    socket.on('close', () => this.fail(this.disconnected('the broker closed the connection')));
  }

  /** Connects; rejects as `openSocket` does. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    let connection: Connection | null = null;
    // Before it was asked for something a broker says nothing.
    const onBytes = (bytes: Buffer): void => connection?.take(bytes);
    connection = new Connection(await openSocket({ ...options, ssl: options.ssl ?? null, onBytes }), options);
    return connection;
  }

  private take(bytes: Buffer): void {
    if (this.error !== null) return;
    try {
      this.splitter.push(bytes);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  get isOpen(): boolean {
    return this.error === null;
  }

  /** Called once when the connection closes, at once when it is closed already; gives a function to unsubscribe. */
  onClose(listener: (error: Error) => void): () => void {
    if (this.error !== null) listener(this.error);
    else this.closeListeners.add(listener);
    return () => this.closeListeners.delete(listener);
  }

  /** Sends a request and resolves with the answer's body. The answer's error codes are the caller's to look at. */
  request<K extends ApiKey>(
    apiKey: K,
    version: number,
    body: RequestInputOf[K],
    options: RequestOptions = {},
  ): Promise<ResponseOf[K]> {
    const { signal } = options;
    return new Promise<ResponseOf[K]>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.error !== null) return reject(this.error);
      if (this.waiting.length >= WAITING_MAX) {
        return reject(
          new ClientError('HW_CLIENT_OVERLOADED', `${WAITING_MAX} requests wait for ${this.address} already`),
        );
      }
      this.correlationId = (this.correlationId + 1) & 0x7fff_ffff;
      // An aborted request keeps its place: the answer comes anyway, and is dropped.
      const onAbort = () => reject(signal!.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const pending: Pending = {
        apiKey,
        version,
        correlationId: this.correlationId,
        chunks: encodeRequestChunks(apiKey, version, this.correlationId, this.options.clientId, body),
        noAnswer: options.noAnswer === true,
        timeoutMs: options.timeoutMs ?? this.options.requestTimeoutMs,
        timer: null,
        resolve: (value) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(value as ResponseOf[K]);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      const mayGo = this.inFlight.length < this.options.maxInFlight && this.throttle === null;
      if (mayGo) this.send(pending);
      else this.waiting.push(pending);
    });
  }

  private send(pending: Pending): void {
    const { socket } = this;
    if (pending.chunks.length === 1) socket.write(pending.chunks[0]!);
    else {
      socket.cork();
      for (const chunk of pending.chunks) socket.write(chunk);
      socket.uncork();
    }
    pending.chunks = [];
    if (pending.noAnswer) {
      pending.resolve(undefined);
      return;
    }
    pending.timer = setTimeout(() => {
      const message = `${this.address} did not answer in ${pending.timeoutMs} ms`;
      this.fail(new ClientError('HW_CLIENT_REQUEST_TIMEOUT', message));
    }, pending.timeoutMs);
    this.inFlight.push(pending);
  }

  private receive(frame: Buffer): void {
    const pending = this.inFlight.shift();
    const correlationId = decodeCorrelationId(frame);
    if (pending === undefined || pending.correlationId !== correlationId) {
      const expected = pending === undefined ? 'none' : String(pending.correlationId);
      const message = `${this.address} answered request ${correlationId}, expected was ${expected}`;
      if (pending !== undefined) this.inFlight.unshift(pending);
      throw new ClientError('HW_CLIENT_BAD_ANSWER', message);
    }
    if (pending.timer !== null) clearTimeout(pending.timer);
    try {
      const { body } = decodeResponse(pending.apiKey, answeredVersion(pending, frame), frame);
      this.heed((body as { throttleTimeMs?: number }).throttleTimeMs ?? 0);
      pending.resolve(body);
    } catch (cause) {
      const message = `an answer of ${this.address} cannot be read: ${(cause as Error).message}`;
      pending.reject(new ClientError('HW_CLIENT_BAD_ANSWER', message, { cause }));
    }
    this.sendWaiting();
    if (this.isRetiring) this.closeIfIdle();
  }

  private sendWaiting(): void {
    const { inFlight, waiting } = this;
    while (waiting.length > 0 && inFlight.length < this.options.maxInFlight && this.throttle === null) {
      this.send(waiting.shift()!);
    }
  }

  private heed(throttleTimeMs: number): void {
    if (throttleTimeMs <= 0 || this.throttle !== null) return;
    this.throttle = setTimeout(
      () => {
        this.throttle = null;
        this.sendWaiting();
      },
      Math.min(throttleTimeMs, THROTTLE_MAX_MS),
    );
  }

  /** Closes once what is under way is answered; the caller sends nothing more on it. */
  retire(): void {
    this.isRetiring = true;
    this.closeIfIdle();
  }

  private closeIfIdle(): void {
    if (this.inFlight.length === 0 && this.waiting.length === 0) this.close();
  }

  private disconnected(why: string, cause?: Error): ClientError {
    return new ClientError('HW_CLIENT_DISCONNECTED', `lost the connection to ${this.address}: ${why}`, { cause });
  }

  private fail(error: Error): void {
    if (this.error !== null) return;
    this.error = error;
    if (this.throttle !== null) clearTimeout(this.throttle);
    this.options.logger.debug({ address: this.address, error: error.message }, 'connection closed');
    this.socket.destroy();
    for (const pending of [...this.inFlight, ...this.waiting]) {
      if (pending.timer !== null) clearTimeout(pending.timer);
      pending.reject(error);
    }
    this.inFlight.length = 0;
    this.waiting.length = 0;
    for (const listener of this.closeListeners) listener(error);
    this.closeListeners.clear();
  }

  /** Closes at once; requests in flight fail with `error`, by default HW_CLIENT_CLOSED. May be called twice. */
  close(error?: Error): void {
    this.fail(error ?? new ClientError('HW_CLIENT_CLOSED', `the connection to ${this.address} was closed`));
  }
}

/** A broker that does not know the version of an ApiVersions request answers in version 0 (KIP-511). */
function answeredVersion(pending: Pending, frame: Buffer): number {
  const isRefused =
    pending.apiKey === ApiKey.ApiVersions &&
    frame.length >= 6 &&
    frame.readInt16BE(4) === ErrorCode.UNSUPPORTED_VERSION;
  return isRefused ? 0 : pending.version;
}
