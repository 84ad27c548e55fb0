import { type Long, longOf } from '../../values/long.ts';
import { FormatFault } from '../format-fault.ts';

/** Items without bytes, such as nulls, that a block may have. */
const emptyItemsMax = 100_000;

/** A place in Avro's bytes. What reads a value begins at `at` and leaves it behind the value. Not re-entrant. */
export class AvroCursor {
  data: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;

  byte(): number {
    if (this.at >= this.end) throw tooShort();
    return this.data[this.at++]!;
  }

  int(): number {
    const value = this.long();
    if (typeof value !== 'number' || value < -2_147_483_648 || value > 2_147_483_647) {
      throw new FormatFault('An int of more than 32 bits');
    }
    return value;
  }

  long(): Long {
    const { data, end } = this;
    let { at } = this;
    let raw = 0;
    let factor = 1;
    // Seven groups of seven bits are 49: exact as a number.
    for (let group = 0; group < 7; group++) {
      if (at >= end) throw tooShort();
      const byte = data[at++]!;
      raw += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.at = at;
        return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      }
      factor *= 128;
    }
    return this.#largeLong();
  }

  #largeLong(): Long {
    let raw = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      raw |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return longOf((raw >> 1n) ^ -(raw & 1n));
    }
    throw new FormatFault('A long of more than 64 bits');
  }

  /** A size, or a place in a list. */
  size(): number {
    const value = this.long();
    if (typeof value !== 'number' || value < 0) throw new FormatFault(`${value} where a size is needed`);
    return value;
  }

  /** Passes so many bytes; they begin at what is returned. */
  take(bytes: number): number {
    const start = this.at;
    if (bytes > this.end - start) throw tooShort();
    this.at = start + bytes;
    return start;
  }

  /** How many items the next block of an array or map has; 0 at its end. */
  block(): number {
    const count = this.long();
    if (typeof count !== 'number') throw new FormatFault('A block of too many items');
    if (count < 0) this.size();
    if (Math.abs(count) > this.end - this.at + emptyItemsMax) throw tooShort();
    return Math.abs(count);
  }
}

function tooShort(): FormatFault {
  return new FormatFault('The bytes end too early');
}
