import { RawHeaders, type RecordHeader } from '@headwater/protocol';
import type { RecordPlace } from '../streams-error.ts';

/** RecordHeaders that were read, or set; or as they stand in a batch. */
export type RecordHeaders = RecordHeader[] | RawHeaders;

export const noHeaders: RecordHeader[] = [];

/** Where headers are read from when somebody asks: the cursor on the batch in work. */
export interface HeadersSource {
  headersCount: number;
  rawHeaders(): RawHeaders;
}

/** The input record that is being worked on. One object for a task, filled anew for each record: copy what is kept. */
export class RecordContext {
  /** Empty while no record is in work: in a punctuation, or when held-back results are forwarded. */
  topic = '';
  partition = -1;
  offset = -1;
  timestamp = -1;
  #source: HeadersSource | null = null;
  #headers: RecordHeaders | null = null;
  #own: RecordHeaders | null = null;

  /** How many there are, without reading them. */
  get headersCount(): number {
    const headers = this.#headers;
    if (headers !== null) return headers instanceof RawHeaders ? headers.count : headers.length;
    return this.#source === null ? 0 : this.#source.headersCount;
  }

  /** Of the input record, until an operator sets others. Their values are views of the batch in work. */
  get headers(): RecordHeader[] {
    const headers = this.unreadHeaders;
    if (!(headers instanceof RawHeaders)) return headers;
    // From now on these are the headers: who has them may change them.
    this.#own = null;
    return (this.#headers = headers.decode());
  }

  set headers(headers: RecordHeaders) {
    this.#headers = headers;
    this.#own = null;
  }

  /** The same, as they stand in the batch while nobody has asked for them: to be written, or set again. */
  get unreadHeaders(): RecordHeaders {
    if (this.#headers !== null) return this.#headers;
    if (this.#source === null || this.#source.headersCount === 0) return noHeaders;
    return (this.#headers = this.#source.rawHeaders());
  }

  /** The same with bytes of their own, so that what is kept does not keep its batch. */
  ownHeaders(): RecordHeaders {
    if (this.headersCount === 0) return noHeaders;
    const headers = this.unreadHeaders;
    this.#own ??= headers instanceof RawHeaders ? headers.copy() : headers.map(copyOf);
    return this.#own;
  }

  get place(): RecordPlace | undefined {
    return this.topic === '' ? undefined : { topic: this.topic, partition: this.partition, offset: this.offset };
  }

  at(topic: string, partition: number, offset: number, timestamp: number, source: HeadersSource | null): void {
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.timestamp = timestamp;
    this.#source = source;
    this.#headers = null;
    this.#own = null;
  }

  none(): void {
    this.at('', -1, -1, -1, null);
  }

  /** For what is worked on later: `restore` puts it back. */
  copy(): SavedRecord {
    const { topic, partition, offset, timestamp } = this;
    const own = this.ownHeaders();
    return { topic, partition, offset, timestamp, headers: own instanceof RawHeaders ? own.decode() : own };
  }

  restore(saved: SavedRecord): void {
    this.at(saved.topic, saved.partition, saved.offset, saved.timestamp, null);
    this.#headers = saved.headers;
    this.#own = saved.headers;
  }
}

function copyOf({ key, value }: RecordHeader): RecordHeader {
  return { key, value: value === null ? null : Buffer.from(value) };
}

export interface SavedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly headers: RecordHeader[];
}
