import type { Bytes } from '@headwater/protocol';

/**
 * How values of one kind become a record's key or value and come back. Absent keys and values are `null` and never reach a serde.
 *
 * @example
 * const celsius: Serde<number> = {
 *   encode: (value) => value.toFixed(1),
 *   decode: (data, start, end) => Number(data.toString('latin1', start, end)),
 * };
 */
export interface Serde<T> {
  /** Text is written as UTF-8. What is thrown is an error of serialization at the record in work. */
  encode(value: T, topic: string): Bytes;
  /**
   * The same written straight to where it is sent from: from `start` on, not further than `limit`. Gives where it ends, or -1 when there is not
   * room enough or it cannot be done so: then `encode` is asked.
   */
  write?(value: T, target: Buffer, start: number, limit: number, topic: string): number;
  /** Reads what fills data[start, end) exactly; whatever is kept of `data` must be copied. */
  decode(data: Buffer, start: number, end: number, topic: string): T;
  /**
   * Called before records of a batch are decoded, for what has to be fetched first (a schema that is not known yet): a promise to
   * wait for, or undefined when all is there, as it nearly always is.
   */
  prepare?(data: Buffer, start: number, end: number, topic: string): Promise<void> | undefined;
}
