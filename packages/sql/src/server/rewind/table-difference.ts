import type { KafkaClient } from '@headwater/client';
import { type KeyShare, type NewestRecord, NewestRecords } from './newest-records.ts';

/** A record that makes of the old table the new one. */
export interface Change {
  readonly partition: number;
  readonly key: Buffer;
  /** Null: the new one has no such row. */
  readonly value: Buffer | null;
  readonly timestamp: number;
}

export interface TableDifferenceOptions {
  readonly client: KafkaClient;
  /** The topic with the old table's rows. */
  readonly before: string;
  /** The topic with the new one's. */
  readonly after: string;
  /** Of rows of both that are held at a time; larger tables are read several times, some of their keys each. Default 256 MiB. */
  readonly memoryBytesMax?: number;
}

const changesAtOnce = 1_000;
const memoryBytes = 256 * 1024 * 1024;

/** What differs between the rows of two topics, by partition. */
export class TableDifference {
  readonly #options: TableDifferenceOptions;
  /** All rows of both; null when they are too many. */
  #whole: Pair | null;

  constructor(options: TableDifferenceOptions) {
    this.#options = options;
    this.#whole = this.#pair({ index: 0, count: 1 });
  }

  /** Reads ahead, while more is written. */
  async advance(signal: AbortSignal): Promise<void> {
    if (this.#whole !== null && !(await this.#read(this.#whole, signal))) this.#whole = null;
  }

  /** All of them, in lots. Nothing is written to the topics any more. */
  async *changes(signal: AbortSignal): AsyncIterableIterator<readonly Change[]> {
    await this.advance(signal);
    if (this.#whole !== null) {
      yield* changesOf(this.#whole);
      return;
    }
    const shares: KeyShare[] = [
      { index: 0, count: 2 },
      { index: 1, count: 2 },
    ];
    for (let share = shares.pop(); share !== undefined; share = shares.pop()) {
      const { count, index } = share;
      const pair = this.#pair(share);
      if (await this.#read(pair, signal)) yield* changesOf(pair);
      else shares.push({ index, count: 2 * count }, { index: index + count, count: 2 * count });
    }
  }

  #pair(share: KeyShare): Pair {
    const { after, before, client } = this.#options;
    return { before: new NewestRecords(client, before, share), after: new NewestRecords(client, after, share) };
  }

  /** False: there is no room. */
  async #read({ after, before }: Pair, signal: AbortSignal): Promise<boolean> {
    const { memoryBytesMax = memoryBytes } = this.#options;
    const isRoom = () => before.sizeBytes + after.sizeBytes <= memoryBytesMax;
    await before.advance(isRoom, signal);
    if (isRoom()) await after.advance(isRoom, signal);
    return isRoom();
  }
}

interface Pair {
  readonly before: NewestRecords;
  readonly after: NewestRecords;
}

function* changesOf({ after, before }: Pair): IterableIterator<readonly Change[]> {
  const count = Math.max(before.rows.length, after.rows.length);
  let lot: Change[] = [];
  const none: ReadonlyMap<string, NewestRecord> = new Map();
  for (let partition = 0; partition < count; partition++) {
    const [old, fresh] = [before.rows[partition] ?? none, after.rows[partition] ?? none];
    for (const [key, { timestamp, value }] of fresh) {
      if (old.get(key)?.value.equals(value)) continue;
      lot.push({ partition, key: Buffer.from(key, 'latin1'), value, timestamp });
      if (lot.length === changesAtOnce) {
        yield lot;
        lot = [];
      }
    }
    for (const [key, { timestamp }] of old) {
      if (fresh.has(key)) continue;
      lot.push({ partition, key: Buffer.from(key, 'latin1'), value: null, timestamp });
      if (lot.length === changesAtOnce) {
        yield lot;
        lot = [];
      }
    }
  }
  if (lot.length > 0) yield lot;
}
