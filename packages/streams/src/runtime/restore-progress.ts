import type { Logger } from '@headwater/logger';

/** How far a store is filled from its changelog. */
export interface RestoreReading {
  /** Empty for the main topology. */
  readonly topology: string;
  /** `subtopology_partition`. */
  readonly taskId: string;
  readonly store: string;
  readonly topic: string;
  readonly partition: number;
  /** Of the changelog: offsets that are read, those of records that are not there any more included. */
  readonly restored: number;
  /** To be read when it began; 0 where the store was filled from the disk alone. */
  readonly total: number;
  readonly isDone: boolean;
}

type StorePlace = Pick<RestoreReading, 'topology' | 'taskId' | 'store' | 'topic' | 'partition'>;

/** Keeps what is being restored, and tells of it: when it begins, as it goes on and when it is done. */
export class RestoreProgress {
  readonly #onRestore: ((reading: RestoreReading) => void) | undefined;
  readonly #logger: Logger;
  readonly #running = new Map<string, RestoreReading>();

  constructor(onRestore: ((reading: RestoreReading) => void) | undefined, logger: Logger) {
    this.#onRestore = onRestore;
    this.#logger = logger;
  }

  /** Stores that are being filled now. */
  get running(): RestoreReading[] {
    return [...this.#running.values()];
  }

  begin(place: StorePlace, total: number): void {
    this.#note({ ...place, restored: 0, total, isDone: false });
  }

  advance(place: StorePlace, left: number): void {
    const known = this.#running.get(keyOf(place));
    if (known !== undefined) this.#note({ ...known, restored: Math.max(0, known.total - left) });
  }

  end(place: StorePlace): void {
    const known = this.#running.get(keyOf(place));
    this.#running.delete(keyOf(place));
    if (known !== undefined) this.#tell({ ...known, restored: known.total, isDone: true });
  }

  /** It was given up. */
  drop(place: StorePlace): void {
    this.#running.delete(keyOf(place));
  }

  #note(reading: RestoreReading): void {
    this.#running.set(keyOf(reading), reading);
    this.#tell(reading);
  }

  #tell(reading: RestoreReading): void {
    try {
      this.#onRestore?.(reading);
    } catch (error) {
      this.#logger.warn({ error, store: reading.store }, 'onRestore has thrown');
    }
  }
}

function keyOf({ partition, store, topology, topic }: StorePlace): string {
  return `${topology}/${store}/${topic}/${partition}`;
}
