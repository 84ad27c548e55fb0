import { Operator, type RecordContext } from '@headwater/streams';

/** Compiled code that hands on what becomes of a record: nothing, one record or several. */
export type RunRecord = (key: unknown, row: unknown, timestamp: number, record: RecordContext, next: Operator) => void;

/** A step of a query whose work is one compiled function. */
export class CompiledOperator extends Operator {
  readonly #run: RunRecord;

  constructor(run: RunRecord) {
    super();
    this.#run = run;
  }

  process(key: unknown, row: unknown, timestamp: number): void {
    this.#run(key, row, timestamp, this.context.record, this.next);
  }
}
