import type { PrometheusText } from '@headwater/http';
import type { JsonValue } from '@headwater/serdes';
import type { ScriptStatement } from '../syntax/parse.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { CommandStatus, Entity } from './entities/index.ts';

/** What one request has set: its properties, and SET and DEFINE in its script. */
export interface RequestSession {
  readonly properties: Map<string, string>;
  readonly variables: Map<string, string>;
}

export interface ResultColumn {
  readonly name: string;
  readonly type: SqlType;
  /** Of the key of a table that is looked up: told in the schema. */
  readonly isKey: boolean;
}

export interface ResultRow {
  /** In the order of the columns, held as `SqlType` says. */
  readonly values: readonly unknown[];
  /** The row of this key is gone; values that are no key are null. */
  readonly isTombstone: boolean;
}

/** Rows that are being sent to somebody. */
export interface RunningQuery {
  readonly id: string;
  readonly kind: 'push' | 'pull';
  readonly columns: readonly ResultColumn[];
  /**
   * Batches of rows; ends by itself, or soon after `close()`. It is read no faster than they are sent. What nothing has to be waited for need not be
   * asynchronous.
   */
  readonly rows: AsyncIterable<readonly ResultRow[]> | Iterable<readonly ResultRow[]>;
  /** When the rows have ended: what is told then in the older of the two forms of results. */
  finalMessage(): 'Limit Reached' | 'Query Completed' | null;
  /** May be called at any time, and twice. */
  close(): void;
}

/** Takes rows for one stream. */
export interface RowInserter {
  /** @throws SqlError for a row that does not fit */
  insert(row: ReadonlyMap<string, JsonValue>): Promise<void>;
  close(): Promise<void>;
}

export interface ServerInfo {
  readonly version: string;
  readonly kafkaClusterId: string;
  /** `ksql.service.id`. */
  readonly serviceId: string;
}

export interface Health {
  readonly metastore: boolean;
  readonly kafka: boolean;
  readonly commandRunner: boolean;
}

/** What the REST API is an address of. All of it may throw `SqlError` and `ApiError`. */
export interface SqlService {
  /** Adds what runs to the metrics. */
  metrics?(text: PrometheusText): void;
  info(): Promise<ServerInfo>;
  health(): Promise<Health>;
  /** Tries statements without doing them, in their order, so that a script is done whole or not at all. */
  check(statements: readonly ScriptStatement[], session: RequestSession): Promise<void>;
  /**
   * Null for what ksqlDB does not tell of: SET, UNSET, DEFINE, UNDEFINE, INSERT VALUES.
   *
   * @param signal aborted when nobody waits for the answer any more: what waits (ASSERT) gives up
   */
  execute(statement: ScriptStatement, session: RequestSession, signal?: AbortSignal): Promise<Entity | null>;
  /**
   * A query that differs from one before in its values only: its text is not read again. Undefined: `query` has to be asked, which also tells
   * of what is wrong.
   */
  queryAgain?(sql: string, session: RequestSession): RunningQuery | undefined;
  /** @param signal aborted when nobody waits for the rows any more */
  query(statement: ScriptStatement, session: RequestSession, signal: AbortSignal): Promise<RunningQuery>;
  /** Lines of PRINT. */
  print(statement: ScriptStatement, session: RequestSession, signal: AbortSignal): Promise<AsyncIterable<string>>;
  /** @param properties of the request */
  openInserts(target: string, properties: ReadonlyMap<string, string>): Promise<RowInserter>;
  commandStatuses(): ReadonlyMap<string, CommandStatus>;
  /** Whether a request may set the property. @throws ApiError where it may not */
  checkProperty(name: string): void;
  /** Resolves when the command of this number is done. @throws ApiError 50301 after the time */
  waitForCommand(sequenceNumber: number, timeoutMs: number): Promise<void>;
  /** Ends all queries, and deletes the topics that a pattern fits. */
  terminate(deleteTopicPatterns: readonly string[]): Promise<readonly Entity[]>;
}
