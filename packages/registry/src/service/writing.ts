import type { SchemaLog } from '../log/schema-log.ts';
import type { Change } from '../state/records.ts';

/** Writes happen one after the other, each against what the one before it left in the log. */
export class Writing {
  readonly #log: SchemaLog;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(log: SchemaLog) {
    this.#log = log;
  }

  inTurn<T>(work: (write: (changes: readonly Change[]) => Promise<void>) => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(() => work((changes) => this.#log.write(changes)));
    this.#lastWrite = result.catch(() => {});
    return result;
  }
}
