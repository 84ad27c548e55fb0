import type { HeldHeaders } from '../processor/held-headers.ts';

const firstCapacity = 16;

/**
 * The rows of all windows with one start, in columns: a slot for each key's id, found by open addressing. Numbers stay numbers, and a whole window
 * goes at once.
 */
export class WindowSegment<V> {
  readonly startMs: number;
  count = 0;
  readonly values: (V | null)[] = [];
  timestamps = new Float64Array(firstCapacity);
  /** Of a slot: what is still to be told of it. */
  marks = new Uint8Array(firstCapacity);
  unlogged: number[] = [];
  unsent: number[] = [];
  /** What downstream knows of the slots in `unsent`, in the same order. */
  sentValues: (V | null)[] = [];
  /** Of the slots in `unsent`; null while their records had none. */
  held: HeldHeaders<number> | null = null;
  #ids = new Int32Array(firstCapacity);
  /** Slots plus one, by the hash of the id; twice as many as slots. */
  #table = new Int32Array(2 * firstCapacity);
  #shift = 32 - Math.log2(2 * firstCapacity);
  #lastId = -1;
  #lastSlot = -1;

  constructor(startMs: number) {
    this.startMs = startMs;
  }

  idOf(slot: number): number {
    return this.#ids[slot]!;
  }

  /** -1: there is none. */
  slotOf(id: number): number {
    if (id === this.#lastId) return this.#lastSlot;
    const slot = this.#table[this.#placeOf(id)]! - 1;
    if (slot !== -1) {
      this.#lastId = id;
      this.#lastSlot = slot;
    }
    return slot;
  }

  /** For an id that has none. */
  addSlot(id: number, timestamp: number): number {
    if (this.count === this.#ids.length) this.#grow();
    const slot = this.count++;
    this.#ids[slot] = id;
    this.#table[this.#placeOf(id)] = slot + 1;
    this.values.push(null);
    this.timestamps[slot] = timestamp;
    this.#lastId = id;
    this.#lastSlot = slot;
    return slot;
  }

  /** Where the id is in the table, or where it would be put. */
  #placeOf(id: number): number {
    const table = this.#table;
    const ids = this.#ids;
    const mask = table.length - 1;
    let place = Math.imul(id, 0x9e37_79b1) >>> this.#shift;
    for (let slot = table[place]!; slot !== 0 && ids[slot - 1] !== id; slot = table[place]!) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const capacity = 2 * this.#ids.length;
    const [ids, timestamps, marks] = [new Int32Array(capacity), new Float64Array(capacity), new Uint8Array(capacity)];
    ids.set(this.#ids);
    timestamps.set(this.timestamps);
    marks.set(this.marks);
    this.#ids = ids;
    this.timestamps = timestamps;
    this.marks = marks;
    this.#table = new Int32Array(2 * capacity);
    this.#shift--;
    for (let slot = 0; slot < this.count; slot++) this.#table[this.#placeOf(ids[slot]!)] = slot + 1;
  }
}
