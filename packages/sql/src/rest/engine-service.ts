import { LocalCommands } from '../commands/local-commands.ts';
import type { StatementQueue } from '../commands/statement-queue.ts';
import type { Session } from '../engine/session.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import type { ScriptStatement } from '../syntax/parse.ts';
import { answerStatement, isLooking } from './answers/answer-statement.ts';
import { checkConnector } from './answers/connect-statements.ts';
import { engineInserter } from './answers/engine-inserter.ts';
import { tryStatements } from './answers/try-statements.ts';
import { ApiError, errorCodes } from './api-error.ts';
import type { CommandStatus, Entity } from './entities/index.ts';
import { checkProperty } from './prohibited-properties.ts';
import type { Health, RowInserter, RunningQuery, ServerInfo, SqlService } from './sql-service.ts';

/** What the engine does not do itself. */
export type EngineSurroundings = Pick<SqlService, 'query' | 'queryAgain' | 'print' | 'terminate'> & {
  readonly info: ServerInfo;
  /** Whether Kafka answers. */
  isKafkaHealthy(): Promise<boolean>;
  /** Whether statements are done. Default: they are. */
  isRunnerHealthy?(): boolean;
  /** Default: statements are done by the engine at once, and not kept. */
  readonly commands?: StatementQueue;
};

/** An engine behind the REST API. Statements of all requests are done one after the other. */
export class EngineService implements SqlService {
  readonly #engine: SqlEngine;
  readonly #surroundings: EngineSurroundings;
  readonly #commands: StatementQueue;
  #last: Promise<unknown> = Promise.resolve();

  constructor(engine: SqlEngine, surroundings: EngineSurroundings) {
    this.#engine = engine;
    this.#surroundings = surroundings;
    this.#commands = surroundings.commands ?? new LocalCommands(engine);
  }

  async info(): Promise<ServerInfo> {
    return this.#surroundings.info;
  }

  async health(): Promise<Health> {
    const { isKafkaHealthy, isRunnerHealthy } = this.#surroundings;
    return { metastore: true, kafka: await isKafkaHealthy(), commandRunner: isRunnerHealthy?.() ?? true };
  }

  async check(statements: readonly ScriptStatement[], session: Session): Promise<void> {
    const connectors = await this.#inTurn(() => tryStatements(this.#engine, statements, session));
    for (const connector of connectors) await checkConnector(this.#engine.connect, connector);
  }

  execute(statement: ScriptStatement, session: Session, signal?: AbortSignal): Promise<Entity | null> {
    const answer = () => answerStatement(this.#engine, this.#commands, statement, session, signal);
    // These may wait long: for what another statement does (ASSERT … TIMEOUT), or for Connect.
    return isLooking(statement) ? answer() : this.#inTurn(answer);
  }

  queryAgain(sql: string, session: Session): RunningQuery | undefined {
    return this.#surroundings.queryAgain?.(sql, session);
  }

  query(...parameters: Parameters<SqlService['query']>): ReturnType<SqlService['query']> {
    return this.#surroundings.query(...parameters);
  }

  print(...parameters: Parameters<SqlService['print']>): ReturnType<SqlService['print']> {
    return this.#surroundings.print(...parameters);
  }

  async openInserts(target: string, properties: ReadonlyMap<string, string>): Promise<RowInserter> {
    return engineInserter(this.#engine, target, { properties: new Map(properties), variables: new Map() });
  }

  commandStatuses(): ReadonlyMap<string, CommandStatus> {
    return this.#commands.statuses;
  }

  checkProperty(name: string): void {
    checkProperty(name);
  }

  async waitForCommand(sequenceNumber: number, timeoutMs: number): Promise<void> {
    if (await this.#commands.waitFor(sequenceNumber, timeoutMs)) return;
    throw new ApiError(
      errorCodes.commandQueueTimeout,
      `Timed out reaching command sequence number ${sequenceNumber}. Timeout: ${timeoutMs} ms.`,
    );
  }

  terminate(patterns: readonly string[]): Promise<readonly Entity[]> {
    return this.#inTurn(() => this.#surroundings.terminate(patterns));
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => {});
    return result;
  }
}
