import { noHeaders, type RecordContext, type RecordHeaders } from './record-context.ts';

/**
 * The headers of the record that last changed a row, for updates that are sent with the next commit only: those downstream get them as if each update
 * had been sent (as Kafka Streams' caches keep the context of the newest one). While records have no headers nothing is kept.
 */
export class HeldHeaders<Row> {
  readonly #record: RecordContext;
  readonly #ofRows = new Map<Row, RecordHeaders>();

  constructor(record: RecordContext) {
    this.#record = record;
  }

  /** The record in work has changed the row. */
  note(row: Row): void {
    if (this.#record.headersCount > 0) this.#ofRows.set(row, this.#record.ownHeaders());
    else if (this.#ofRows.size > 0) this.#ofRows.delete(row);
  }

  /** What is handed on next is the row's update. */
  restore(row: Row): void {
    this.#record.headers = this.#ofRows.size === 0 ? noHeaders : (this.#ofRows.get(row) ?? noHeaders);
  }

  /** All were handed on. */
  clear(): void {
    if (this.#ofRows.size > 0) this.#ofRows.clear();
    this.#record.headers = noHeaders;
  }
}
