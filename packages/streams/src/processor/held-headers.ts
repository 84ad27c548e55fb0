import { RawHeaders } from '@headwater/protocol';
import { noHeaders, type RecordContext, type RecordHeaders } from './record-context.ts';

/** Room for the headers of so many bytes to begin with. */
const firstBytes = 4_096;

/**
 * The headers of the record that last changed a row, for updates that are sent with the next commit only: those downstream get them as if each update
 * had been sent (as Kafka Streams' caches keep the context of the newest one). While records have no headers nothing is kept.
 *
 * Unread headers are copied into memory of this, row after row, and again into the same place when a row changes again: most are as long as those before.
 */
export class HeldHeaders<Row> {
  readonly #record: RecordContext;
  /** By row: where they are, or headers that were read or set. */
  readonly #ofRows = new Map<Row, number | RecordHeaders>();
  #bytes = Buffer.alloc(0);
  #used = 0;
  /** By place: where in the bytes they begin, how many bytes there is room for and are used, and how many headers. */
  readonly #places: number[] = [];

  constructor(record: RecordContext) {
    this.#record = record;
  }

  /** The record in work has changed the row. */
  note(row: Row): void {
    const record = this.#record;
    if (record.headersCount === 0) {
      if (this.#ofRows.size > 0) this.#ofRows.delete(row);
      return;
    }
    const headers = record.unreadHeaders;
    if (!(headers instanceof RawHeaders)) {
      this.#ofRows.set(row, record.ownHeaders());
      return;
    }
    const place = this.#ofRows.get(row);
    const size = headers.sizeBytes;
    if (typeof place === 'number' && size <= this.#places[place + 1]!) this.#copy(headers, place);
    else {
      this.#ofRows.set(row, this.#places.length);
      this.#reserve(size);
      this.#places.push(this.#used, size, size, headers.count);
      this.#used += size;
      this.#copy(headers, this.#places.length - 4);
    }
  }

  /** What is handed on next is the row's update. */
  restore(row: Row): void {
    const held = this.#ofRows.size === 0 ? undefined : this.#ofRows.get(row);
    if (typeof held !== 'number') {
      this.#record.headers = held ?? noHeaders;
      return;
    }
    const start = this.#places[held]!;
    this.#record.headers = new RawHeaders(this.#bytes, start, start + this.#places[held + 2]!, this.#places[held + 3]!);
  }

  /** All were handed on. */
  clear(): void {
    if (this.#ofRows.size > 0) this.#ofRows.clear();
    this.#used = 0;
    this.#places.length = 0;
    this.#record.headers = noHeaders;
  }

  #copy({ count, data, end, start }: RawHeaders, place: number): void {
    data.copy(this.#bytes, this.#places[place]!, start, end);
    this.#places[place + 2] = end - start;
    this.#places[place + 3] = count;
  }

  #reserve(size: number): void {
    const wanted = this.#used + size;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(firstBytes, wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}
