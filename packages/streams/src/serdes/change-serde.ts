import { Change } from '../processor/change.ts';
import { bufferOf } from '../stores/bytes.ts';
import { StreamsError } from '../streams-error.ts';
import type { Serde } from './serde.ts';

/*
 * Kafka Streams' ChangedSerializer (KIP-904); the last byte says what is before it:
 *   0  oldValue
 *   1  newValue
 *   2  newLength (zigzag varint) newValue oldValue
 *   3, 4, 5  as 0, 1, 2, and a byte that says whether it is the latest (versioned tables; read, never written)
 */
const latestFlag = 3;

/** The values before and after an update in one, as they go through the repartition topic of a table that is grouped. */
export function changeSerde<V>(inner: Serde<V>): Serde<Change<V>> {
  const decodePart = (data: Buffer, part: Part | null, topic: string) =>
    part === null ? null : inner.decode(data, part.start, part.end, topic);
  const prepare = inner.prepare?.bind(inner);
  return {
    encode({ newValue, oldValue }, topic) {
      // Copied: what a serde hands out may be used again for the next value.
      const newBytes = newValue === null ? null : Buffer.from(bufferOf(inner.encode(newValue, topic)));
      const oldBytes = oldValue === null ? null : bufferOf(inner.encode(oldValue, topic));
      if (newBytes === null) return Buffer.concat([oldBytes!, Buffer.of(0)]);
      if (oldBytes === null) return Buffer.concat([newBytes, Buffer.of(1)]);
      return Buffer.concat([zigzagVarint(newBytes.length), newBytes, oldBytes, Buffer.of(2)]);
    },
    decode(data, start, end, topic) {
      const { newPart, oldPart } = partsOf(data, start, end);
      return new Change(decodePart(data, newPart, topic), decodePart(data, oldPart, topic));
    },
    ...(prepare && {
      prepare(data: Buffer, start: number, end: number, topic: string) {
        const { newPart, oldPart } = partsOf(data, start, end);
        const waits = [newPart, oldPart].map((part) =>
          part === null ? undefined : prepare(data, part.start, part.end, topic),
        );
        return waits.every((wait) => wait === undefined) ? undefined : Promise.all(waits).then(() => {});
      },
    }),
  };
}

interface Part {
  readonly start: number;
  readonly end: number;
}

function partsOf(data: Buffer, start: number, end: number): { newPart: Part | null; oldPart: Part | null } {
  const flag = end > start ? data[end - 1]! : -1;
  const last = flag >= latestFlag ? end - 2 : end - 1;
  switch (flag % latestFlag) {
    case 0:
      return { newPart: null, oldPart: { start, end: last } };
    case 1:
      return { newPart: { start, end: last }, oldPart: null };
    case 2: {
      if (flag > 5) break;
      const { at, value } = readZigzagVarint(data, start, last);
      const middle = at + value;
      if (value < 0 || middle > last) break;
      return { newPart: { start: at, end: middle }, oldPart: { start: middle, end: last } };
    }
  }
  throw new StreamsError('HW_STREAMS_DESERIALIZATION', `a change of a table ends in ${flag}, which says nothing`);
}

function zigzagVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function readZigzagVarint(data: Buffer, start: number, end: number): { value: number; at: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < end && scale < 2 ** 35; at++) {
    const byte = data[at]!;
    value += (byte & 127) * scale;
    if (byte < 128) return { value: value % 2 === 0 ? value / 2 : -1, at: at + 1 };
    scale *= 128;
  }
  return { value: -1, at: end };
}
