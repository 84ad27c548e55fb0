import type { SchemaLog } from '../log/schema-log.ts';
import type { Change } from '../state/records.ts';

export type Write = (changes: readonly Change[]) => Promise<void>;

/** Writes happen one after the other, each against what the one before it left in the log. */
export class Writing {
  readonly #log: SchemaLog;
  /** Throws when this registry must not write. */
  readonly #check: () => void;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(log: SchemaLog, check: () => void) {
    this.#log = log;
    this.#check = check;
  }

  inTurn<T>(work: (write: Write) => Promise<T>): Promise<T> {
    const write: Write = async (changes) => {
      this.#check();
      await this.#log.write(changes);
    };
    const result = this.#lastWrite.then(() => work(write));
    this.#lastWrite = result.catch(() => {});
    return result;
  }
}
