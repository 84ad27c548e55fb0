import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '@headwater/logger';
import { BrokerError } from '../broker-error.ts';
import type { Clock, ClockTimer } from '../clock/clock.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { ListenerConfig } from '../config/listener-config.ts';
import { type Listener, usesSasl, usesTls } from '../config/listeners.ts';
import { type Arrival, Arrivals } from './arrivals.ts';
import { Connection, type ConnectionHost, plainAddress } from './connection.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { ConnectionPace, WaitingSockets } from './connection-pace.ts';
import { DelayedCloses } from './delayed-closes.ts';
import { FramePool } from './frame-pool.ts';
import { KafkaListener } from './kafka-listener.ts';
import { LogLimiter } from './log-limiter.ts';
import { MemoryBudget } from './memory-budget.ts';
import type { Request } from './request.ts';
import type { TlsAcceptor } from './tls-acceptor.ts';

export interface KafkaServerOptions {
  listeners: readonly Listener[];
  config: BrokerConfig;
  clock: Clock;
  logger: Logger;
  /** A connection begins, before its first frame. */
  onConnection(connection: Connection): void;
  /** Handles one frame, which for Produce is lent until it returns; what it throws closes the connection. */
  onFrame(connection: Connection, frame: Buffer): void;
  onAnswered(request: Request): void;
  /** How long a new connection from this address waits until it is closed for coming too fast; 0: it may stay. */
  connectionThrottleMs(ip: string): number;
  /** Whether a new connection is served; null: it is. */
  acceptance?(): 'hold' | 'close' | null;
}

export interface NetworkStats {
  connections: number;
  acceptedConnections: number;
  refusedConnections: number;
  failedConnections: number;
  /** Those that did not show who they are: TLS handshakes and SASL exchanges that failed or took too long. */
  failedAuthentications: number;
  unauthenticatedConnections: number;
  idleClosedConnections: number;
  receivedBytes: number;
  sentBytes: number;
}

const scratchBytes = 64 * 1024;
/** How long `close` waits for clients to take their last answers. */
const drainMs = 1_000;
/** Connections that a fault keeps unserved. */
const heldMax = 1_000;

/** The TCP side: accepts connections up to its limits, hands their frames on, and writes answers once a turn. */
export class KafkaServer implements ConnectionHost {
  readonly frameBudget: MemoryBudget;
  readonly framePool = new FramePool();
  readonly logger: Logger;
  readonly scratch: Buffer = Buffer.allocUnsafeSlow(scratchBytes);
  readonly listeners: readonly KafkaListener[];
  readonly #options: KafkaServerOptions;
  readonly #limitedLog: LogLimiter;
  readonly #limits: ConnectionLimits;
  readonly #arrivals: Arrivals;
  readonly #delayed: DelayedCloses;
  readonly #paces: ReadonlyMap<string, ConnectionPace[]>;
  readonly #waiting: WaitingSockets;
  readonly #connections = new Set<Connection>();
  /** What each connection that has not authenticated is among the arrivals. */
  readonly #arrivalOf = new Map<Connection, Arrival>();
  readonly #timers: ClockTimer[] = [];
  #toFlush: Connection[] = [];
  #isFlushDue = false;
  #nextConnectionId = 1;
  #closing: Promise<void> | null = null;
  readonly #closed = { received: 0, sent: 0 };
  /** Accepted, and not served until `serveHeld`. */
  #held: { on: KafkaListener; socket: Socket }[] = [];
  #unsent = { atMs: -Infinity, bytes: 0 };
  #accepted = 0;
  #refused = 0;
  #failed = 0;
  #failedAuthentications = 0;
  #idleClosed = 0;

  /** @throws BrokerError HW_BROKER_CONFIG */
  constructor(options: KafkaServerOptions) {
    this.#options = options;
    const { clock, config, listeners, logger } = options;
    this.frameBudget = new MemoryBudget(config.number('queued.max.request.bytes'));
    this.logger = logger;
    this.#limitedLog = new LogLimiter(logger, () => clock.monotonicMs());
    const ofListener = new Map(listeners.map(({ name }) => [name, new ListenerConfig(config, name)]));
    this.#limits = new ConnectionLimits({
      max: () => config.number('max.connections'),
      maxOfListener: (name) => Number(ofListener.get(name)!.own('max.connections') ?? Number.POSITIVE_INFINITY),
      maxPerIp: () => config.number('max.connections.per.ip'),
      overrides: () => config.text('max.connections.per.ip.overrides'),
    });
    this.#delayed = new DelayedCloses(clock);
    this.#waiting = new WaitingSockets(clock);
    const paceOfAll = new ConnectionPace(clock, () => config.number('max.connection.creation.rate'));
    this.#paces = new Map(
      [...ofListener].map(([name, own]) => {
        const rate = () => Number(own.own('max.connection.creation.rate') ?? Number.POSITIVE_INFINITY);
        return [name, [paceOfAll, new ConnectionPace(clock, rate)]];
      }),
    );
    this.#arrivals = new Arrivals({
      clock,
      timeoutMs: () => config.number('headwater.authentication.timeout.ms'),
      max: () => config.number('headwater.max.unauthenticated.connections'),
    });
    this.listeners = listeners.map(
      (listener) => new KafkaListener(listener, logger, (on, socket) => this.#accept(on, socket)),
    );
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  get maxFrameBytes(): number {
    return this.#options.config.number('socket.request.max.bytes');
  }

  get maxPipelinedRequests(): number {
    return this.#options.config.number('headwater.max.pipelined.requests');
  }

  /** @throws BrokerError HW_BROKER_LISTEN; HW_BROKER_CONFIG when a TLS listener has no usable key and certificate */
  async listen(): Promise<void> {
    for (const on of this.listeners) {
      const { name, protocol } = on.listener;
      if (!usesTls(protocol)) continue;
      // Loaded only where it is used: Node's TLS takes 3 MB.
      const { TlsAcceptor } = await import('./tls-acceptor.ts');
      on.tls = new TlsAcceptor(new ListenerConfig(this.#options.config, name), usesSasl(protocol));
    }
    for (const listener of this.listeners) await listener.listen();
    this.#every(
      () => Math.max(50, Math.min(30_000, this.#options.config.number('connections.max.idle.ms') / 4)),
      () => this.#closeIdle(),
    );
    if (this.listeners.some(({ tls }) => tls !== null)) {
      this.#every(
        () => this.#options.config.number('headwater.ssl.reload.interval.ms'),
        () => this.#reloadCertificates(),
      );
    }
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

  /** The connection has shown who it is. */
  onAuthenticated(connection: Connection): void {
    const arrival = this.#arrivalOf.get(connection);
    if (arrival === undefined) return;
    this.#arrivals.remove(arrival);
    this.#arrivalOf.delete(connection);
  }

  onClosed(connection: Connection, error: unknown): void {
    this.onAuthenticated(connection);
    this.#connections.delete(connection);
    this.#closed.received += connection.receivedBytes;
    this.#closed.sent += connection.sentBytes;
    this.#limits.release(connection.remoteAddress, connection.listener.name);
    if (error !== null && !isOrdinaryEnd(error)) this.onFailure(connection, error);
  }

  onFailure({ lastClientId, listener, remoteAddress }: Connection, error: unknown): void {
    this.#logFailure(error, remoteAddress, listener.name, lastClientId);
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
      failedAuthentications: this.#failedAuthentications,
      unauthenticatedConnections: this.#arrivals.count,
      idleClosedConnections: this.#idleClosed,
      receivedBytes,
      sentBytes,
    };
  }

  /** Nobody is answered any more, as when the process is gone. */
  destroyConnections(): void {
    this.#arrivals.close();
    this.#delayed.closeAll();
    this.#dropHeld();
    this.#waiting.close();
    for (const connection of this.#connections) connection.destroy();
  }

  /** Stops accepting, sends what is answered, closes what is left after a moment. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    const closed = Promise.all(this.listeners.map((listener) => listener.close()));
    this.#arrivals.close();
    this.#dropHeld();
    this.#waiting.close();
    for (const connection of this.#connections) connection.closeGently();
    this.#flushAll();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, drainMs);
    await closed;
    clearTimeout(timer);
  }

  /** Connections that were held back are served. */
  serveHeld(): void {
    for (const { on, socket } of this.#held.splice(0)) this.#accept(on, socket);
  }

  #dropHeld(): void {
    for (const { socket } of this.#held.splice(0)) socket.destroy();
  }

  #accept(on: KafkaListener, socket: Socket): void {
    const acceptance = this.#options.acceptance?.() ?? null;
    if (acceptance === 'close') return void socket.destroy();
    if (acceptance === 'hold' && this.#held.length < heldMax) {
      socket.on('error', () => {});
      this.#held.push({ on, socket });
      return;
    }
    const ip = plainAddress(socket.remoteAddress);
    // Gone again before it was looked at.
    if (this.#closing !== null || socket.remoteAddress === undefined) return void socket.destroy();
    const { name } = on.listener;
    const limit = this.#limits.admit(ip, name);
    if (limit !== null) {
      this.#refused++;
      this.#limitedLog.warn({ remoteAddress: ip, listener: name, limit }, 'a connection was refused: too many');
      socket.destroy();
      return;
    }
    const throttleMs = this.#options.connectionThrottleMs(ip);
    if (throttleMs > 0) {
      this.#refused++;
      this.#limits.release(ip, name);
      this.#limitedLog.warn(
        { remoteAddress: ip, listener: name },
        'a connection was refused: its address comes too fast',
      );
      this.#delayed.close(socket, throttleMs);
      return;
    }
    this.#accepted++;
    const waitMs = Math.max(...this.#paces.get(name)!.map((pace) => pace.takePlace()));
    if (waitMs === 0) this.#serve(on, socket, ip);
    else {
      const onEnd = () => this.#limits.release(ip, name);
      this.#waiting.wait(socket, waitMs, () => this.#serve(on, socket, ip), onEnd);
    }
  }

  #serve(on: KafkaListener, socket: Socket, ip: string): void {
    if (on.tls !== null) this.#secure(on, on.tls, socket, ip);
    else this.#connect(on, socket, usesSasl(on.listener.protocol) ? this.monotonicMs() : null);
  }

  #secure(on: KafkaListener, tls: TlsAcceptor, raw: Socket, ip: string): void {
    const { name, protocol } = on.listener;
    const sinceMs = this.monotonicMs();
    let ended: unknown = null;
    const arrival: Arrival = {
      remoteAddress: ip,
      sinceMs,
      end: (reason) => {
        ended = reason;
        raw.destroy();
      },
    };
    this.#arrivals.add(arrival);
    raw.on('error', () => {});
    tls.accept(raw, (outcome) => {
      this.#arrivals.remove(arrival);
      const error = ended ?? (outcome instanceof BrokerError ? outcome : this.#closing);
      if (error === null && !(outcome instanceof BrokerError)) {
        this.#connect(on, outcome, usesSasl(protocol) ? sinceMs : null);
        return;
      }
      raw.destroy();
      this.#limits.release(ip, name);
      if (error instanceof BrokerError && error.code !== 'HW_BROKER_CLOSED') this.#logFailure(error, ip, name, null);
    });
  }

  /** `arrivedMs` is null when nothing more has to be shown. */
  #connect(on: KafkaListener, socket: Socket | TLSSocket, arrivedMs: number | null): void {
    const connection = new Connection(this.#nextConnectionId++, socket, on.listener, this);
    this.#connections.add(connection);
    this.#options.onConnection(connection);
    if (arrivedMs !== null) {
      const { remoteAddress } = connection;
      const arrival: Arrival = { remoteAddress, sinceMs: arrivedMs, end: (reason) => connection.destroy(reason) };
      this.#arrivalOf.set(connection, arrival);
      this.#arrivals.add(arrival);
    } else if (on.tls !== null) {
      try {
        connection.principal = on.tls.principalOf(socket as TLSSocket);
      } catch (error) {
        connection.destroy(error);
      }
    }
  }

  #logFailure(error: unknown, remoteAddress: string, listener: string, clientId: string | null): void {
    this.#failed++;
    const reason = error instanceof Error ? error.message : String(error);
    const { code } = error as { code?: string };
    if (code !== 'HW_BROKER_AUTHENTICATION') {
      this.#limitedLog.warn(
        { clientId, remoteAddress, listener, code, reason },
        'a connection was closed because of what it sent',
      );
      return;
    }
    this.#failedAuthentications++;
    this.#limitedLog.warn({ clientId, remoteAddress, listener, code, reason }, 'a client did not authenticate');
  }

  #flushAll = (): void => {
    this.#isFlushDue = false;
    const connections = this.#toFlush;
    this.#toFlush = [];
    for (const connection of connections) connection.flush();
  };

  #every(delayMs: () => number, run: () => void): void {
    const index = this.#timers.length;
    const again = () => {
      this.#timers[index] = this.#options.clock.schedule(delayMs(), () => {
        run();
        again();
      });
    };
    again();
  }

  #closeIdle(): void {
    const maxIdleMs = this.#options.config.number('connections.max.idle.ms');
    const idleSinceMs = this.monotonicMs() - maxIdleMs;
    for (const connection of this.#connections) {
      if (connection.lastActivityMs > idleSinceMs && connection.frameSinceMs > idleSinceMs) continue;
      // Waits for us (a join may take minutes), and is not in the way of anything.
      if (connection.waitingRequests > 0 && connection.unsentBytes === 0) continue;
      // Told to wait by its quota.
      if (connection.isMuted) continue;
      this.#idleClosed++;
      const reason = connection.isIdle ? null : stalled(connection, maxIdleMs);
      connection.destroy(reason);
    }
  }

  #reloadCertificates(): void {
    for (const { listener, tls } of this.listeners) {
      try {
        if (tls?.reload()) this.logger.info({ listener: listener.name }, 'new keys and certificates are in force');
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const message = 'changed keys or certificates cannot be used; the old ones stay in force';
        this.logger.error({ listener: listener.name, reason }, message);
      }
    }
  }
}

function stalled(connection: Connection, maxIdleMs: number): BrokerError {
  // What a slow reader has sent meanwhile waits for it, and is no half request.
  const what =
    connection.unsentBytes > 0
      ? `left ${connection.unsentBytes} bytes unread`
      : 'stopped in the middle of a request or was too slow with it';
  return new BrokerError('HW_BROKER_FRAME', `The client ${what} for more than ${maxIdleMs} ms.`);
}

/** Clients come and go; only what they do wrong is worth a line. */
function isOrdinaryEnd(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ETIMEDOUT' || code === 'ECONNABORTED';
}
