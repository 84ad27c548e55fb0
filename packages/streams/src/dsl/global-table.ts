import type { Serde } from '../serdes/serde.ts';

/** A table that every instance has whole; see `StreamsBuilder.globalTable`. */
export class GlobalTable<K, V> {
  /** By this name it can be queried. */
  readonly store: string;
  readonly keySerde: Serde<K>;
  readonly valueSerde: Serde<V>;

  constructor(store: string, keySerde: Serde<K>, valueSerde: Serde<V>) {
    this.store = store;
    this.keySerde = keySerde;
    this.valueSerde = valueSerde;
  }
}
