import http, { type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import { HttpError } from '@headwater/http';
import { NodeRequest } from './node-request.ts';
import type { AnswerListener, RequestHead, UpstreamRequest } from './upstream-request.ts';

/** One address that requests are forwarded to: its idle connections, and a bound on what is under way. */
export class Upstream {
  readonly origin: string;
  readonly host: string;
  readonly isSecure: boolean;
  readonly maxInFlight: number;
  inFlight = 0;
  readonly #hostname: string;
  readonly #port: string;
  readonly #agent: http.Agent;

  constructor(url: URL, options: { maxInFlight: number; maxIdle: number }) {
    this.origin = url.origin;
    this.host = url.host;
    this.isSecure = url.protocol === 'https:';
    this.#hostname = url.hostname.replace(/^\[|\]$/g, '');
    this.#port = url.port === '' ? (this.isSecure ? '443' : '80') : url.port;
    this.maxInFlight = options.maxInFlight;
    // Connections are bounded by maxInFlight. An idle one is dropped after 4 s, before most servers drop it (a server's
    // Keep-Alive hint shortens or lengthens that): a request sent into a connection that is being closed is lost.
    const agentOptions: http.AgentOptions = {
      keepAlive: true,
      maxFreeSockets: options.maxIdle,
      scheduling: 'lifo',
      timeout: 4_000,
    };
    this.#agent = this.isSecure ? new https.Agent(agentOptions) : new http.Agent(agentOptions);
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
    return new NodeRequest(this.request(head, isFresh), listener);
  }

  /** `isFresh`: on a connection of its own, never an idle one. */
  request(options: RequestOptions, isFresh: boolean): ClientRequest {
    return (this.isSecure ? https : http).request({
      ...options,
      host: this.#hostname,
      port: this.#port,
      setHost: false,
      agent: isFresh ? false : this.#agent,
      maxHeaderSize: 64 * 1024,
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The upstreams by origin. */
export class UpstreamPool {
  readonly #upstreams = new Map<string, Upstream>();
  readonly #options: { maxInFlight: number; maxIdle: number };

  constructor(options: { maxInFlight: number; maxIdle: number }) {
    this.#options = options;
  }

  /** By scheme, host and port. */
  get(origin: string): Upstream {
    let upstream = this.#upstreams.get(origin);
    if (upstream === undefined) {
      upstream = new Upstream(new URL(origin), this.#options);
      this.#upstreams.set(origin, upstream);
    }
    return upstream;
  }

  /** Forgets upstreams that no route and no part names any more; what is under way there goes on. */
  retain(origins: ReadonlySet<string>): void {
    for (const [origin, upstream] of this.#upstreams) {
      if (origins.has(origin) || upstream.inFlight > 0) continue;
      upstream.close();
      this.#upstreams.delete(origin);
    }
  }

  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.close();
    this.#upstreams.clear();
  }
}
