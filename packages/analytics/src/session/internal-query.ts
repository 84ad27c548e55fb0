import { backend } from '../protocol/message-types.ts';
import { errorFields, rowValues } from '../protocol/read-messages.ts';

export interface InternalResult {
  rows: (string | null)[][];
  /** Fields of the first error, by letter. */
  error: Record<string, string> | null;
  status: string;
}

/** Gathers what PostgreSQL answers to a query of the store's own. */
export class InternalQuery {
  readonly #rows: (string | null)[][] = [];
  #error: Record<string, string> | null = null;
  readonly #done: (result: InternalResult) => void;

  constructor(done: (result: InternalResult) => void) {
    this.#done = done;
  }

  /** @returns true when that was the last message */
  take(type: number, message: Buffer): boolean {
    if (type === backend.dataRow) this.#rows.push(rowValues(message));
    else if (type === backend.errorResponse) this.#error ??= errorFields(message);
    if (type !== backend.readyForQuery) return false;
    this.#done({ rows: this.#rows, error: this.#error, status: String.fromCharCode(message[5]!) });
    return true;
  }
}
