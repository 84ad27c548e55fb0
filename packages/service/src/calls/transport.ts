import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { trust } from '../ask/http-asker.ts';

export interface TransportRequest {
  method: string;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
  signal: AbortSignal;
}

/** An attempt that failed. `isSent` is false when it is certain that the other side saw nothing of it: then anything may be tried again. */
export class AttemptError extends Error {
  readonly isSent: boolean;

  constructor(cause: unknown, isSent: boolean) {
    super(cause instanceof Error ? cause.message || String((cause as { code?: string }).code) : String(cause), {
      cause,
    });
    this.isSent = isSent;
  }
}

const maxSockets = 256;

/** Connections to other services: kept alive, bounded, HTTP/1.1 with and without TLS. */
export class Transport {
  readonly #http = new HttpAgent({
    keepAlive: true,
    maxSockets,
    maxFreeSockets: 64,
    timeout: 60_000,
    scheduling: 'lifo',
  });
  readonly #ca: string | undefined;
  #https: HttpsAgent | undefined;

  constructor(ca?: string) {
    this.#ca = ca;
  }

  /** Sends a request; resolves with the head of its answer. Rejects with an AttemptError, or with the signal's reason. */
  send(url: URL, { body, headers, method, signal }: TransportRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const options = { method, headers, signal };
      let request: ClientRequest;
      if (url.protocol === 'https:') {
        this.#https ??= new HttpsAgent({
          keepAlive: true,
          maxSockets,
          maxFreeSockets: 64,
          timeout: 60_000,
          ...trust(this.#ca),
        });
        request = requestHttps(url, { ...options, agent: this.#https });
      } else request = requestHttp(url, { ...options, agent: this.#http });
      let isConnected = false;
      request.once('socket', (socket) => {
        if (socket.connecting) {
          const event = url.protocol === 'https:' ? 'secureConnect' : 'connect';
          socket.once(event, () => {
            isConnected = true;
          });
        } else isConnected = true;
      });
      request.once('response', resolve);
      request.on('error', (error) => {
        if (signal.aborted) reject(signal.reason);
        else reject(new AttemptError(error, isConnected));
      });
      request.end(body);
    });
  }

  /** May be called twice. */
  close(): void {
    this.#http.destroy();
    this.#https?.destroy();
  }
}
