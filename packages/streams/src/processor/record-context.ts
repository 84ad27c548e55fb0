import type { RecordHeader } from '@headwater/protocol';
import type { RecordPlace } from '../streams-error.ts';

export const noHeaders: RecordHeader[] = [];

/** Where headers are read from when somebody asks: the cursor on the batch in work. */
export interface HeadersSource {
  headersCount: number;
  headers(): RecordHeader[];
}

/** The input record that is being worked on. One object for a task, filled anew for each record: copy what is kept. */
export class RecordContext {
  /** Empty while no record is in work: in a punctuation, or when held-back results are forwarded. */
  topic = '';
  partition = -1;
  offset = -1;
  timestamp = -1;
  #source: HeadersSource | null = null;
  #headers: RecordHeader[] | null = null;
  #own: RecordHeader[] | null = null;

  /** How many there are, without reading them. */
  get headersCount(): number {
    return this.#headers !== null ? this.#headers.length : this.#source === null ? 0 : this.#source.headersCount;
  }

  /** Of the input record, until an operator sets others. Their values are views of the batch in work. */
  get headers(): RecordHeader[] {
    if (this.#headers !== null) return this.#headers;
    if (this.#source === null || this.#source.headersCount === 0) return noHeaders;
    this.#headers = this.#source.headers();
    return this.#headers;
  }

  set headers(headers: RecordHeader[]) {
    this.#headers = headers;
    this.#own = null;
  }

  /** The same with bytes of their own, so that what is kept does not keep its batch. */
  ownHeaders(): RecordHeader[] {
    if (this.headersCount === 0) return noHeaders;
    this.#own ??= this.headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) }));
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
    return { topic, partition, offset, timestamp, headers: this.ownHeaders() };
  }

  restore(saved: SavedRecord): void {
    this.at(saved.topic, saved.partition, saved.offset, saved.timestamp, null);
    this.#headers = saved.headers;
    this.#own = saved.headers;
  }
}

export interface SavedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly headers: RecordHeader[];
}
