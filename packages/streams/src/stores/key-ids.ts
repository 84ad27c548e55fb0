import type { Serde } from '../serdes/serde.ts';
import { type StateKey, stateKey } from './state-key.ts';

/**
 * Small whole numbers for the keys of a store, so that what is kept by key can be kept in columns of numbers. A number is given to another key once
 * nothing holds it.
 */
export class KeyIds<K> {
  readonly #serde: Serde<K>;
  readonly #topic: string;
  readonly #ids = new Map<StateKey, number>();
  readonly #keys: K[] = [];
  /** By id: how many rows there are of the key. */
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  /** The key that was asked for last; only of those that stand for themselves, as others may have been changed since. */
  #lastKey: K | undefined = undefined;
  #lastId = -1;

  constructor(serde: Serde<K>, topic: string) {
    this.#serde = serde;
    this.#topic = topic;
  }

  /** -1: no row has it. */
  find(key: K): number {
    if (key === this.#lastKey && this.#lastId !== -1) return this.#lastId;
    const id = this.#ids.get(stateKey(key, this.#serde, this.#topic)) ?? -1;
    this.#note(key, id);
    return id;
  }

  /** With a new one for a key that has none. */
  findOrGive(key: K): number {
    const found = this.find(key);
    if (found !== -1) return found;
    const id = this.#free.pop() ?? this.#keys.length;
    this.#ids.set(stateKey(key, this.#serde, this.#topic), id);
    this.#keys[id] = key;
    this.#uses[id] = 0;
    this.#note(key, id);
    return id;
  }

  keyOf(id: number): K {
    return this.#keys[id]!;
  }

  hold(id: number): void {
    this.#uses[id]!++;
  }

  release(id: number): void {
    if (--this.#uses[id]! > 0) return;
    this.#ids.delete(stateKey(this.#keys[id]!, this.#serde, this.#topic));
    this.#free.push(id);
    this.#lastId = -1;
  }

  #note(key: K, id: number): void {
    if (typeof key === 'object') return;
    this.#lastKey = key;
    this.#lastId = id;
  }
}
