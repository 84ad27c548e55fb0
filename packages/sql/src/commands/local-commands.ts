import type { SqlEngine } from '../engine/sql-engine.ts';
import { commandIdOf } from './command-id.ts';
import { CommandStatuses } from './command-statuses.ts';
import type { AskedStatement, DoneStatement, StatementQueue } from './statement-queue.ts';

/** Statements of an engine that nobody shares: they are done at once, and not kept. */
export class LocalCommands implements StatementQueue {
  readonly #engine: SqlEngine;
  readonly #statuses = new CommandStatuses();
  #sequenceNumber = -1;

  constructor(engine: SqlEngine) {
    this.#engine = engine;
  }

  get statuses(): CommandStatuses['all'] {
    return this.#statuses.all;
  }

  async run({ script, session, statement }: AskedStatement): Promise<DoneStatement> {
    const { message, queryId, warnings } = await this.#engine.execute(script, session);
    const commandId = commandIdOf(statement);
    const status = { status: 'SUCCESS', message, queryId } as const;
    this.#statuses.set(commandId, status);
    return { commandId, status, sequenceNumber: ++this.#sequenceNumber, warnings };
  }

  /** Commands are done when they are answered: only a number that was never given is waited for, and in vain. */
  async waitFor(sequenceNumber: number): Promise<boolean> {
    return sequenceNumber <= this.#sequenceNumber;
  }
}
