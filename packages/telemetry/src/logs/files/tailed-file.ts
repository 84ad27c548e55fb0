import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { LineSplitter, type SplitLine } from '../decode/line-splitter.ts';
import type { LogIntake } from '../log-intake.ts';
import type { LogSource } from '../log-record.ts';
import { type FileEvent, FileEvents, type FileEventsOptions } from './file-events.ts';
import type { FilePlace } from './file-places.ts';

const chunkBytes = 256 * 1024;
const fingerprintBytesMax = 256;
/** Chunks of one turn: others are to be read too. */
const chunksOfTurn = 16;
/** An event of several lines is over when nothing more came for so long. */
const quietMs = 1_000;

export interface TailedFileOptions extends Omit<FileEventsOptions, 'offset'> {
  intake: LogIntake;
}

/** One file that is read as it grows. A place moves when what is before it is on the log. */
export class TailedFile {
  readonly place: FilePlace;
  /** Nobody calls it by its name any more, since then; it is read to its end. */
  goneMs: number | undefined;
  /** Something may still be read of it. */
  isAtEnd = false;
  readonly #options: TailedFileOptions;
  readonly #handle: FileHandle;
  readonly #buffer = Buffer.allocUnsafeSlow(chunkBytes);
  #readOffset: number;
  #splitter: LineSplitter;
  #events: FileEvents;
  #grewMs = 0;

  private constructor(options: TailedFileOptions, handle: FileHandle, place: FilePlace) {
    this.#options = options;
    this.#handle = handle;
    this.place = place;
    this.#readOffset = place.offset;
    this.#splitter = new LineSplitter(options.intake.lineBytesMax, { keepsEmpty: true, offset: place.offset });
    this.#events = new FileEvents({ ...options, offset: place.offset });
  }

  /** Goes on where `known` says, if that is this file's; else begins at its start. */
  static async open(options: TailedFileOptions, id: string, known: FilePlace | undefined): Promise<TailedFile> {
    const handle = await open(options.path, 'r');
    try {
      const fingerprint = await fingerprintOf(handle, 0);
      const place = { id, path: options.path, offset: 0, fingerprint, fingerprintBytes: 0, seenMs: Date.now() };
      if (known !== undefined) {
        const { size } = await handle.stat();
        const isSame =
          size >= known.offset && (await fingerprintOf(handle, known.fingerprintBytes)) === known.fingerprint;
        if (isSame) Object.assign(place, known, { path: options.path, seenMs: Date.now() });
      }
      return new TailedFile(options, handle, place);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Reads what is new and has it written. @returns whether the place has moved */
  async read(signal: AbortSignal): Promise<boolean> {
    const before = this.place.offset;
    const { size } = await this.#handle.stat();
    const isAnother = size < this.#readOffset || (size > this.#readOffset && !(await this.#isSame()));
    if (isAnother) await this.#beginAnew(signal);
    this.isAtEnd = false;
    for (let i = 0; i < chunksOfTurn && !signal.aborted; i++) {
      const { bytesRead } = await this.#handle.read(this.#buffer, 0, chunkBytes, this.#readOffset);
      if (bytesRead === 0) {
        this.isAtEnd = true;
        break;
      }
      this.#grewMs = Date.now();
      this.#readOffset += bytesRead;
      await this.#take(this.#splitter.push(this.#buffer.subarray(0, bytesRead)), signal);
    }
    if (this.isAtEnd && Date.now() - this.#grewMs > quietMs) await this.#write(this.#events.flush(Date.now()), signal);
    return this.place.offset !== before || isAnother;
  }

  /** The last line, which nothing will end any more. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#take(this.#splitter.end(), signal);
    await this.#write(this.#events.flush(Date.now()), signal);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #isSame(): Promise<boolean> {
    const { place } = this;
    const isSame = (await fingerprintOf(this.#handle, place.fingerprintBytes)) === place.fingerprint;
    // It gets surer while the file is short.
    if (isSame && place.fingerprintBytes < fingerprintBytesMax) await this.#fingerprint();
    return isSame;
  }

  async #fingerprint(): Promise<void> {
    const { size } = await this.#handle.stat();
    this.place.fingerprintBytes = Math.min(size, fingerprintBytesMax);
    this.place.fingerprint = await fingerprintOf(this.#handle, this.place.fingerprintBytes);
  }

  /** It was cut to nothing after somebody had copied it. */
  async #beginAnew(signal: AbortSignal): Promise<void> {
    await this.finish(signal);
    this.#readOffset = 0;
    this.place.offset = 0;
    this.#splitter = new LineSplitter(this.#options.intake.lineBytesMax, { keepsEmpty: true });
    this.#events = new FileEvents({ ...this.#options, offset: 0 });
    await this.#fingerprint();
  }

  async #take(lines: readonly SplitLine[], signal: AbortSignal): Promise<void> {
    const receivedMs = Date.now();
    const events: FileEvent[] = [];
    for (const line of lines) events.push(...this.#events.push(line, receivedMs));
    await this.#write(events, signal);
  }

  async #write(events: readonly FileEvent[], signal: AbortSignal): Promise<void> {
    const { intake } = this.#options;
    const bySource = new Map<LogSource, FileEvent['decoded']['record'][]>();
    for (const { decoded, isCut, origin } of events) {
      const { record } = intake.count(decoded, origin, isCut);
      const records = bySource.get(origin.source);
      if (records === undefined) bySource.set(origin.source, [record]);
      else records.push(record);
    }
    for (const [source, records] of bySource) {
      await intake.writer.room();
      // The place stays where it is when this rejects: it is read again.
      await intake.writer.write(intake.writer.batch(source, records), signal);
    }
    this.place.offset = this.#events.safeOffset;
    this.place.seenMs = Date.now();
  }
}

async function fingerprintOf(handle: FileHandle, length: number): Promise<string> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, 0);
  return createHash('sha256').update(bytes.subarray(0, bytesRead)).digest('base64').slice(0, 22);
}
