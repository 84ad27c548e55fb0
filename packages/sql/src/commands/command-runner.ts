import { randomUUID } from 'node:crypto';
import type { Logger } from '@headwater/logger';
import { takePlace } from '../engine/rewind/rewind-query.ts';
import type { Session } from '../engine/session.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import type { CommandStatus } from '../rest/entities/index.ts';
import { SqlError } from '../sql-error.ts';
import { readStatement } from '../syntax/parse.ts';
import {
  type Command,
  commandBytes,
  readCommand,
  type StatementCommand,
  type SwapCommand,
  type TerminateCommand,
} from './command.ts';
import { effectOf, swapEffect } from './command-effect.ts';
import { CommandStatuses } from './command-statuses.ts';
import type { CommandRecord, CommandTopic } from './command-topic.ts';
import { LiveCommands, pinned } from './live-commands.ts';

export interface CommandRunnerOptions {
  readonly engine: SqlEngine;
  readonly topic: CommandTopic;
  /** Starts the queries that are left when all old commands were done. */
  releaseQueries(): Promise<void>;
  /** After so many commands superseded ones are looked for. Default 16. */
  readonly sweepAfter?: number;
  readonly logger: Logger;
}

/** What became of a command that this server wrote: null when another one came before it, so that it does not count. */
type Outcome = CommandStatus | null;

/** A set of tombstones has to fit into one batch. */
const deadMost = 20_000;

/** Does the commands of a service's log, in its order: each server of the service does the same, and has the same catalogue. */
export class CommandRunner {
  readonly statuses = new CommandStatuses();
  readonly #options: CommandRunnerOptions;
  readonly #live = new LiveCommands();
  readonly #closing = new AbortController();
  /** By key: commands of this server that it has not met in the log yet. */
  readonly #pending = new Map<string, PromiseWithResolvers<Outcome>>();
  readonly #waiting = new Set<{ readonly offset: number; resolve(): void }>();
  #nextOffset = 0;
  #failure: unknown = null;
  #isTerminated = false;
  /** A command could not be done here: what it would have needed is not known. */
  #isIncomplete = false;
  #doneSinceSweep = 0;
  #running: Promise<void> | undefined;
  readonly #restored = Promise.withResolvers<void>();

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
    this.#restored.promise.catch(() => {});
  }

  /** The offset that the next command has to have. */
  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** Why no more commands are done; null: they are. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The service was ended. */
  get isTerminated(): boolean {
    return this.#isTerminated;
  }

  /** Does what the log has, and goes on with what comes; resolves when all of the first is done and its queries are started. */
  async start(): Promise<void> {
    await this.#options.topic.ensure();
    this.#running = this.#run().catch((error: unknown) => this.#fail(error));
    await this.#restored.promise;
  }

  /** Writes a command, and resolves when it was done here; with null when it does not count. @throws errors of the cluster */
  async append(command: Command): Promise<Outcome> {
    if (this.#failure !== null) throw this.#failure;
    const key = `${command.offset}-${randomUUID().slice(0, 8)}`;
    const pending = Promise.withResolvers<Outcome>();
    this.#pending.set(key, pending);
    try {
      await this.#options.topic.append([{ key, value: commandBytes(command) }]);
      return await pending.promise;
    } finally {
      this.#pending.delete(key);
    }
  }

  /** Resolves with true when the command at the offset was done, with false when it was not within the time. */
  async waitFor(offset: number, timeoutMs: number): Promise<boolean> {
    if (offset < this.#nextOffset) return true;
    const reached = Promise.withResolvers<void>();
    const wait = { offset, resolve: reached.resolve };
    this.#waiting.add(wait);
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, timeoutMs);
    try {
      await Promise.race([reached.promise, late.promise]);
      return offset < this.#nextOffset;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(wait);
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#fail(new SqlError('HW_SQL_COMMAND', 'The server is closing'));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { topic } = this.#options;
    const { first, next } = await topic.bounds();
    this.#nextOffset = next;
    const start = `start-${randomUUID().slice(0, 8)}`;
    let found: Map<string, CommandRecord> | null = new Map();
    if (first === next) {
      found = null;
      await this.#release();
    } else {
      // What lies before it was there when this server started, whatever compaction has left of the log's end.
      await topic.append([{ key: start, value: null }]);
    }
    for await (const records of topic.follow(first, this.#closing.signal)) {
      for (const record of records) {
        if (found === null) await this.#take(record);
        else if (record.key === start) {
          await this.#restore(found.values());
          found = null;
          this.#pass(record.offset);
          await this.#release();
        } else if (record.value === null) found.delete(record.key);
        else found.set(record.key, record);
        if (this.#isTerminated) return;
      }
    }
  }

  async #release(): Promise<void> {
    await this.#options.releaseQueries();
    this.#restored.resolve();
  }

  /** In the order of their offsets: a map keeps the order of first insertion, and keys are written once. */
  async #restore(records: Iterable<CommandRecord>): Promise<void> {
    const startedAtMs = performance.now();
    let count = 0;
    for (const record of records) {
      await this.#take(record);
      if (this.#isTerminated) return;
      count++;
    }
    const tookMs = Math.round(performance.now() - startedAtMs);
    if (count > 0) this.#options.logger.info({ commands: count, tookMs }, 'the statements of the log are done');
    await this.#sweep();
  }

  async #take({ key, offset, value }: CommandRecord): Promise<void> {
    if (value === null) {
      this.#live.forget(key);
      this.#pass(offset);
      return;
    }
    const command = readCommand(value);
    const pending = this.#pending.get(key);
    let status: Outcome = null;
    const doesCount = command.kind === 'swap' || command.offset === offset;
    if (!doesCount) this.#live.add(key, { reads: [], makes: [], changes: [], ends: [] });
    else if (command.kind === 'swap') await this.#swap(key, command);
    else status = command.kind === 'statement' ? await this.#do(key, command) : await this.#terminate(command);
    this.#pass(offset);
    pending?.resolve(status);
    if (doesCount && pending !== undefined) await this.#sweepNowAndThen();
  }

  /** The server that wrote it has done it already. */
  async #swap(key: string, command: SwapCommand): Promise<void> {
    await takePlace(this.#options.engine, command.runId);
    this.#live.add(key, swapEffect(command));
  }

  #pass(offset: number): void {
    this.#nextOffset = offset + 1;
    for (const wait of this.#waiting) if (wait.offset <= offset) wait.resolve();
  }

  async #do(key: string, command: StatementCommand): Promise<CommandStatus> {
    const { columns, commandId, partitions, properties, queryId, statement: text } = command;
    const { engine, logger } = this.#options;
    this.statuses.set(commandId, { status: 'EXECUTING', message: 'Executing statement', queryId: null });
    const session: Session = {
      properties: new Map(properties),
      variables: new Map(),
      inputs: { isGiven: true, columns: new Map(columns), partitions: new Map(partitions), queryId },
    };
    engine.state.settle();
    try {
      const typeNames = new Set<string>();
      const { statement } = readStatement(text, {
        resolveType: (name) => {
          typeNames.add(name);
          return engine.catalog.type(name);
        },
      });
      const { message, queryId: started } = await engine.execute(text, session);
      const hasSource = (name: string) => engine.catalog.source(name) !== undefined;
      this.#live.add(key, effectOf(statement, typeNames, engine.state.changes(), hasSource));
      this.statuses.set(commandId, { status: 'SUCCESS', message, queryId: started });
    } catch (error) {
      logger.error({ error, commandId, statement: text }, 'a statement of the command topic cannot be done');
      this.#isIncomplete = true;
      this.#live.add(key, pinned(key));
      const message = error instanceof Error ? error.message : String(error);
      this.statuses.set(commandId, { status: 'ERROR', message, queryId: null });
    }
    this.#doneSinceSweep++;
    return this.statuses.get(commandId)!;
  }

  async #terminate({ commandId }: TerminateCommand): Promise<CommandStatus> {
    const { engine, logger } = this.#options;
    for (const id of [...engine.queries.keys()]) await engine.endQuery(id);
    this.#isTerminated = true;
    this.statuses.set(commandId, { status: 'TERMINATED', message: 'The service was terminated.', queryId: null });
    logger.warn({}, 'the SQL service was terminated: nothing of it is left');
    return this.statuses.get(commandId)!;
  }

  async #sweepNowAndThen(): Promise<void> {
    const { sweepAfter = 16 } = this.#options;
    if (this.#doneSinceSweep >= Math.max(sweepAfter, this.#live.size / 4)) await this.#sweep();
  }

  /** Gives up commands that nothing needs: all at once, so that no server finds half of them. */
  async #sweep(): Promise<void> {
    this.#doneSinceSweep = 0;
    if (this.#isIncomplete) return;
    const dead = this.#live.dead();
    if (dead.length === 0 || dead.length > deadMost) return;
    try {
      await this.#options.topic.append(dead.map((key) => ({ key, value: null })));
    } catch (error) {
      // They lie there until the next time.
      this.#options.logger.warn({ error }, 'superseded statements were not given up yet');
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    if (!this.#closing.signal.aborted) this.#options.logger.error({ error }, 'no more statements are done');
    this.#restored.reject(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    for (const wait of this.#waiting) wait.resolve();
  }
}
