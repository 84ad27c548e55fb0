import type { Serde } from '../serdes/serde.ts';
import type { StateStore } from '../stores/state-store.ts';

interface WaitingRow {
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly timestamp: number;
}

export interface PreparedRestoreOptions {
  readonly store: Pick<StateStore, 'restore'>;
  readonly keySerde: Serde<unknown>;
  readonly valueSerde: Serde<unknown>;
  readonly topic: string;
  /** What a serde needs cannot be had at the moment; it is tried again. */
  onFailed(error: unknown): void;
  /** A row could not be put into the store. */
  onError(error: unknown): void;
}

const retryMs = 500;

/** Puts records into a store in their order, and waits where a serde has to ask for something first: a schema that is not known yet. */
export class PreparedRestore {
  readonly #options: PreparedRestoreOptions;
  readonly #isPreparing: boolean;
  #waiting: WaitingRow[] = [];
  #settled: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: PreparedRestoreOptions) {
    this.#options = options;
    this.#isPreparing = options.keySerde.prepare !== undefined || options.valueSerde.prepare !== undefined;
  }

  restore(key: Buffer, value: Buffer | null, timestamp: number): void {
    if (this.#isPreparing) {
      if (this.#settled === null) {
        const needed = this.#prepare(key, value);
        // A failure is met when it is asked for again.
        needed?.catch(() => {});
        if (needed !== undefined) this.#settled = this.#drain();
      }
      if (this.#settled !== null) {
        this.#waiting.push({ key: Buffer.from(key), value: value && Buffer.from(value), timestamp });
        return;
      }
    }
    this.#options.store.restore(key, value, timestamp);
  }

  /** What is to be waited for before more is handed over; undefined: nothing. */
  settled(): Promise<void> | undefined {
    return this.#settled ?? undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  #prepare(key: Buffer, value: Buffer | null): Promise<unknown> | undefined {
    const { keySerde, topic, valueSerde } = this.#options;
    const forKey = keySerde.prepare?.(key, 0, key.length, topic);
    const forValue = value === null ? undefined : valueSerde.prepare?.(value, 0, value.length, topic);
    return forKey === undefined ? forValue : forValue === undefined ? forKey : Promise.all([forKey, forValue]);
  }

  async #drain(): Promise<void> {
    await Promise.resolve();
    for (let at = 0; at < this.#waiting.length && !this.#isClosed; at++) {
      const { key, timestamp, value } = this.#waiting[at]!;
      for (let isReady = false; !isReady && !this.#isClosed; ) {
        try {
          await this.#prepare(key, value);
          isReady = true;
        } catch (error) {
          this.#options.onFailed(error);
          await new Promise<void>((resolve) => setTimeout(resolve, retryMs).unref());
        }
      }
      if (this.#isClosed) break;
      try {
        this.#options.store.restore(key, value, timestamp);
      } catch (error) {
        this.#options.onError(error);
      }
    }
    this.#waiting = [];
    this.#settled = null;
  }
}
