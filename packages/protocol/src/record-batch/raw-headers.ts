import { readVarint, type VarintCursor } from '../varint.ts';
import type { RecordHeader } from './records.ts';

/**
 * The headers of a record as they stand in a batch, so that they can go into another record without being read.
 *
 * @example
 * builder.append({ key, value, headers: cursor.rawHeaders() });
 */
export class RawHeaders {
  /** How many there are. */
  readonly count: number;
  readonly data: Buffer;
  /** Where they are in `data`: from behind their count to the end of the record. */
  readonly start: number;
  readonly end: number;

  constructor(data: Buffer, start: number, end: number, count: number) {
    this.data = data;
    this.start = start;
    this.end = end;
    this.count = count;
  }

  get sizeBytes(): number {
    return this.end - this.start;
  }

  /** The same in memory of its own: what is kept does not keep its batch. */
  copy(): RawHeaders {
    const size = this.sizeBytes;
    const own = Buffer.allocUnsafe(size);
    this.data.copy(own, 0, this.start, this.end);
    return new RawHeaders(own, 0, size, this.count);
  }

  /** Values are views of `data`. */
  decode(): RecordHeader[] {
    const { data, end } = this;
    const at: VarintCursor = { pos: this.start };
    const headers: RecordHeader[] = [];
    for (let n = this.count; n > 0; n--) {
      const keyLength = readVarint(data, at, end);
      const key = data.toString('utf8', at.pos, at.pos + keyLength);
      at.pos += keyLength;
      const valueLength = readVarint(data, at, end);
      headers.push({ key, value: valueLength < 0 ? null : data.subarray(at.pos, at.pos + valueLength) });
      if (valueLength > 0) at.pos += valueLength;
    }
    return headers;
  }
}
