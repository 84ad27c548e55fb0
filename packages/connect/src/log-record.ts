import type { FetchedBatch } from '@headwater/client';
import type { SinkRecord } from './sink-options.ts';

type Cursor = ReturnType<FetchedBatch['cursor']>;

const noHeaders: SinkRecord['headers'] = [];

/** A record as it stands in its batch; what nobody asks for is not made. */
export class LogRecord implements SinkRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly #data: Buffer;
  readonly #keyStart: number;
  readonly #keyLength: number;
  readonly #valueStart: number;
  readonly #valueLength: number;
  #headers: SinkRecord['headers'] | ReturnType<Cursor['rawHeaders']>;

  constructor(topic: string, partition: number, at: Cursor) {
    this.topic = topic;
    this.partition = partition;
    this.offset = at.offset;
    this.timestamp = at.timestamp;
    this.#data = at.data;
    this.#keyStart = at.keyStart;
    this.#keyLength = at.keyLength;
    this.#valueStart = at.valueStart;
    this.#valueLength = at.valueLength;
    this.#headers = at.headersCount === 0 ? noHeaders : at.rawHeaders();
  }

  get key(): Buffer | null {
    return this.#view(this.#keyStart, this.#keyLength);
  }

  get value(): Buffer | null {
    return this.#view(this.#valueStart, this.#valueLength);
  }

  get headers(): SinkRecord['headers'] {
    if ('decode' in this.#headers) this.#headers = this.#headers.decode();
    return this.#headers;
  }

  #view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.#data.subarray(start, start + length);
  }
}
