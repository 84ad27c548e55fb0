import { promisify } from 'node:util';
import { inflate } from 'node:zlib';

/** One event of a window. */
export interface LumberjackEvent {
  /** Version 2: JSON text. Version 1: name and value pairs. Undefined: it was longer than the bound, and is not kept. */
  data: string | Record<string, string> | undefined;
}

/** Events that are acknowledged together. */
export interface LumberjackWindow {
  /** '1' or '2', as the sender's frames have it: acknowledgements carry the same. */
  version: number;
  /** Of the last event. */
  sequence: number;
  events: LumberjackEvent[];
}

export interface FrameBounds {
  /** Of one event; a longer one is skipped. */
  eventBytesMax: number;
  /** Of a window's compressed frame, after inflating. */
  inflatedBytesMax: number;
  /** Events of a window. */
  windowEventsMax: number;
}

const version1 = 0x31;
const version2 = 0x32;
const windowFrame = 0x57; // W
const jsonFrame = 0x4a; // J
const dataFrame = 0x44; // D
const compressedFrame = 0x43; // C
const pairsMax = 1_000;
const inflated = promisify<Buffer, object, Buffer>(inflate as never);

/** What came is no Lumberjack: the connection is of no more use. */
export class LumberjackError extends Error {
  readonly code = 'HW_TELEMETRY_LUMBERJACK';
}

/**
 * Reads frames of the Lumberjack protocol, versions 1 and 2, out of a stream of bytes: bytes in, windows out.
 *
 *     frame := version type
 *     W := count:uint32                          how many events are acknowledged together
 *     J := sequence:uint32 length:uint32 JSON    (2)
 *     D := sequence:uint32 pairs:uint32 { length:uint32 name length:uint32 value }
 *     C := length:uint32 zlib(frames)
 *     A := sequence:uint32                       the answer: all events up to it are kept
 *
 * https://github.com/elastic/logstash-forwarder/blob/master/PROTOCOL.md
 */
export class LumberjackReader {
  readonly #bounds: FrameBounds;
  #pending: Buffer = Buffer.alloc(0);
  /** Bytes of an event that is too long, still to be skipped. */
  #skip = 0;
  #windowCount = 0;
  #events: LumberjackEvent[] = [];
  #version = version2;

  constructor(bounds: FrameBounds) {
    this.#bounds = bounds;
  }

  /** The windows that are complete with this chunk. Throws LumberjackError. */
  async push(chunk: Buffer): Promise<LumberjackWindow[]> {
    const windows: LumberjackWindow[] = [];
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    for (;;) {
      const next = await this.#frame(this.#pending, at, windows, false);
      if (next === undefined) break;
      at = next;
    }
    this.#pending = at === 0 ? this.#pending : this.#pending.subarray(at);
    return windows;
  }

  /** @returns where the next frame begins; undefined when this one is not whole yet */
  async #frame(bytes: Buffer, at: number, windows: LumberjackWindow[], isInner: boolean): Promise<number | undefined> {
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.length - at);
      this.#skip -= skipped;
      return skipped === 0 ? undefined : at + skipped;
    }
    if (bytes.length - at < 6) return undefined;
    const version = bytes[at]!;
    const type = bytes[at + 1]!;
    if (version !== version1 && version !== version2)
      throw new LumberjackError(
        `a frame of version ${JSON.stringify(String.fromCharCode(version))}: 1 and 2 are known`,
      );
    const first = bytes.readUInt32BE(at + 2);
    switch (type) {
      case windowFrame:
        if (first > this.#bounds.windowEventsMax)
          throw new LumberjackError(`a window of ${first} events: at most ${this.#bounds.windowEventsMax} are taken`);
        // What an incomplete window left is not acknowledged, and comes again.
        this.#events = [];
        this.#windowCount = first;
        this.#version = version;
        return at + 6;
      case jsonFrame:
        return this.#json(bytes, at, first, windows);
      case dataFrame:
        return this.#pairs(bytes, at, first, windows);
      case compressedFrame:
        if (isInner) throw new LumberjackError('a compressed frame within a compressed frame');
        return await this.#compressed(bytes, at, first, windows);
      default:
        throw new LumberjackError(`a frame of type ${JSON.stringify(String.fromCharCode(type))} is not known`);
    }
  }

  #json(bytes: Buffer, at: number, sequence: number, windows: LumberjackWindow[]): number | undefined {
    if (bytes.length - at < 10) return undefined;
    const length = bytes.readUInt32BE(at + 6);
    const start = at + 10;
    if (length > this.#bounds.eventBytesMax) {
      this.#skip = length;
      this.#add({ data: undefined }, sequence, windows);
      return start;
    }
    if (bytes.length - start < length) return undefined;
    this.#add({ data: bytes.toString('utf8', start, start + length) }, sequence, windows);
    return start + length;
  }

  #pairs(bytes: Buffer, at: number, sequence: number, windows: LumberjackWindow[]): number | undefined {
    if (bytes.length - at < 10) return undefined;
    const count = bytes.readUInt32BE(at + 6);
    if (count > pairsMax) throw new LumberjackError(`an event of ${count} fields: at most ${pairsMax} are taken`);
    let next = at + 10;
    const texts: string[] = [];
    for (let i = 0; i < count * 2; i++) {
      if (bytes.length - next < 4) return undefined;
      const length = bytes.readUInt32BE(next);
      if (length > this.#bounds.eventBytesMax || next - at > this.#bounds.eventBytesMax)
        throw new LumberjackError(`a field of ${length} bytes: at most ${this.#bounds.eventBytesMax} are taken`);
      if (bytes.length - next - 4 < length) return undefined;
      texts.push(bytes.toString('utf8', next + 4, next + 4 + length));
      next += 4 + length;
    }
    const data: Record<string, string> = Object.create(null);
    for (let i = 0; i < texts.length; i += 2) data[texts[i]!] = texts[i + 1]!;
    this.#add({ data }, sequence, windows);
    return next;
  }

  async #compressed(
    bytes: Buffer,
    at: number,
    length: number,
    windows: LumberjackWindow[],
  ): Promise<number | undefined> {
    if (length > this.#bounds.inflatedBytesMax)
      throw new LumberjackError(
        `a compressed frame of ${length} bytes: at most ${this.#bounds.inflatedBytesMax} are taken`,
      );
    const start = at + 6;
    if (bytes.length - start < length) return undefined;
    let plain: Buffer;
    try {
      plain = await inflated(bytes.subarray(start, start + length), { maxOutputLength: this.#bounds.inflatedBytesMax });
    } catch (error) {
      throw new LumberjackError(`a compressed frame cannot be inflated: ${(error as Error).message}`, { cause: error });
    }
    let inner = 0;
    while (inner < plain.length) {
      const next = await this.#frame(plain, inner, windows, true);
      if (next === undefined) throw new LumberjackError('a compressed frame ends within a frame');
      inner = next;
    }
    return start + length;
  }

  #add(event: LumberjackEvent, sequence: number, windows: LumberjackWindow[]): void {
    this.#events.push(event);
    // Without a window each event is acknowledged.
    if (this.#events.length < Math.max(this.#windowCount, 1)) return;
    windows.push({ version: this.#version, sequence, events: this.#events });
    this.#events = [];
  }
}

/** The acknowledgement of all events up to a sequence number. */
export function acknowledgement(version: number, sequence: number): Buffer {
  const frame = Buffer.alloc(6);
  frame[0] = version;
  frame[1] = 0x41; // A
  frame.writeUInt32BE(sequence, 2);
  return frame;
}
