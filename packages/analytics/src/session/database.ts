import type { Logger } from '@headwater/logger';
import type { Engine } from '../engine/engine.ts';
import { errorResponse, readyForQuery } from '../protocol/backend-messages.ts';
import { backend } from '../protocol/message-types.ts';
import { parameter } from '../protocol/read-messages.ts';
import { Checkpoints } from './checkpoints.ts';
import type { ClientSession } from './client-session.ts';
import type { DatabaseFigures, DatabaseLimits } from './database-limits.ts';
import { channelsOf, listenSql, notificationFrom } from './notifications.ts';
import { ResultRelay } from './result-relay.ts';
import { type DatabaseCommands, runDatabaseCommand } from './run-database-command.ts';
import { tellParameters, welcome } from './session-entry.ts';
import { SharedBackend } from './shared-backend.ts';
import { TurnQueue } from './turn-queue.ts';
import { refuseUnit, Unit } from './unit.ts';

const cancelled = { code: '57014', message: 'canceling statement due to user request' };
/** Limits are kept to this. */
const sweepEveryMs = 500;

/**
 * One database: the sessions of all its clients take turns at the one session that PostgreSQL has. A turn is a unit, or a transaction. Before the turn
 * of another client PostgreSQL's session is made that client's: its settings, its user, its statements.
 */
export class Database {
  readonly name: string;
  readonly figures: DatabaseFigures = { turns: 0, switches: 0, starts: 0, waitedMs: 0 };
  readonly sessions = new Map<number, ClientSession>();
  /** A statement of a client was run to its end. */
  onStatement: ((session: ClientSession) => void) | null = null;
  readonly #commands: DatabaseCommands;
  readonly #limits: DatabaseLimits;
  readonly #logger: Logger;
  readonly #queue = new TurnQueue();
  readonly #relay = new ResultRelay();
  readonly #postgres: SharedBackend;
  readonly #checkpoints: Checkpoints;
  #unit: Unit | null = null;
  /** True while PostgreSQL is started, made another's or asked by the store itself. */
  #isPreparing = false;
  /** Whose turn that is. */
  #preparedFor: ClientSession | null = null;
  #lastUnitMs = 0;
  /** When PostgreSQL began to wait for the client whose turn it is. */
  #waitsSinceMs = 0;
  readonly #now: () => number;
  readonly #sweeper: NodeJS.Timeout;
  #isClosed = false;

  constructor(
    name: string,
    open: () => Promise<Engine>,
    commands: DatabaseCommands,
    limits: DatabaseLimits,
    logger: Logger,
    now: () => number = () => performance.now(),
  ) {
    this.name = name;
    this.#postgres = new SharedBackend({
      open,
      figures: this.figures,
      listener: {
        onMessage: (type, message) => this.#take(type, message),
        onChunkEnd: (taken) => this.#chunkEnd(taken),
      },
      channels: () => channelsOf(this.sessions.values()),
      onEnded: (error) => this.#ended(error),
    });
    this.#commands = commands;
    this.#limits = limits;
    this.#logger = logger;
    this.#now = now;
    this.#checkpoints = new Checkpoints(now());
    this.#sweeper = setInterval(() => this.sweep(), sweepEveryMs).unref();
  }

  get isRunning(): boolean {
    return this.#postgres.running !== null;
  }

  /** Bytes of the client whose turn it is that PostgreSQL has not come to yet. */
  get unreadBytes(): number {
    return this.#postgres.running?.engine.unreadBytes ?? 0;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** A client comes: it is told that it may go on when PostgreSQL is there and has taken its settings. */
  begin(session: ClientSession): void {
    this.sessions.set(session.id, session);
    this.#enqueue(session);
  }

  /** The client has sent messages: they are in `session.pending`. */
  received(session: ClientSession): void {
    if (this.#unit?.session === session && !this.#isPreparing) {
      this.#waitsSinceMs = this.#now();
      this.#unit.forward();
      return;
    }
    if (session === this.#preparedFor) return;
    if (session.isBegun && session.isRunnable()) this.#enqueue(session);
  }

  /** The client went. */
  leave(session: ClientSession): void {
    if (session.isClosed) return;
    session.isClosed = true;
    this.sessions.delete(session.id);
    this.#queue.remove(session);
    if (this.#unit?.session === session && !this.#isPreparing) {
      this.#unit.abandon();
      this.#afterReady();
    }
  }

  /**
   * A client wants what it runs to end. WebAssembly cannot be interrupted, so PostgreSQL is killed and started again: what is committed is kept, and
   * other sessions go on, as their state is kept here. A transaction of the client has then failed, as in PostgreSQL.
   */
  async cancel(session: ClientSession): Promise<void> {
    if (session.isBegun && this.#queue.remove(session)) {
      refuseUnit(session, cancelled);
      this.received(session);
    }
    const unit = this.#unit;
    if (unit?.session !== session || !unit.isBusy || this.#isPreparing || !this.isRunning) return;
    this.#isPreparing = true;
    this.#relay.drop();
    await this.#postgres.kill();
    session.owed = [];
    session.channelChanges = [];
    session.statements.unload();
    session.client.write(errorResponse(cancelled));
    const isInTransaction = session.status !== 'I';
    this.#unit = null;
    if (isInTransaction && !session.isClosed) await this.#failTransaction(session);
    session.isSkipping = !unit.isAwaitingReady;
    if (unit.isAwaitingReady) session.client.write(readyForQuery(session.status));
    this.#isPreparing = false;
    if (this.#unit !== null) this.#afterReady();
    else if (session.pending.length > 0) this.#enqueue(session);
    void this.#pump();
  }

  /** Brings a new PostgreSQL to where the client's transaction is: in one that failed. */
  async #failTransaction(session: ClientSession): Promise<void> {
    const backend = await this.#postgres.enter(session);
    await backend.internal('BEGIN');
    session.status = (await backend.internal('SELECT 1 / 0')).status as 'E';
    this.#unit = this.#newUnit(session);
    this.#waitsSinceMs = this.#now();
  }

  #enqueue(session: ClientSession): void {
    if (this.#queue.has(session) || this.#unit?.session === session) return;
    if (this.#queue.length >= this.#limits.waitingMax) {
      const error = {
        code: '53300',
        message: `${this.#queue.length} others wait for the one session of this database`,
        hint: 'Try again later.',
      };
      if (session.isBegun) refuseUnit(session, error);
      else this.#dismiss(session, error);
      return;
    }
    this.#queue.push(session, this.#now());
    void this.#pump();
  }

  #dismiss(session: ClientSession, error: { code: string; message: string; hint?: string }): void {
    session.client.write(errorResponse({ severity: 'FATAL', ...error }));
    session.client.end();
    this.leave(session);
  }

  async #pump(): Promise<void> {
    if (this.#unit !== null || this.#isPreparing || this.#isClosed) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    const { session } = next;
    this.figures.waitedMs += this.#now() - next.sinceMs;
    this.figures.turns++;
    this.#isPreparing = true;
    this.#preparedFor = session;
    try {
      await this.#postgres.enter(session);
      this.#isPreparing = false;
      this.#preparedFor = null;
    } catch (error) {
      this.#isPreparing = false;
      this.#preparedFor = null;
      this.#postgres.forget();
      this.#logger.warn(
        { database: this.name, error: (error as Error).message },
        'a session could not be given its turn',
      );
      this.#dismiss(session, {
        code: (error as { sqlState?: string }).sqlState ?? 'XX000',
        message: (error as Error).message,
      });
      void this.#pump();
      return;
    }
    const { running } = this.#postgres;
    if (session.isClosed || running === null) {
      void this.#pump();
      return;
    }
    this.#waitsSinceMs = this.#now();
    this.#unit = this.#newUnit(session);
    if (!session.isBegun) welcome(running, session);
    tellParameters(running, session);
    if (!session.isBegun) {
      session.isBegun = true;
      session.client.write(readyForQuery('I'));
    }
    this.#unit.forward();
    // Nothing went: there is nothing to wait for.
    if (this.#unit.isOver && !this.#unit.isBusy) this.#afterReady();
  }

  #newUnit(session: ClientSession): Unit {
    return new Unit(
      session,
      (bytes) => this.#postgres.running?.send(bytes),
      (command) => runDatabaseCommand(this.#commands, this.name, session.status, command),
    );
  }

  #take(type: number, message: Buffer): void {
    if (type === backend.notificationResponse) {
      this.#notify(message);
      return;
    }
    const unit = this.#unit;
    if (unit === null) return;
    const { session } = unit;
    if (type === backend.parameterStatus) session.told.set(...parameter(message));
    // What the unit answers by itself comes after what was gathered.
    if (type === backend.commandComplete) {
      this.#relay.flush(session);
      this.onStatement?.(session);
    }
    const what = unit.take(type, message);
    if (what !== 'swallow' && !session.isClosed) this.#relay.add(message);
    if (session.isClosed && unit.isCopyingIn) unit.abandon();
    // Data may have been sent before it was asked for.
    else if (type === backend.copyInResponse) unit.forward();
    if (what === 'ready') {
      this.#relay.flush(session);
      this.#afterReady();
    }
  }

  #chunkEnd(taken: () => void): void {
    const session = this.#unit?.session;
    if (session !== undefined) this.#relay.chunkEnd(session, this.#now(), taken);
    else {
      this.#relay.drop();
      taken();
    }
  }

  /** PostgreSQL is ready: the turn goes on, or it is the next one's. */
  #afterReady(): void {
    const unit = this.#unit;
    if (unit === null) return;
    const { session } = unit;
    if (session.isClosed) {
      if (unit.isBusy) return;
      if (session.status !== 'I') {
        session.status = 'I';
        this.#unit = null;
        void this.#clean('ROLLBACK');
        return;
      }
    }
    this.#waitsSinceMs = this.#now();
    if (!unit.isOver) {
      unit.forward();
      return;
    }
    this.#lastUnitMs = this.#now();
    if ((unit.mayLock || session.settings.isDirty) && !session.isClosed) {
      void this.#lookAfter(unit);
      return;
    }
    this.#endUnit(unit);
  }

  #endUnit(unit: Unit): void {
    const { session } = unit;
    this.#unit = null;
    if (unit.isReset) {
      session.statements.unload();
      this.#postgres.forget();
    }
    if (session.isClosed) {
      void this.#clean(unit.mayLock ? 'SELECT pg_advisory_unlock_all()' : '');
      return;
    }
    if (session.pending.length > 0 && session.isRunnable()) this.#enqueue(session);
    const isDue = this.#checkpoints.isDue(this.#now());
    if (unit.hasUnlistened || isDue) void this.#upkeep(unit.hasUnlistened, isDue);
    else void this.#pump();
  }

  /**
   * Asks for the settings that a unit has changed: at once, so that they are known when PostgreSQL has to be killed. And for advisory locks, which are
   * PostgreSQL's one session's: who has one keeps the turn, so that it keeps others out.
   */
  async #lookAfter(unit: Unit): Promise<void> {
    const { session } = unit;
    this.#isPreparing = true;
    if (session.settings.isDirty) {
      const rows = await this.#postgres.ask(session.settings.captureSql());
      if (rows.length > 0) session.settings.capture(rows);
      // Dropped by name, in SQL.
      session.statements.keepOnly(new Set(rows.filter(([kind]) => kind === 'n').map(([, name]) => name!)));
    }
    if (unit.mayLock) {
      const held = await this.#postgres.ask("SELECT FROM pg_locks WHERE locktype = 'advisory'");
      unit.mayLock = held.length > 0;
    }
    this.#isPreparing = false;
    if (this.#unit !== unit) return;
    if (!unit.mayLock || session.isClosed) this.#endUnit(unit);
    else unit.forward();
  }

  /** What PostgreSQL's own processes would do, which are not here: to listen again for all, and a checkpoint after so much WAL. */
  async #upkeep(hasUnlistened: boolean, isDue: boolean): Promise<void> {
    this.#isPreparing = true;
    const channels = channelsOf(this.sessions.values());
    if (hasUnlistened && channels.size > 0) await this.#postgres.ask(listenSql(channels));
    if (isDue) await this.#checkpoints.look((sql) => this.#postgres.ask(sql), this.#now());
    this.#isPreparing = false;
    void this.#pump();
  }

  /** After a client that went: its transaction is taken back. */
  async #clean(sql: string): Promise<void> {
    this.#isPreparing = true;
    if (sql !== '') await this.#postgres.ask(sql);
    this.#postgres.forget();
    this.#isPreparing = false;
    void this.#pump();
  }

  /** PostgreSQL ended by itself. What is committed is on disk: the next unit starts it again. */
  #ended(error: Error): void {
    this.#logger.error(
      { database: this.name, error: error.message },
      'PostgreSQL ended: it is started again when it is needed',
    );
    this.#relay.drop();
    const unit = this.#unit;
    this.#unit = null;
    if (unit !== null) {
      this.#dismiss(unit.session, {
        code: '57P02',
        message: 'PostgreSQL ended while this connection had its turn: what was not committed is taken back',
      });
    }
    void this.#pump();
  }

  /** Keeps the limits: called twice a second. */
  sweep(): void {
    const nowMs = this.#now();
    const { idleInTransactionMsMax, waitMsMax } = this.#limits;
    for (const session of this.#queue.takeOlderThan(nowMs - waitMsMax)) {
      const error = {
        code: '55P03',
        message: `no turn within ${waitMsMax} ms: connection ${this.#unit?.session.id ?? '(none)'} has the one session of this database`,
        hint: 'Transactions should be short: this store runs one at a time.',
      };
      if (session.isBegun) refuseUnit(session, error);
      else this.#dismiss(session, error);
    }
    const unit = this.#unit;
    if (unit !== null && !this.#isPreparing) {
      const { session } = unit;
      if (!unit.isBusy && !session.isClosed && nowMs - this.#waitsSinceMs > idleInTransactionMsMax) {
        this.#dismiss(session, {
          code: '25P03',
          message: 'terminating connection due to idle-in-transaction timeout',
        });
      } else if (this.#queue.length > 0 && this.#relay.heldMs(nowMs) > idleInTransactionMsMax) this.#giveUp(session);
    }
    const { idleMsMax } = this.#limits;
    const isIdle = unit === null && !this.#isPreparing && this.#queue.length === 0;
    if (
      idleMsMax > 0 &&
      isIdle &&
      nowMs - this.#lastUnitMs > idleMsMax &&
      channelsOf(this.sessions.values()).size === 0
    )
      void this.#rest();
  }

  /** A client that does not read its result, while others wait: it is told nothing, since it would not read that either. */
  #giveUp(session: ClientSession): void {
    this.#logger.warn(
      { database: this.name, connection: session.id },
      'a client does not read its result: it is disconnected',
    );
    session.client.destroy();
    this.leave(session);
    void this.cancel(session);
  }

  /** Nobody asks: PostgreSQL is ended, and started again by the next unit. Sessions go on, as their state is kept here. */
  async #rest(): Promise<void> {
    if (!this.isRunning) return;
    this.#isPreparing = true;
    this.#logger.info({ database: this.name }, 'nobody asks: PostgreSQL is ended until it is needed');
    await this.#postgres.close();
    this.#isPreparing = false;
    void this.#pump();
  }

  #notify(message: Buffer): void {
    const { channel, message: own } = notificationFrom(message, this.#unit?.session.id ?? 0);
    for (const session of this.sessions.values()) {
      if (!session.channels.has(channel)) continue;
      if (session === this.#unit?.session) this.#relay.add(own);
      else session.client.write(own);
    }
  }

  /** Ends PostgreSQL; sessions are told that it shuts down. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    for (const session of [...this.sessions.values()]) {
      this.#unit = this.#unit?.session === session ? null : this.#unit;
      this.#dismiss(session, { code: '57P01', message: 'terminating connection: the store is closed' });
    }
    await this.#postgres.close();
  }
}
