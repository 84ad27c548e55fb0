import { decompress } from '@headwater/protocol';
import { LabelSet } from '../labels/label-set.ts';
import { MetricsError } from '../metrics-error.ts';
import { staleHigh, staleLow } from '../store/chunk-codec.ts';

export interface WrittenSeries {
  labels: LabelSet;
  samples: { timeMs: number; value: number; isStale: boolean }[];
}

/**
 * The body of a remote write 1.0: `WriteRequest { repeated TimeSeries timeseries = 1 }`, `TimeSeries { repeated Label labels = 1; repeated Sample
 * samples = 2 }`, `Label { string name = 1; string value = 2 }`, `Sample { double value = 1; int64 timestamp = 2 }`, in Snappy's block format.
 * @throws HW_METRICS_REMOTE
 */
export function readWriteRequest(body: Buffer, bytesMax: number): WrittenSeries[] {
  try {
    const all: WrittenSeries[] = [];
    const bytes = inflate(body, bytesMax);
    fields(bytes, 0, bytes.length, (field, from, to) => {
      if (field === 1) all.push(readSeries(bytes, from, to));
    });
    return all;
  } catch (cause) {
    if (cause instanceof MetricsError) throw cause;
    throw new MetricsError('HW_METRICS_REMOTE', `the body is no remote write: ${(cause as Error).message}`, cause);
  }
}

function inflate(body: Buffer, bytesMax: number): Buffer {
  const whole = decompress('snappy', body, bytesMax);
  return Buffer.isBuffer(whole) ? whole : Buffer.from(whole);
}

function readSeries(bytes: Buffer, start: number, end: number): WrittenSeries {
  const pairs: [string, string][] = [];
  const samples: WrittenSeries['samples'] = [];
  fields(bytes, start, end, (field, from, to) => {
    if (field === 1) {
      let name = '';
      let value = '';
      fields(bytes, from, to, (part, at, stop) => {
        if (part === 1) name = bytes.toString('utf8', at, stop);
        else if (part === 2) value = bytes.toString('utf8', at, stop);
      });
      pairs.push([name, value]);
    } else if (field === 2) {
      const sample = { timeMs: 0, value: 0, isStale: false };
      fields(bytes, from, to, (part, at) => {
        if (part === 1) {
          sample.value = bytes.readDoubleLE(at);
          sample.isStale = bytes.readUInt32LE(at) === staleLow && bytes.readUInt32LE(at + 4) === staleHigh;
        } else if (part === 2) sample.timeMs = Number(BigInt.asIntN(64, bigVarint(bytes, at)));
      });
      samples.push(sample);
    }
  });
  return { labels: LabelSet.fromPairs(pairs), samples };
}

/** Calls back for each field with where its content is: of a message or text without its length, of a number its first byte. */
function fields(
  bytes: Buffer,
  start: number,
  end: number,
  on: (field: number, from: number, to: number) => void,
): void {
  let at = start;
  while (at < end) {
    const [tag, content] = varint(bytes, at, end);
    const field = Math.floor(tag / 8);
    let to: number;
    let from = content;
    switch (tag % 8) {
      case 0:
        to = varint(bytes, content, end)[1];
        break;
      case 1:
        to = content + 8;
        break;
      case 2: {
        const [length, first] = varint(bytes, content, end);
        from = first;
        to = first + length;
        break;
      }
      case 5:
        to = content + 4;
        break;
      default:
        throw new RangeError(`wire type ${tag % 8} is not known`);
    }
    if (to > end) throw new RangeError('the message is cut off');
    on(field, from, to);
    at = to;
  }
}

/** @returns the number, and where the next byte is */
function varint(bytes: Buffer, start: number, end: number): [number, number] {
  let value = 0;
  let scale = 1;
  for (let at = start; at < end && at < start + 10; at++) {
    const byte = bytes[at]!;
    value += (byte & 127) * scale;
    if (byte < 128) return [value, at + 1];
    scale *= 128;
  }
  throw new RangeError('a number is cut off');
}

function bigVarint(bytes: Buffer, start: number): bigint {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i]!;
    value |= BigInt(byte & 127) << BigInt(i * 7);
    if (byte < 128) break;
  }
  return value;
}
