import { Operator } from '../processor/operator.ts';

export type Predicate<K, V> = (value: V, key: K) => boolean;
export type ValueMapper<K, V, VOut> = (value: V, key: K) => VOut;
export type KeyValueMapper<K, V, KOut, VOut> = (value: V, key: K) => readonly [KOut, VOut];

export class Filter<K, V> extends Operator<K, V> {
  readonly #isWanted: Predicate<K, V>;

  constructor(isWanted: Predicate<K, V>) {
    super();
    this.#isWanted = isWanted;
  }

  process(key: K, value: V, timestamp: number): void {
    if (this.#isWanted(value, key)) this.next.process(key, value, timestamp);
  }
}

export class MapValues<K, V, VOut> extends Operator<K, V> {
  readonly #map: ValueMapper<K, V, VOut>;

  constructor(map: ValueMapper<K, V, VOut>) {
    super();
    this.#map = map;
  }

  process(key: K, value: V, timestamp: number): void {
    this.next.process(key, this.#map(value, key), timestamp);
  }
}

export class MapRecords<K, V, KOut, VOut> extends Operator<K, V> {
  readonly #map: KeyValueMapper<K, V, KOut, VOut>;

  constructor(map: KeyValueMapper<K, V, KOut, VOut>) {
    super();
    this.#map = map;
  }

  process(key: K, value: V, timestamp: number): void {
    const [keyOut, valueOut] = this.#map(value, key);
    this.next.process(keyOut, valueOut, timestamp);
  }
}

export class SelectKey<K, V, KOut> extends Operator<K, V> {
  readonly #select: ValueMapper<K, V, KOut>;

  constructor(select: ValueMapper<K, V, KOut>) {
    super();
    this.#select = select;
  }

  process(key: K, value: V, timestamp: number): void {
    this.next.process(this.#select(value, key), value, timestamp);
  }
}

export class FlatMapValues<K, V, VOut> extends Operator<K, V> {
  readonly #map: ValueMapper<K, V, Iterable<VOut>>;

  constructor(map: ValueMapper<K, V, Iterable<VOut>>) {
    super();
    this.#map = map;
  }

  process(key: K, value: V, timestamp: number): void {
    for (const each of this.#map(value, key)) this.next.process(key, each, timestamp);
  }
}

export class FlatMap<K, V, KOut, VOut> extends Operator<K, V> {
  readonly #map: ValueMapper<K, V, Iterable<readonly [KOut, VOut]>>;

  constructor(map: ValueMapper<K, V, Iterable<readonly [KOut, VOut]>>) {
    super();
    this.#map = map;
  }

  process(key: K, value: V, timestamp: number): void {
    for (const [keyOut, valueOut] of this.#map(value, key)) this.next.process(keyOut, valueOut, timestamp);
  }
}

export class Peek<K, V> extends Operator<K, V> {
  readonly #look: (value: V, key: K) => void;

  constructor(look: (value: V, key: K) => void) {
    super();
    this.#look = look;
  }

  process(key: K, value: V, timestamp: number): void {
    this.#look(value, key);
    this.next.process(key, value, timestamp);
  }
}

/** Hands on what comes in: where streams run together. */
export class PassThrough extends Operator {
  process(key: unknown, value: unknown, timestamp: number): void {
    this.next.process(key, value, timestamp);
  }
}

/** To the first child whose predicate holds; there is one child for each predicate, in their order. */
export class Branch<K, V> extends Operator<K, V> {
  readonly #predicates: readonly Predicate<K, V>[];
  #children: readonly Operator[] = [];

  constructor(predicates: readonly Predicate<K, V>[]) {
    super();
    this.#predicates = predicates;
  }

  override connect(children: readonly Operator[]): void {
    this.#children = children;
  }

  process(key: K, value: V, timestamp: number): void {
    const predicates = this.#predicates;
    for (let index = 0; index < predicates.length; index++) {
      if (!predicates[index]!(value, key)) continue;
      this.#children[index]!.process(key, value, timestamp);
      return;
    }
  }
}
