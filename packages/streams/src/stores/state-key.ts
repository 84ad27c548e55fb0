import type { Serde } from '../serdes/serde.ts';

/** What a key is found by in memory. */
export type StateKey = string | number | bigint | boolean;

/**
 * Texts and numbers stand for themselves; every other key for its bytes, of which the same key has the same.
 */
export function stateKey<K>(key: K, serde: Serde<K>, topic: string): StateKey {
  switch (typeof key) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return key;
    default: {
      const bytes = serde.encode(key, topic);
      return typeof bytes === 'string'
        ? bytes
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    }
  }
}
