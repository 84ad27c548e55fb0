import { type FetchPosition, type KafkaClient, OffsetSpec } from '@headwater/client';

/** What a key's newest record says. */
export interface NewestRecord {
  readonly value: Buffer;
  readonly timestamp: number;
}

/** Which keys are looked at: those whose hash leaves `index` when it is divided by `count`. */
export interface KeyShare {
  readonly index: number;
  readonly count: number;
}

/** About what an entry has beside its key and value. */
const entryBytes = 150;

/** A topic as a table: the newest record of each key, as far as it was read. Keys are held as text of their bytes. */
export class NewestRecords {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #share: KeyShare;
  readonly #positions: FetchPosition[] = [];
  /** By partition. */
  readonly rows: Map<string, NewestRecord>[] = [];
  sizeBytes = 0;

  constructor(client: KafkaClient, topic: string, share: KeyShare) {
    this.#client = client;
    this.#topic = topic;
    this.#share = share;
  }

  /**
   * Reads on, to where the topic ends now.
   *
   * @param isRoom asked after each batch; false: it stops
   */
  async advance(isRoom: () => boolean, signal: AbortSignal): Promise<void> {
    const topic = this.#topic;
    const isolation = 'read_committed';
    if (this.rows.length === 0) await this.#begin(signal);
    const wanted = Object.fromEntries(this.rows.keys().map((partition) => [partition, OffsetSpec.latest]));
    const ends = await this.#client.listOffsets(topic, wanted, { isolation, signal });
    for (;;) {
      const behind = this.#positions.filter(({ offset, partition }) => offset < ends[partition]!.offset);
      if (behind.length === 0) return;
      for (const fetched of await this.#client.fetch(behind, { isolation, maxWaitMs: 100, signal })) {
        const { batches, errorCode, nextOffset, partition } = fetched;
        if (errorCode !== 0) throw new Error(`${topic}-${partition} cannot be read: error ${errorCode} of the broker`);
        for (const batch of batches) {
          for (const { key, timestamp, value } of batch.records()) {
            if (key !== null) this.#put(this.rows[partition]!, key, value, timestamp);
          }
        }
        this.#positions[partition]!.offset = nextOffset;
        if (!isRoom()) return;
      }
      signal.throwIfAborted();
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const topic = this.#topic;
    const { topics } = await this.#client.metadata([topic], { signal });
    const count = topics[0]?.partitions.length ?? 0;
    const wanted = Object.fromEntries(Array.from({ length: count }, (_, at) => [at, OffsetSpec.earliest]));
    const begins = await this.#client.listOffsets(topic, wanted, { signal });
    for (let partition = 0; partition < count; partition++) {
      this.#positions.push({ topic, partition, offset: begins[partition]!.offset });
      this.rows.push(new Map());
    }
  }

  #put(rows: Map<string, NewestRecord>, keyBytes: Buffer, value: Buffer | null, timestamp: number): void {
    const { count, index } = this.#share;
    if (count > 1 && hashOf(keyBytes) % count !== index) return;
    const key = keyBytes.toString('latin1');
    const before = rows.get(key);
    if (before !== undefined) this.sizeBytes -= key.length + before.value.length + entryBytes;
    if (value === null) {
      rows.delete(key);
      return;
    }
    rows.set(key, { value: Buffer.from(value), timestamp });
    this.sizeBytes += key.length + value.length + entryBytes;
  }
}

/** FNV-1a. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
