import type { Session } from '../engine/session.ts';
import type { StatementResult } from '../engine/sql-engine.ts';
import type { CommandStatus } from '../rest/entities/index.ts';
import type { Statement } from '../syntax/ast/index.ts';
import type { ScriptStatement } from '../syntax/parse.ts';

/** A statement that changes something, as it was asked for. */
export interface AskedStatement {
  readonly script: ScriptStatement;
  readonly statement: Statement;
  /** With the values of variables in it. */
  readonly text: string;
  readonly session: Session;
}

export interface DoneStatement {
  readonly commandId: string;
  readonly status: CommandStatus;
  readonly sequenceNumber: number;
  /** What the user should know of it. */
  readonly warnings: StatementResult['warnings'];
}

/** Where statements go that change what there is. */
export interface StatementQueue {
  /** By the id of the command: `stream/RIDES/create`. */
  readonly statuses: ReadonlyMap<string, CommandStatus>;
  /** Resolves when it was done. @throws SqlError where it cannot be; ApiError where it is not known whether it was */
  run(asked: AskedStatement): Promise<DoneStatement>;
  /** Resolves with true when the command of the number was done, with false when it was not within the time. */
  waitFor(sequenceNumber: number, timeoutMs: number): Promise<boolean>;
}
