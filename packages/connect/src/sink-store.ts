import type { SinkRecord } from './sink-options.ts';

/** A record and what it became. */
export interface Entry<Item> {
  readonly record: SinkRecord;
  readonly item: Item;
}

/** How far a write moves a partition. */
export interface Move {
  /** What the store must hold for it; null: nothing. */
  readonly from: number | null;
  readonly to: number;
}

export interface Chunk<Item> {
  readonly topic: string;
  readonly entries: readonly Entry<Item>[];
  readonly moves: ReadonlyMap<number, Move>;
}

export interface Written {
  /** Partitions that the store has elsewhere than `from`: another instance moved them. Nothing of them was written. */
  readonly fenced: readonly number[];
  /** Were there already. */
  readonly repeats: number;
}

/** Where a sink's data goes, with its offsets. */
export interface SinkStore<Item> {
  /** A name for spans: `insert twitter_analytics`. */
  readonly operation: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** More of them, for one entry. */
  attributesOf?(entry: Entry<Item>): Readonly<Record<string, string>>;
  /** The offsets that it keeps: partition → next offset. */
  positions(topic: string, partitions: readonly number[]): Promise<Map<number, number>>;
  /**
   * Writes entries and offsets, all of a partition or nothing. May be called again with the same.
   *
   * @throws RefusedChunk when the data of at least one of the entries is refused; anything else is tried again
   */
  write(chunk: Chunk<Item>): Promise<Written>;
  close(): Promise<void>;
}

/** The store will never take this. */
export class RefusedChunk extends Error {}
