import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '@headwater/logger';
import type { Clock, ClockTimer } from '../clock/clock.ts';
import { type Listener, usesTls } from '../config/listeners.ts';
import { anonymous, type Principal } from '../security/principal.ts';
import { adoptSocket, readByEvents, type SocketReader } from './adopt-socket.ts';
import type { FramePool } from './frame-pool.ts';
import { FrameReader } from './frame-reader.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { Request } from './request.ts';

export interface ConnectionHost {
  readonly maxFrameBytes: number;
  readonly maxPipelinedRequests: number;
  readonly frameBudget: MemoryBudget;
  readonly framePool: FramePool;
  readonly logger: Logger;
  /** Memory that all connections read into, one after the other. */
  readonly scratch: Buffer;
  monotonicMs(): number;
  /**
   * Handles a frame. Throws when it is not a request: the connection is closed then. The frame of a Produce request is lent until it
   * returns: whoever needs it later copies it.
   */
  onFrame(connection: Connection, frame: Buffer): void;
  onAnswered(request: Request): void;
  /** Answers are ready: `flush` is due at the end of this turn. */
  onAnswers(connection: Connection): void;
  /** The connection has shown who it is. */
  onAuthenticated(connection: Connection): void;
  /** It will be closed because of what it sent. */
  onFailure(connection: Connection, error: unknown): void;
  onClosed(connection: Connection, error: unknown): void;
}

/** Looks at frames before the handlers do. */
export interface FrameGate {
  /** False: it has dealt with the frame. @throws when the connection is to be closed */
  admits(frame: Buffer): boolean;
}

/** Answers below this are put together into one write. */
const joinBytesMax = 8 * 1024;
/** How long a connection that has failed may take to accept its last answers. */
const lingerMs = 5_000;

/**
 * One client. Requests are handled as they come and answered in their order; at most so many wait for an answer. Nothing more is
 * read while the client does not take its answers, so a slow reader costs what one answer costs and no more.
 */
export class Connection {
  readonly id: number;
  readonly listener: Listener;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly localPort: number;
  /** The host name that a TLS client says it dialled (SNI); null when it said none. */
  readonly serverName: string | null;
  /** From ApiVersions 3 on clients say what they are. */
  clientSoftware = '';
  /** Set by authentication. */
  principal: Principal = anonymous;
  /** Stands before the handlers on listeners with SASL. */
  gate: FrameGate | null = null;
  lastClientId: string | null = null;
  receivedBytes = 0;
  sentBytes = 0;
  lastActivityMs: number;
  /** When the request that is coming in began; infinite while there is none. */
  frameSinceMs = Number.POSITIVE_INFINITY;
  readonly #host: ConnectionHost;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  /** In the order in which they came; answered ones leave at the front. */
  readonly #requests: Request[] = [];
  #outgoing: Buffer[] = [];
  #outgoingBytes = 0;
  /** Told when all that is in `#outgoing` has been taken. */
  #outgoingSent: (() => void)[] = [];
  #isReadingDirectly = false;
  #isSocketFull = false;
  #isReading = true;
  #isHandling = false;
  #isClosed = false;
  #closeAfterFlush = false;
  #muted: { untilMs: number; timer: ClockTimer } | null = null;
  /** Requests that are kept back; what follows them waits. */
  #holds = 0;
  #isCut = false;
  #error: unknown = null;

  constructor(id: number, accepted: Socket, listener: Listener, host: ConnectionHost) {
    this.id = id;
    this.listener = listener;
    this.#host = host;
    this.#reader = new FrameReader(host.maxFrameBytes, host.frameBudget, host.framePool);
    this.remoteAddress = plainAddress(accepted.remoteAddress);
    this.localAddress = plainAddress(accepted.localAddress);
    this.localPort = accepted.localPort ?? 0;
    const isTls = usesTls(listener.protocol);
    this.serverName = isTls ? dialledName(accepted as TLSSocket) : null;
    this.lastActivityMs = host.monotonicMs();
    const reader: SocketReader = {
      target: () => this.#target(),
      received: (sizeBytes) => this.#received(sizeBytes),
    };
    this.#socket = isTls ? readByEvents(accepted, reader) : adoptSocket(accepted, reader);
    this.#socket.on('drain', () => {
      this.lastActivityMs = host.monotonicMs();
      this.#isSocketFull = false;
      this.#continue();
    });
    this.#socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#socket.on('close', () => this.#closed());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes of answers that the client has not taken yet. */
  get unsentBytes(): number {
    return this.#outgoingBytes + this.#socket.writableLength;
  }

  /** Requests that have no answer yet. */
  get waitingRequests(): number {
    return this.#requests.length;
  }

  get isInsideFrame(): boolean {
    return this.#reader.isInsideFrame;
  }

  get isIdle(): boolean {
    return this.#requests.length === 0 && this.unsentBytes === 0 && !this.#reader.isInsideFrame;
  }

  /** Nothing is read while the client has to wait for its quota. */
  get isMuted(): boolean {
    return this.#muted !== null;
  }

  /** Answers go out; no further request is taken for so long, by this clock (KIP-219). */
  mute(clock: Clock, forMs: number): void {
    const untilMs = clock.monotonicMs() + forMs;
    if (this.#isClosed || (this.#muted !== null && this.#muted.untilMs >= untilMs)) return;
    this.#muted?.timer.cancel();
    const timer = clock.schedule(forMs, () => {
      this.#muted = null;
      this.#continue();
    });
    this.#muted = { untilMs, timer };
  }

  /** Puts a request into the order of answers; `Request.respond` answers it. */
  add(request: Request): void {
    this.#requests.push(request);
  }

  answered(request: Request): void {
    this.#host.onAnswered(request);
    if (this.#isClosed || this.#requests[0] !== request) return;
    let count = 0;
    for (const { answer, isCut, onSent } of this.#requests) {
      if (answer === null || this.#isCut) break;
      this.#isCut = isCut;
      count++;
      if (onSent !== null) this.#outgoingSent.push(onSent);
      for (const chunk of answer) {
        this.#outgoing.push(chunk);
        this.#outgoingBytes += chunk.length;
      }
    }
    this.#requests.splice(0, count);
    this.#host.onAnswers(this);
  }

  /** Writes all answers that are ready, in one system call where it can be. */
  flush(): void {
    const chunks = this.#outgoing;
    if (this.#isClosed) return;
    if (this.#isCut) {
      this.#fail(null);
      return;
    }
    if (chunks.length > 0) {
      this.#outgoing = [];
      this.sentBytes += this.#outgoingBytes;
      this.lastActivityMs = this.#host.monotonicMs();
      const isRoomLeft = this.#write(chunks, this.#outgoingBytes);
      this.#outgoingBytes = 0;
      if (!isRoomLeft) this.#isSocketFull = true;
    }
    if (this.#closeAfterFlush && this.#requests.length === 0) this.#socket.end(() => this.#socket.destroy());
    else this.#continue();
  }

  #write(chunks: Buffer[], sizeBytes: number): boolean {
    const sent = this.#sentCallback();
    if (chunks.length === 1) return this.#socket.write(chunks[0]!, sent);
    if (sizeBytes <= joinBytesMax) return this.#socket.write(Buffer.concat(chunks, sizeBytes), sent);
    this.#socket.cork();
    for (let index = 0; index < chunks.length - 1; index++) this.#socket.write(chunks[index]!);
    const isRoomLeft = this.#socket.write(chunks[chunks.length - 1]!, sent);
    this.#socket.uncork();
    return isRoomLeft;
  }

  #sentCallback(): ((error?: Error | null) => void) | undefined {
    if (this.#outgoingSent.length === 0) return undefined;
    const callbacks = this.#outgoingSent;
    this.#outgoingSent = [];
    // After an error nobody knows whether the memory is still looked at.
    return (error) => {
      if (!error) for (const callback of callbacks) callback();
    };
  }

  /** Nothing more is handled until `release`, as often as it is called. */
  hold(): void {
    this.#holds++;
  }

  release(): void {
    this.#holds--;
    this.#continue();
  }

  /** No more requests; what has been answered is still sent. */
  closeGently(): void {
    this.#closeAfterFlush = true;
    this.#pause();
    this.#host.onAnswers(this);
  }

  /** As `closeGently`; `reason` is for the log, at once. */
  closeBecause(reason: unknown): void {
    this.#host.onFailure(this, reason);
    this.closeGently();
  }

  /** Frames may be so large until `authenticated`. */
  limitFrames(maxBytes: number, settingName: string): void {
    this.#reader.limit(Math.min(maxBytes, this.#host.maxFrameBytes), settingName);
  }

  authenticated(principal: Principal): void {
    this.principal = principal;
    this.#reader.limit(this.#host.maxFrameBytes);
    this.#host.onAuthenticated(this);
  }

  /** Now, with whatever is under way. `reason` is for the log, null when there is nothing to say. */
  destroy(reason: unknown = null): void {
    this.#error ??= reason;
    this.#socket.destroy();
    // 'close' comes a turn later, and nothing may be handled or answered until then.
    this.#closed();
  }

  /** The stream makes no sense from here on: earlier answers still go out, then it is over. */
  #fail(error: unknown): void {
    this.#error ??= error;
    if (this.#outgoing.length > 0) this.#write(this.#outgoing, this.#outgoingBytes);
    this.#socket.setTimeout(lingerMs, () => this.#socket.destroy());
    this.#socket.destroySoon();
    this.#closed();
  }

  #target(): Buffer {
    const direct = this.#reader.directTarget();
    this.#isReadingDirectly = direct !== null;
    return direct ?? this.#host.scratch;
  }

  #received(sizeBytes: number): boolean {
    if (this.#isClosed) return false;
    this.receivedBytes += sizeBytes;
    this.lastActivityMs = this.#host.monotonicMs();
    if (this.#isReadingDirectly) this.#reader.filledDirectly(sizeBytes);
    else this.#reader.feed(this.#host.scratch.subarray(0, sizeBytes));
    this.#handleFrames();
    this.#reader.keepRest();
    if (!this.#reader.isInsideFrame) this.frameSinceMs = Number.POSITIVE_INFINITY;
    else if (this.frameSinceMs === Number.POSITIVE_INFINITY) this.frameSinceMs = this.lastActivityMs;
    return this.#isReading;
  }

  #handleFrames(): void {
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      while (this.#mayHandle()) {
        const frame = this.#reader.next();
        if (frame === null) break;
        this.frameSinceMs = Number.POSITIVE_INFINITY;
        this.#host.onFrame(this, frame);
        this.#reader.handled();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isHandling = false;
    }
    if (!this.#mayHandle()) this.#pause();
  }

  #mayHandle(): boolean {
    if (this.#isClosed || this.#isSocketFull || this.#closeAfterFlush) return false;
    if (this.#holds > 0 || this.#muted !== null) return false;
    // What is ready goes out first, or a client that pipelines large reads would have them all in memory.
    if (this.#outgoingBytes > this.#socket.writableHighWaterMark) return false;
    return this.#requests.length < this.#host.maxPipelinedRequests;
  }

  /** Goes on with what had to wait: frames that were read already, then the socket. */
  #continue(): void {
    if (this.#isReading || !this.#mayHandle()) return;
    this.#handleFrames();
    if (this.#isClosed || !this.#mayHandle()) return;
    this.#isReading = true;
    this.#socket.resume();
  }

  #pause(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#socket.pause();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#muted?.timer.cancel();
    this.#reader.close();
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    const requests = this.#requests.splice(0);
    for (const request of requests) request.onAbandoned?.();
    this.#host.onClosed(this, this.#error);
  }
}

/** What a TLS client dialled, when it is a host name: it is told back to that client only. */
function dialledName({ servername }: TLSSocket): string | null {
  return typeof servername === 'string' && /^[a-zA-Z0-9_.-]{1,253}$/.test(servername) ? servername : null;
}

/** IPv4 as IPv4, also on a socket that listens for both. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
