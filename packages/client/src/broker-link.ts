import type { Logger } from '@headwater/logger';
import { type ApiKey, apis, ApiKey as Key, type RequestInputOf, type ResponseOf } from '@headwater/protocol';
import { backoffDelayMs, delay } from './backoff.ts';
import { brokerError, ClientError } from './client-error.ts';
import { Connection, type RequestOptions } from './connection.ts';
import type { SslOptions } from './open-socket.ts';
import { authenticate } from './sasl/authenticate.ts';
import type { SaslOptions } from './sasl/sasl-options.ts';

export interface LinkOptions {
  clientId: string;
  connectTimeoutMs: number;
  requestTimeoutMs: number;
  maxInFlight: number;
  maxFrameBytes: number;
  logger: Logger;
  ssl: SslOptions | null;
  sasl: SaslOptions | null;
}

export interface Address {
  host: string;
  port: number;
}

export interface ApiVersionRange {
  apiKey: number;
  minVersion: number;
  maxVersion: number;
}

/**
 * The newest version that this client's requests are written for, where that is not the newest of the protocol:
 * the ones left out name topics by id only.
 */
const MAX_VERSIONS: Partial<Record<ApiKey, number>> = {
  [Key.Produce]: 12,
  [Key.Fetch]: 12,
  [Key.OffsetCommit]: 9,
  [Key.OffsetFetch]: 9,
};

/** The part of a session's lifetime after which a new one begins: requests must have time to be answered. */
const sessionUse = 0.85;

/** A broker as this client sees it: a connection that is opened when needed and again when lost, and its versions. */
export class BrokerLink {
  readonly address: Address;
  private readonly options: LinkOptions;
  private connection: Connection | null = null;
  private opening: Promise<Connection> | null = null;
  private versions: Map<number, ApiVersionRange> = new Map();
  private features: Map<string, number> = new Map();
  private failures = 0;
  private hasAnswered = false;
  /** From then on a new connection with a new login is used. */
  private sessionEndsAtMs = Number.POSITIVE_INFINITY;
  private retryAtMs = 0;
  private readonly closing = new AbortController();

  constructor(address: Address, options: LinkOptions) {
    this.address = address;
    this.options = options;
  }

  get isConnected(): boolean {
    return this.connection?.isOpen === true && Date.now() < this.sessionEndsAtMs;
  }

  get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  /**
   * Sends a request in the newest version that both sides know, or in `maxVersion`. A function as body is given that
   * version.
   */
  async request<K extends ApiKey>(
    apiKey: K,
    body: RequestInputOf[K] | ((version: number) => RequestInputOf[K]),
    options: RequestOptions & { maxVersion?: number } = {},
  ): Promise<ResponseOf[K]> {
    const connection = this.isConnected ? this.connection! : await this.connect(options.signal);
    const version = this.version(apiKey, options.maxVersion);
    const answer = connection.request(apiKey, version, typeof body === 'function' ? body(version) : body, options);
    return this.hasAnswered ? answer : this.firstAnswer(answer);
  }

  /** A broker that wants a login answers which versions it has, and closes at the first real request. */
  private async firstAnswer<T>(answer: Promise<T>): Promise<T> {
    try {
      const body = await answer;
      this.hasAnswered = true;
      return body;
    } catch (error) {
      throw withHint(error, this.options);
    }
  }

  /** What the broker serves; connects first when it has to. */
  async apiVersions(signal?: AbortSignal): Promise<ApiVersionRange[]> {
    if (!this.isConnected) await this.connect(signal);
    return [...this.versions.values()];
  }

  /** The level at which the cluster runs a feature, e.g. 'transaction.version'; 0 when it says nothing of it. */
  async feature(name: string, signal?: AbortSignal): Promise<number> {
    if (!this.isConnected) await this.connect(signal);
    return this.features.get(name) ?? 0;
  }

  /** Whether the broker serves the API in a version that this client knows; only after a first connection. */
  supports(apiKey: ApiKey): boolean {
    const served = this.versions.get(apiKey);
    const api = apis[apiKey];
    return (
      served !== undefined && Math.min(served.maxVersion, api.maxVersion) >= Math.max(served.minVersion, api.minVersion)
    );
  }

  private version(apiKey: ApiKey, maxVersion = MAX_VERSIONS[apiKey] ?? apis[apiKey].maxVersion): number {
    const api = apis[apiKey];
    const served = this.versions.get(apiKey);
    const max = Math.min(served?.maxVersion ?? -1, maxVersion);
    if (max < Math.max(served?.minVersion ?? 0, api.minVersion)) {
      const theirs = served === undefined ? 'not at all' : `in versions ${served.minVersion} to ${served.maxVersion}`;
      const message = `${this.name} serves ${api.name} ${theirs}; this client needs one of ${api.minVersion} to ${maxVersion}`;
      throw new ClientError('HW_CLIENT_UNSUPPORTED_API', message);
    }
    return max;
  }

  get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  /** Connects, or joins the attempt under way; after failures it waits its back-off first. */
  private connect(signal?: AbortSignal): Promise<Connection> {
    if (this.isClosed) return Promise.reject(this.closing.signal.reason);
    this.opening ??= this.open().finally(() => {
      this.opening = null;
    });
    return abortable(this.opening, signal);
  }

  private async open(): Promise<Connection> {
    const { signal } = this.closing;
    // Its session ends soon: what was asked on it is still answered.
    this.connection?.retire();
    this.connection = null;
    const wait = this.retryAtMs - Date.now();
    if (wait > 0) await delay(wait, signal);
    let connection: Connection | null = null;
    try {
      connection = await Connection.open({ ...this.options, ...this.address, signal });
      await this.negotiate(connection);
      await this.logIn(connection);
      if (this.isClosed) throw this.closing.signal.reason;
      this.connection = connection;
      this.failures = 0;
      this.options.logger.debug({ broker: this.name }, 'connected');
      return connection;
    } catch (error) {
      connection?.close();
      this.retryAtMs = Date.now() + backoffDelayMs(this.failures++);
      throw error;
    }
  }

  private async negotiate(connection: Connection): Promise<void> {
    const software = { clientSoftwareName: 'headwater', clientSoftwareVersion: '0.1.0' };
    let answer = await connection.request(Key.ApiVersions, 3, software).catch((error) => {
      throw withHint(error, this.options);
    });
    if (answer.errorCode !== 0) answer = await connection.request(Key.ApiVersions, 0, {});
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `asking ${this.name} for its versions`);
    this.versions = new Map(answer.apiKeys.map((range) => [range.apiKey, range]));
    this.features = new Map(answer.finalizedFeatures.map((feature) => [feature.name, feature.maxVersionLevel]));
  }

  private async logIn(connection: Connection): Promise<void> {
    const { sasl } = this.options;
    if (sasl === null) return;
    const lifetimeMs = await authenticate(connection, sasl, this.version(Key.SaslAuthenticate));
    this.sessionEndsAtMs = lifetimeMs > 0 ? Date.now() + lifetimeMs * sessionUse : Number.POSITIVE_INFINITY;
  }

  /** Closes for good: requests in flight and later ones fail with `error`, by default HW_CLIENT_CLOSED. May be called twice. */
  close(error = new ClientError('HW_CLIENT_CLOSED', 'the client is closed')): void {
    if (this.isClosed) return;
    this.closing.abort(error);
    this.connection?.close(error);
  }

  /** Closes because the broker is not to be found here any more: what was asked of it may be asked of another. */
  retire(): void {
    this.close(new ClientError('HW_CLIENT_DISCONNECTED', `${this.name} has left the cluster or has another address`));
  }
}

/** A broker closes without a word when it wanted TLS or a login. */
function withHint(error: unknown, { sasl, ssl }: LinkOptions): unknown {
  if (!(error instanceof ClientError) || error.code !== 'HW_CLIENT_DISCONNECTED' || (sasl !== null && ssl !== null))
    return error;
  const missing = [...(ssl === null ? ['ssl'] : []), ...(sasl === null ? ['sasl'] : [])].join(' or ');
  const message = `${error.message}. When that is always so: does its listener want ${missing}?`;
  return new ClientError('HW_CLIENT_DISCONNECTED', message, { cause: error });
}

/** The promise, or the signal's reason when that comes first; the work itself goes on for others who wait for it. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
