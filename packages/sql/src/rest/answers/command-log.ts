import type { StatementResult } from '../../engine/sql-engine.ts';
import type { Statement } from '../../syntax/ast/index.ts';
import type { CommandStatus, CurrentStatus } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';

/** So many statuses are kept; the oldest go first. */
const keptMost = 10_000;

/** The statements that changed something, as `/status` tells of them. */
export class CommandLog {
  readonly #statuses = new Map<string, CommandStatus>();
  #sequenceNumber = -1;

  get statuses(): ReadonlyMap<string, CommandStatus> {
    return this.#statuses;
  }

  get sequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** Keeps that a statement was done, and says so. */
  done(statement: Statement, { message, queryId, warnings }: StatementResult, text: string): CurrentStatus {
    const commandId = commandIdOf(statement);
    const commandStatus: CommandStatus = { status: 'SUCCESS', message, queryId };
    this.#statuses.delete(commandId);
    this.#statuses.set(commandId, commandStatus);
    for (const oldest of this.#statuses.keys()) {
      if (this.#statuses.size <= keptMost) break;
      this.#statuses.delete(oldest);
    }
    const commandSequenceNumber = ++this.#sequenceNumber;
    return { '@type': 'currentStatus', ...answerHead(text, warnings), commandId, commandStatus, commandSequenceNumber };
  }
}

/** `stream/NAME/create`: kind, name, what is done. */
function commandIdOf(statement: Statement): string {
  switch (statement.kind) {
    case 'createSource':
    case 'createAsSelect':
      return `${statement.sourceKind.toLowerCase()}/${statement.name}/create`;
    case 'alterSource':
      return `${statement.sourceKind.toLowerCase()}/${statement.name}/alter`;
    case 'dropSource':
      return `${statement.sourceKind.toLowerCase()}/${statement.name}/drop`;
    case 'insertInto':
      return `stream/${statement.target}/create`;
    case 'createType':
      return `type/${statement.name}/create`;
    case 'dropType':
      return `type/${statement.name}/drop`;
    case 'terminate':
    case 'pause':
    case 'resume':
      return `${statement.kind}/${statement.queryId ?? 'ALL'}/execute`;
    default:
      return `statement/${statement.kind}/execute`;
  }
}
