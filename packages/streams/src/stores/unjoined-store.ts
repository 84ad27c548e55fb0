import type { Serde } from '../serdes/serde.ts';
import { bufferOf } from './bytes.ts';
import { type StateKey, stateKey } from './state-key.ts';
import type { ChangelogSink, StateStore, StoreContext } from './state-store.ts';

/** Records of one key, side and time that were joined with nothing so far. */
export interface Unjoined<K, V> {
  readonly key: K;
  readonly timestamp: number;
  readonly isLeft: boolean;
  /** In the order in which they came; none: joined, or handed on. */
  values: V[];
  isUnlogged: boolean;
  /** The changelog has it. */
  isLogged: boolean;
}

type Rows<K, V> = Unjoined<K, V> | Map<StateKey, Unjoined<K, V>>;

interface Moment<K, V> {
  left: Rows<K, V> | null;
  right: Rows<K, V> | null;
}

export interface UnjoinedSerdes<K, VLeft, VRight> {
  readonly key: Serde<K>;
  readonly left: Serde<VLeft>;
  readonly right: Serde<VRight>;
}

/**
 * Records of a left or outer join of streams that found nothing to be joined with yet, by time. It also knows what both sides of the join
 * share: how far they have come. The changelog is that of Kafka Streams' list store: time, side and key; a list of values with their side.
 */
export class UnjoinedStore<K, VLeft, VRight> implements StateStore {
  readonly name: string;
  readonly #serdes: UnjoinedSerdes<K, VLeft, VRight>;
  readonly #moments = new Map<number, Moment<K, VLeft | VRight>>();
  /** Ascending; of moments that are gone too, until somebody goes through them. */
  #times: number[] = [];
  #unlogged: Unjoined<K, VLeft | VRight>[] = [];
  #topic = '';
  #isLogged = false;
  /** The greatest timestamp of both sides. */
  streamTimeMs = -1;
  /** No record here is older, as far as is known; null: it is not known. */
  oldestMs: number | null = null;
  count = 0;

  constructor(name: string, serdes: UnjoinedSerdes<K, VLeft, VRight>) {
    this.name = name;
    this.#serdes = serdes;
  }

  open({ changelogTopic, isLogged }: StoreContext): void {
    this.#topic = changelogTopic;
    this.#isLogged = isLogged;
  }

  add(isLeft: boolean, key: K, timestamp: number, value: VLeft | VRight): void {
    const row = this.#rowOf(isLeft, key, timestamp);
    row.values.push(value);
    if (this.#isLogged) this.#log(row);
  }

  /** It was joined. */
  remove(isLeft: boolean, key: K, timestamp: number): void {
    const moment = this.#moments.get(timestamp);
    if (moment === undefined) return;
    const rows = isLeft ? moment.left : moment.right;
    if (rows === null) return;
    const id = stateKey(key, this.#serdes.key, this.#topic);
    if (rows instanceof Map) {
      const row = rows.get(id);
      if (row !== undefined) this.#forget(row, id);
    } else if (stateKey(rows.key, this.#serdes.key, this.#topic) === id) this.#forget(rows, id);
  }

  /** It was handed on as it is. */
  take(row: Unjoined<K, VLeft | VRight>): void {
    this.#forget(row, stateKey(row.key, this.#serdes.key, this.#topic));
  }

  /** By time, then the right ones before the left ones, then by the keys' bytes. `take` may be called on the way. */
  *all(): IterableIterator<Unjoined<K, VLeft | VRight>> {
    this.#times = this.#times.filter((time) => this.#moments.has(time));
    for (const time of this.#times) {
      const moment = this.#moments.get(time);
      if (moment === undefined) continue;
      if (moment.right !== null) yield* this.#inOrder(moment.right);
      if (moment.left !== null) yield* this.#inOrder(moment.left);
    }
  }

  drainChanges(sink: ChangelogSink): void {
    const unlogged = this.#unlogged;
    if (unlogged.length === 0) return;
    this.#unlogged = [];
    for (const row of unlogged) {
      row.isUnlogged = false;
      const { isLogged, timestamp, values } = row;
      if (values.length > 0) {
        sink.append(this.#keyBytes(row), this.#listBytes(row), timestamp);
        row.isLogged = true;
      } else if (isLogged) sink.append(this.#keyBytes(row), null, timestamp);
    }
  }

  restore(keyBytes: Buffer, valueBytes: Buffer | null): void {
    const timestamp = Number(keyBytes.readBigInt64BE(0));
    const isLeft = keyBytes[8] === 1;
    const key = this.#serdes.key.decode(keyBytes, 9, keyBytes.length, this.#topic);
    const row = this.#rowOf(isLeft, key, timestamp);
    row.values = [];
    if (valueBytes === null) {
      this.#delete(row, stateKey(key, this.#serdes.key, this.#topic));
      return;
    }
    row.isLogged = true;
    // A byte for the form of the list, how many there are (4), then each with its length (4) and its side (1).
    let at = 5;
    for (let left = valueBytes.readInt32BE(1); left > 0; left--) {
      const end = at + 4 + valueBytes.readInt32BE(at);
      const serde: Serde<VLeft | VRight> = valueBytes[at + 4] === 1 ? this.#serdes.left : this.#serdes.right;
      row.values.push(serde.decode(valueBytes, at + 5, end, this.#topic));
      at = end;
    }
  }

  close(): void {
    this.#moments.clear();
    this.#times = [];
    this.#unlogged = [];
    this.count = 0;
  }

  #rowOf(isLeft: boolean, key: K, timestamp: number): Unjoined<K, VLeft | VRight> {
    let moment = this.#moments.get(timestamp);
    if (moment === undefined) {
      moment = { left: null, right: null };
      this.#moments.set(timestamp, moment);
      insert(this.#times, timestamp);
    }
    const side = isLeft ? 'left' : 'right';
    const rows = moment[side];
    const id = stateKey(key, this.#serdes.key, this.#topic);
    if (rows instanceof Map) {
      const found = rows.get(id);
      if (found !== undefined) return found;
    } else if (rows !== null && stateKey(rows.key, this.#serdes.key, this.#topic) === id) return rows;
    const row = { key, timestamp, isLeft, values: [], isUnlogged: false, isLogged: false };
    this.count++;
    if (rows instanceof Map) rows.set(id, row);
    else if (rows === null) moment[side] = row;
    else {
      moment[side] = new Map([
        [stateKey(rows.key, this.#serdes.key, this.#topic), rows],
        [id, row],
      ]);
    }
    return row;
  }

  #forget(row: Unjoined<K, VLeft | VRight>, id: StateKey): void {
    row.values = [];
    this.#delete(row, id);
    if (this.#isLogged) this.#log(row);
  }

  #delete(row: Unjoined<K, VLeft | VRight>, id: StateKey): void {
    const moment = this.#moments.get(row.timestamp)!;
    const side = row.isLeft ? 'left' : 'right';
    const rows = moment[side];
    if (rows instanceof Map) {
      rows.delete(id);
      if (rows.size === 0) moment[side] = null;
    } else moment[side] = null;
    if (moment.left === null && moment.right === null) this.#moments.delete(row.timestamp);
    this.count--;
  }

  #log(row: Unjoined<K, VLeft | VRight>): void {
    if (row.isUnlogged) return;
    row.isUnlogged = true;
    this.#unlogged.push(row);
  }

  #inOrder(rows: Rows<K, VLeft | VRight>): Unjoined<K, VLeft | VRight>[] {
    if (!(rows instanceof Map)) return [rows];
    const encoded = Array.from(rows.values(), (row) => ({ row, bytes: this.#keyBytes(row) }));
    return encoded.sort((a, b) => a.bytes.compare(b.bytes)).map(({ row }) => row);
  }

  #keyBytes({ isLeft, key, timestamp }: Unjoined<K, VLeft | VRight>): Buffer {
    const head = Buffer.allocUnsafe(9);
    head.writeBigInt64BE(BigInt(timestamp));
    head[8] = isLeft ? 1 : 0;
    return Buffer.concat([head, bufferOf(this.#serdes.key.encode(key, this.#topic))]);
  }

  #listBytes({ isLeft, values }: Unjoined<K, VLeft | VRight>): Buffer {
    const serde = (isLeft ? this.#serdes.left : this.#serdes.right) as Serde<VLeft | VRight>;
    const head = Buffer.allocUnsafe(5);
    head[0] = 1;
    head.writeInt32BE(values.length, 1);
    const parts: Buffer[] = [head];
    for (const value of values) {
      const bytes = bufferOf(serde.encode(value, this.#topic));
      const lead = Buffer.allocUnsafe(5);
      lead.writeInt32BE(bytes.length + 1);
      lead[4] = isLeft ? 1 : 0;
      parts.push(lead, bytes);
    }
    return Buffer.concat(parts);
  }
}

/** Nearly always at the end. */
function insert(times: number[], time: number): void {
  let at = times.length;
  if (at === 0 || times[at - 1]! < time) {
    times.push(time);
    return;
  }
  let low = 0;
  while (low < at) {
    const middle = (low + at) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else at = middle;
  }
  if (times[at] !== time) times.splice(at, 0, time);
}
