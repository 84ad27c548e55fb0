import type { FieldType, MessageType } from '../src/protobuf/message-type.ts';

/** Values of messages, by a seed. */
export class RandomValues {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to n - 1. */
  next(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  message(type: MessageType, depth: number): Record<string, unknown> {
    if (type.fullName === 'google.protobuf.Timestamp')
      return { seconds: BigInt(this.next(2 ** 31)) - 2n ** 30n, nanos: this.#nanos() };
    if (type.fullName === 'google.protobuf.Duration') {
      const sign = this.next(2) === 0 ? 1 : -1;
      return { seconds: BigInt(this.next(2 ** 31) * sign), nanos: this.#nanos() * sign };
    }
    if (type.fullName === 'google.protobuf.FieldMask')
      return { paths: Array.from({ length: this.next(3) }, () => ['a', 'b_c', 'd.e_f'][this.next(3)]!) };
    const value: Record<string, unknown> = {};
    const chosen = new Map<string, string>();
    const isOneOf = type.fullName === 'google.protobuf.Value';
    for (const field of type.fields) {
      if (field.oneof !== undefined) {
        const members = type.fields.filter(
          ({ oneof, message }) => oneof === field.oneof && (depth > 0 || message === undefined),
        );
        if (!chosen.has(field.oneof)) chosen.set(field.oneof, members[this.next(members.length)]!.property);
        if (chosen.get(field.oneof) !== field.property || (!isOneOf && this.next(2) === 0)) continue;
      } else if (!field.isRequired && this.next(3) > 0) continue;
      if (field.message !== undefined && depth <= 0 && !field.isRequired) continue;
      if (field.mapKey !== undefined) {
        value[field.property] = Object.fromEntries(
          Array.from({ length: this.next(3) }, () => [
            String(this.#one({ ...field, type: field.mapKey!, message: undefined }, depth)),
            this.#one(field, depth),
          ]),
        );
      } else if (field.isRepeated)
        value[field.property] = Array.from({ length: this.next(4) }, () => this.#one(field, depth));
      else value[field.property] = this.#one(field, depth);
    }
    return value;
  }

  /** A byte is another one, is missing or is there twice. */
  changed(bytes: Buffer): Buffer {
    const at = this.next(bytes.length + 1);
    switch (this.next(4)) {
      case 0:
        return bytes.subarray(0, at);
      case 1:
        return Buffer.concat([bytes.subarray(0, at), Buffer.from([this.next(256)]), bytes.subarray(at)]);
      case 2:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
      default: {
        const copy = Buffer.from(bytes);
        if (at < copy.length) copy[at] = this.next(256);
        return copy;
      }
    }
  }

  #nanos(): number {
    return [0, 1, 5_000, 120_000_000, 999_999_999][this.next(5)]!;
  }

  #one(field: FieldType, depth: number): unknown {
    switch (field.type) {
      case 'message':
      case 'group':
        return this.message(field.message!, depth - 1);
      case 'enum': {
        const names = [...field.enum!.names.values()];
        return names[this.next(names.length)];
      }
      case 'string':
        return ['', 'a', 'grün', '日本', '😀', '__proto__', 'x'.repeat(this.next(200))][this.next(7)];
      case 'bytes':
        return new Uint8Array(Array.from({ length: this.next(20) }, () => this.next(256)));
      case 'bool':
        return this.next(2) === 1;
      case 'float':
        return Math.fround([0, 0.1, -1.5, 3.4e38, 1e-45, 16777217, this.next(1000) / 7][this.next(7)]!);
      case 'double':
        return [0, 0.1, -1.5, 1.7976931348623157e308, 5e-324, 1e21, this.next(1000) / 7][this.next(7)];
      default:
        return this.#integer(field.type);
    }
  }

  #integer(type: string): number | bigint {
    const isUnsigned = /^u|^fixed/.test(type);
    const bits = type.endsWith('64') ? 64n : 32n;
    const wide = (BigInt(this.next(2 ** 32)) << 32n) | BigInt(this.next(2 ** 32));
    const shifted = wide >> BigInt(this.next(64));
    const value = isUnsigned
      ? BigInt.asUintN(Number(bits), shifted)
      : BigInt.asIntN(Number(bits), this.next(2) === 0 ? shifted : -shifted);
    return bits === 64n ? value : Number(value);
  }
}
