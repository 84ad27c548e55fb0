import http, { type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { HttpError } from '@headwater/http';
import { type ConnectionAddress, type ConnectionOwner, Http1Connection } from './http1/connection.ts';
import { Http2Client } from './http2/client.ts';
import type { AnswerListener, RequestHead, UpstreamRequest } from './upstream-request.ts';

export interface UpstreamOptions {
  maxInFlight: number;
  maxIdle: number;
  /** For upstreams by https: the authorities that are believed. */
  tls: Pick<SecureContextOptions, 'ca'>;
}

/**
 * Before most servers drop it: a request sent into a connection that is being closed is lost. What the upstream says by Keep-Alive shortens or
 * lengthens it.
 */
const idleMaxMs = 4_000;
const sweepMs = 1_000;

/** One address that requests are forwarded to: its idle connections, and a bound on what is under way. */
export class Upstream implements ConnectionOwner {
  readonly origin: string;
  readonly host: string;
  readonly isSecure: boolean;
  readonly maxInFlight: number;
  inFlight = 0;
  readonly #address: ConnectionAddress;
  readonly #maxIdle: number;
  /** The last one was used last: under little load the others run out. */
  readonly #idle: Http1Connection[] = [];
  #sweeper: NodeJS.Timeout | undefined;
  #isClosed = false;

  readonly #http2: Http2Client | undefined;

  constructor(url: URL, options: UpstreamOptions, isHttp2: boolean) {
    this.#http2 = isHttp2 ? new Http2Client(url.origin, options.tls) : undefined;
    this.origin = url.origin;
    this.host = url.host;
    this.isSecure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (this.isSecure ? 443 : 80) : Number(url.port);
    this.#address = this.isSecure
      ? { tls: true, host, port, ...options.tls, ...(isIP(host) === 0 && { servername: host }) }
      : { tls: false, host, port };
    this.maxInFlight = options.maxInFlight;
    this.#maxIdle = options.maxIdle;
  }

  /** Takes a place for one more request, or refuses. `leave` gives it back. */
  enter(name: string): void {
    if (this.inFlight >= this.maxInFlight)
      throw new HttpError(
        503,
        'HW_GATEWAY_UPSTREAM_BUSY',
        `${name} has ${this.maxInFlight} requests under way through this gateway: try again later`,
        { upstream: this.origin },
      );
    this.inFlight++;
  }

  leave(): void {
    this.inFlight--;
  }

  /** Sends a request; the listener hears what becomes of it. `isFresh`: on a connection of its own, never an idle one. */
  send(head: RequestHead, listener: AnswerListener, isFresh: boolean): UpstreamRequest {
    if (this.#http2 !== undefined) return this.#http2.send(head, listener, isFresh);
    const connection = (isFresh ? undefined : this.#takeIdle()) ?? new Http1Connection(this.#address, this);
    return connection.send(head, listener);
  }

  /** A request for another protocol, by Node's own client on a connection of its own. */
  requestUpgrade(options: RequestOptions): ClientRequest {
    const { tls, ...address } = this.#address;
    return (tls ? https : http).request({
      ...(address as RequestOptions),
      ...options,
      setHost: false,
      agent: false,
      maxHeaderSize: 64 * 1024,
    });
  }

  idle(connection: Http1Connection): boolean {
    if (this.#isClosed || this.#idle.length >= this.#maxIdle) return false;
    this.#idle.push(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
    return true;
  }

  closed(connection: Http1Connection): void {
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  close(): void {
    this.#isClosed = true;
    this.#http2?.close();
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
    for (const connection of [...this.#idle]) connection.destroy();
  }

  #takeIdle(): Http1Connection | undefined {
    if (this.#idle.length === 0) return undefined;
    const nowMs = performance.now();
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable && nowMs - connection.idleSinceMs < lifeMs(connection)) return connection;
      connection.destroy();
    }
    return undefined;
  }

  #sweep(): void {
    const nowMs = performance.now();
    const old = this.#idle.filter((connection) => nowMs - connection.idleSinceMs >= lifeMs(connection));
    for (const connection of old) connection.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** A second less than what the upstream promised, for what is on the way. */
function lifeMs({ keepAliveMs }: Http1Connection): number {
  return keepAliveMs === undefined ? idleMaxMs : Math.max(0, keepAliveMs - 1_000);
}

/** Keys of upstreams asked by HTTP/2 start with it: they are others than those of the same address by HTTP/1.1. */
const http2Mark = 'h2 ';

/** The upstreams by origin and protocol. */
export class UpstreamPool {
  readonly #upstreams = new Map<string, Upstream>();
  readonly #options: UpstreamOptions;

  constructor(options: UpstreamOptions) {
    this.#options = options;
  }

  /** By scheme, host and port. */
  get(origin: string, isHttp2 = false): Upstream {
    const key = isHttp2 ? `${http2Mark}${origin}` : origin;
    let upstream = this.#upstreams.get(key);
    if (upstream === undefined) {
      upstream = new Upstream(new URL(origin), this.#options, isHttp2);
      this.#upstreams.set(key, upstream);
    }
    return upstream;
  }

  /** Forgets upstreams that no route and no part names any more; what is under way there goes on. */
  retain(origins: ReadonlySet<string>): void {
    for (const [key, upstream] of this.#upstreams) {
      if (origins.has(upstream.origin) || upstream.inFlight > 0) continue;
      upstream.close();
      this.#upstreams.delete(key);
    }
  }

  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.close();
    this.#upstreams.clear();
  }
}
