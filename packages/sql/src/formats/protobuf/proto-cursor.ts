import { type Long, longOf } from '../../values/long.ts';
import { FormatFault } from '../format-fault.ts';

/** Groups within each other. */
const depthMax = 100;

/** A place in Protobuf's bytes. What reads a value begins at `at` and leaves it behind the value. Not re-entrant. */
export class ProtoCursor {
  data: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;

  /** An unsigned number of up to 53 bits: tags and sizes. */
  varint(): number {
    const { data, end } = this;
    let { at } = this;
    let value = 0;
    let factor = 1;
    for (let group = 0; group < 7; group++) {
      if (at >= end) throw tooShort();
      const byte = data[at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.at = at;
        return value;
      }
      factor *= 128;
    }
    throw new FormatFault('A number of more than 49 bits where a size is needed');
  }

  /** 64 bits of a variable-length number. */
  bits(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw tooShort();
      const byte = this.data[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new FormatFault('A number of more than 64 bits');
  }

  int64(): Long {
    const { at } = this;
    // Of few bytes it is positive and small.
    const last = Math.min(at + 7, this.end);
    let value = 0;
    let factor = 1;
    for (let index = at; index < last; index++) {
      const byte = this.data[index]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.at = index + 1;
        return value;
      }
      factor *= 128;
    }
    return longOf(this.bits());
  }

  sint64(): Long {
    const raw = this.bits();
    return longOf((raw >> 1n) ^ -(raw & 1n));
  }

  int32(): number {
    const value = this.int64();
    return typeof value === 'number' && value <= 2_147_483_647 && value >= 0
      ? value
      : Number(BigInt.asIntN(32, BigInt(value)));
  }

  sint32(): number {
    const raw = this.int32() >>> 0;
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Passes so many bytes; they begin at what is returned. */
  take(bytes: number): number {
    const start = this.at;
    if (bytes > this.end - start) throw tooShort();
    this.at = start + bytes;
    return start;
  }

  /** Passes a value of a wire type. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case 0:
        this.bits();
        return;
      case 1:
        this.take(8);
        return;
      case 2:
        this.take(this.varint());
        return;
      case 3: {
        if (depth > depthMax) throw new FormatFault(`More than ${depthMax} groups within each other`);
        for (let inner = this.varint(); (inner & 7) !== 4; inner = this.varint()) this.skip(inner, depth + 1);
        return;
      }
      case 5:
        this.take(4);
        return;
      default:
        throw new FormatFault(`No wire type ${tag & 7}`);
    }
  }
}

function tooShort(): FormatFault {
  return new FormatFault('The bytes end too early');
}
