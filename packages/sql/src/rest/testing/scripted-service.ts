import type { JsonValue } from '@headwater/serdes';
import { SqlError } from '../../sql-error.ts';
import type { ScriptStatement } from '../../syntax/parse.ts';
import { sqlTypes } from '../../types/sql-type.ts';
import { ApiError, errorCodes } from '../api-error.ts';
import type { CommandStatus, Entity } from '../entities/index.ts';
import type { RequestSession, ResultRow, RowInserter, RunningQuery, SqlService } from '../sql-service.ts';

/** A service for tests of the API alone: it keeps what it is told, and sends the rows that a test puts in. */
export class ScriptedService implements SqlService {
  readonly executed: string[] = [];
  readonly inserted: ReadonlyMap<string, JsonValue>[] = [];
  readonly queries: ScriptedQuery[] = [];
  /** Of the next queries. */
  batches: ResultRow[][] = [];
  /** Whether the next queries end behind their rows. */
  isEndless = false;
  failure: Error | null = null;

  async info() {
    return { version: '1.2.3', kafkaClusterId: 'kafka-1', serviceId: 'default_' };
  }

  async health() {
    return { metastore: true, kafka: this.failure === null, commandRunner: true };
  }

  async check(statements: readonly ScriptStatement[]): Promise<void> {
    const bad = statements.find(({ text }) => text.includes('BAD'));
    if (bad !== undefined) throw new SqlError('HW_SQL_STATEMENT', 'BAD is not good.', { statementText: bad.text });
  }

  async execute({ text }: ScriptStatement, session: RequestSession): Promise<Entity | null> {
    if (text.includes('LATE')) throw new SqlError('HW_SQL_STATEMENT', 'LATE came too late.', { statementText: text });
    this.executed.push(text);
    if (/^SET/i.test(text)) {
      session.properties.set('set', 'yes');
      return null;
    }
    const commandStatus: CommandStatus = { status: 'SUCCESS', message: 'done', queryId: null };
    const head = { statementText: text, warnings: [] };
    return { '@type': 'currentStatus', ...head, commandId: 'stream/S/create', commandStatus, commandSequenceNumber: 2 };
  }

  async query(_statement: ScriptStatement, _session: RequestSession, _signal: AbortSignal): Promise<RunningQuery> {
    const query = new ScriptedQuery(`q${this.queries.length}`, this.batches, this.isEndless, this.failure);
    this.queries.push(query);
    return query;
  }

  async print(): Promise<AsyncIterable<string>> {
    return (async function* () {
      yield 'Key format: KAFKA';
      yield 'rowtime: 1, key: a, value: b';
    })();
  }

  async openInserts(target: string): Promise<RowInserter> {
    if (target !== 'S')
      throw new ApiError(errorCodes.badStatement, `Cannot insert values into an unknown stream: ${target}`);
    return {
      insert: async (row) => {
        if (row.has('WRONG')) throw new SqlError('HW_SQL_STATEMENT', 'There is no column WRONG');
        this.inserted.push(row);
      },
      close: async () => {},
    };
  }

  commandStatuses() {
    return new Map<string, CommandStatus>([
      ['stream/S/create', { status: 'SUCCESS', message: 'Stream created', queryId: null }],
    ]);
  }

  checkProperty(name: string): void {
    if (name.startsWith('ssl.')) throw new ApiError(errorCodes.badRequest, `Property '${name}' cannot be set`);
  }

  async waitForCommand(sequenceNumber: number): Promise<void> {
    if (sequenceNumber > 2) throw new ApiError(errorCodes.commandQueueTimeout, 'Timed out');
  }

  async terminate(): Promise<readonly Entity[]> {
    return [];
  }
}

export class ScriptedQuery implements RunningQuery {
  readonly id: string;
  readonly kind = 'push';
  readonly columns = [
    { name: 'K', type: sqlTypes.string, isKey: true },
    { name: 'V', type: sqlTypes.bigint, isKey: false },
  ];
  /** How many batches were asked for. */
  asked = 0;
  readonly closed: Promise<void>;
  readonly #batches: readonly (readonly ResultRow[])[];
  readonly #isEndless: boolean;
  readonly #failure: Error | null;
  #close = () => {};

  constructor(id: string, batches: readonly (readonly ResultRow[])[], isEndless: boolean, failure: Error | null) {
    this.id = id;
    this.#batches = batches;
    this.#isEndless = isEndless;
    this.#failure = failure;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  get rows(): AsyncIterable<readonly ResultRow[]> {
    return this.#rows();
  }

  async *#rows() {
    for (const batch of this.#batches) {
      this.asked++;
      yield batch;
    }
    if (this.#failure !== null) throw this.#failure;
    if (this.#isEndless) await this.closed;
  }

  finalMessage() {
    return 'Limit Reached' as const;
  }

  close(): void {
    this.#close();
  }
}
