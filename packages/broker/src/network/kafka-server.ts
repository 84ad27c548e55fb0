import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '@headwater/logger';
import { BrokerError } from '../broker-error.ts';
import type { Clock, ClockTimer } from '../clock/clock.ts';
import { Connection, type ConnectionHost, plainAddress } from './connection.ts';
import { LogLimiter } from './log-limiter.ts';
import { MemoryBudget } from './memory-budget.ts';
import type { Request } from './request.ts';

export interface KafkaServerOptions {
  host: string;
  port: number;
  clock: Clock;
  logger: Logger;
  /** `socket.request.max.bytes` */
  maxFrameBytes: number;
  /** `queued.max.request.bytes` */
  maxQueuedBytes: number;
  /** `max.connections`, `max.connections.per.ip` */
  maxConnections: number;
  maxConnectionsPerIp: number;
  /** `connections.max.idle.ms` */
  maxIdleMs: number;
  maxPipelinedRequests: number;
  /** Handles one frame; what it throws closes the connection. */
  onFrame(connection: Connection, frame: Buffer): void;
  onAnswered(request: Request): void;
}

export interface NetworkStats {
  connections: number;
  acceptedConnections: number;
  refusedConnections: number;
  failedConnections: number;
  idleClosedConnections: number;
  receivedBytes: number;
  sentBytes: number;
}

const scratchBytes = 64 * 1024;
/** How long `close` waits for clients to take their last answers. */
const drainMs = 1_000;

/** The TCP side: accepts connections up to its limits, hands their frames on, and writes answers once a turn. */
export class KafkaServer implements ConnectionHost {
  readonly maxFrameBytes: number;
  readonly maxPipelinedRequests: number;
  readonly frameBudget: MemoryBudget;
  readonly logger: Logger;
  readonly scratch: Buffer = Buffer.allocUnsafeSlow(scratchBytes);
  readonly #options: KafkaServerOptions;
  readonly #server: Server;
  readonly #limitedLog: LogLimiter;
  readonly #connections = new Set<Connection>();
  readonly #connectionsByIp = new Map<string, number>();
  #toFlush: Connection[] = [];
  #isFlushDue = false;
  #idleTimer: ClockTimer | null = null;
  #nextConnectionId = 1;
  #closing: Promise<void> | null = null;
  readonly #closed = { received: 0, sent: 0 };
  #unsent = { atMs: -Infinity, bytes: 0 };
  #accepted = 0;
  #refused = 0;
  #failed = 0;
  #idleClosed = 0;

  constructor(options: KafkaServerOptions) {
    this.#options = options;
    this.maxFrameBytes = options.maxFrameBytes;
    this.maxPipelinedRequests = options.maxPipelinedRequests;
    this.frameBudget = new MemoryBudget(options.maxQueuedBytes);
    this.logger = options.logger;
    this.#limitedLog = new LogLimiter(options.logger, () => options.clock.monotonicMs());
    this.#server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true }, (socket) =>
      this.#accept(socket),
    );
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** @throws BrokerError HW_BROKER_LISTEN */
  async listen(): Promise<{ host: string; port: number }> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      this.#server.listen({ host, port, backlog: 511 }, resolve);
    });
    this.#server.removeAllListeners('error');
    this.#server.on('error', (error) => this.logger.error({ error }, 'the Kafka listener failed'));
    this.#scheduleIdleSweep();
    const address = this.#server.address() as { address: string; port: number };
    return { host: address.address, port: address.port };
  }

  monotonicMs(): number {
    return this.#options.clock.monotonicMs();
  }

  onFrame(connection: Connection, frame: Buffer): void {
    this.#options.onFrame(connection, frame);
  }

  onAnswered(request: Request): void {
    this.#options.onAnswered(request);
  }

  onAnswers(connection: Connection): void {
    this.#toFlush.push(connection);
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    // After this turn's reads: answers to all that came in together leave together.
    setImmediate(this.#flushAll);
  }

  onClosed(connection: Connection, error: unknown): void {
    this.#connections.delete(connection);
    this.#closed.received += connection.receivedBytes;
    this.#closed.sent += connection.sentBytes;
    const ip = connection.remoteAddress;
    const count = (this.#connectionsByIp.get(ip) ?? 1) - 1;
    if (count === 0) this.#connectionsByIp.delete(ip);
    else this.#connectionsByIp.set(ip, count);
    if (error === null || isOrdinaryEnd(error)) return;
    this.#failed++;
    const reason = error instanceof Error ? error.message : String(error);
    const code = (error as { code?: string }).code;
    this.#limitedLog.warn(
      { clientId: connection.lastClientId, remoteAddress: ip, code, reason },
      'a connection was closed because of what it sent',
    );
  }

  /** Answers that clients have not taken, summed up at most ten times a second. */
  unsentBytes(): number {
    const nowMs = this.monotonicMs();
    if (nowMs - this.#unsent.atMs > 100) {
      let bytes = 0;
      for (const connection of this.#connections) bytes += connection.unsentBytes;
      this.#unsent = { atMs: nowMs, bytes };
    }
    return this.#unsent.bytes;
  }

  stats(): NetworkStats {
    let receivedBytes = this.#closed.received;
    let sentBytes = this.#closed.sent;
    for (const connection of this.#connections) {
      receivedBytes += connection.receivedBytes;
      sentBytes += connection.sentBytes;
    }
    return {
      connections: this.#connections.size,
      acceptedConnections: this.#accepted,
      refusedConnections: this.#refused,
      failedConnections: this.#failed,
      idleClosedConnections: this.#idleClosed,
      receivedBytes,
      sentBytes,
    };
  }

  /** Nobody is answered any more, as when the process is gone. */
  destroyConnections(): void {
    for (const connection of this.#connections) connection.destroy();
  }

  /** Stops accepting, sends what is answered, closes what is left after a moment. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#idleTimer?.cancel();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.closeGently();
    this.#flushAll();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, drainMs);
    await closed;
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    const ip = plainAddress(socket.remoteAddress);
    const fromIp = this.#connectionsByIp.get(ip) ?? 0;
    const { maxConnections, maxConnectionsPerIp } = this.#options;
    if (this.#closing !== null || this.#connections.size >= maxConnections || fromIp >= maxConnectionsPerIp) {
      this.#refused++;
      const limit = this.#connections.size >= maxConnections ? 'max.connections' : 'max.connections.per.ip';
      this.#limitedLog.warn({ remoteAddress: ip, limit }, 'a connection was refused: too many');
      socket.destroy();
      return;
    }
    // Gone again before it was looked at.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    this.#accepted++;
    this.#connectionsByIp.set(ip, fromIp + 1);
    this.#connections.add(new Connection(this.#nextConnectionId++, socket, this));
  }

  #flushAll = (): void => {
    this.#isFlushDue = false;
    const connections = this.#toFlush;
    this.#toFlush = [];
    for (const connection of connections) connection.flush();
  };

  #scheduleIdleSweep(): void {
    const { clock, maxIdleMs } = this.#options;
    const everyMs = Math.max(50, Math.min(30_000, maxIdleMs / 4));
    this.#idleTimer = clock.schedule(everyMs, () => {
      const idleSinceMs = clock.monotonicMs() - maxIdleMs;
      for (const connection of this.#connections) {
        if (connection.lastActivityMs > idleSinceMs) continue;
        // Waits for us (a join may take minutes), and is not in the way of anything.
        if (connection.waitingRequests > 0 && connection.unsentBytes === 0) continue;
        this.#idleClosed++;
        const reason = connection.isIdle ? null : stalled(connection, maxIdleMs);
        connection.destroy(reason);
      }
      this.#scheduleIdleSweep();
    });
  }
}

function stalled(connection: Connection, maxIdleMs: number): BrokerError {
  const what = connection.isInsideFrame
    ? 'stopped in the middle of a request'
    : `left ${connection.unsentBytes} bytes unread`;
  return new BrokerError('HW_BROKER_FRAME', `The client ${what} for more than ${maxIdleMs} ms.`);
}

/** Clients come and go; only what they do wrong is worth a line. */
function isOrdinaryEnd(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT' || code === 'ECONNABORTED';
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): BrokerError {
  const message =
    error.code === 'EADDRINUSE'
      ? `Port ${port} on ${host} is in use. Stop what listens there, or choose another port (0 takes any free one).`
      : `Cannot listen on ${host}:${port}: ${error.message}`;
  return new BrokerError('HW_BROKER_LISTEN', message, { cause: error });
}
