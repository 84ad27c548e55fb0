import { crc32c } from '@headwater/protocol';
import { BrokerError } from '../broker-error.ts';
import { type CapturedFile, directoryOf, encodeLine, type LogStore, type StoreCapture } from '../storage/index.ts';
import { tarEnd, tarHeader, tarPadding } from './tar.ts';

export const snapshotFormat = 'headwater-snapshot';
export const snapshotVersion = 1;
/** First file of a snapshot. */
export const headerName = 'headwater-snapshot';
/** Last file of a snapshot: what must be in the others. */
export const checksumsName = 'headwater-checksums';

const chunkBytes = 256 * 1024;

/**
 * A data directory as a tar file, as it is at the moment of the call: what is written meanwhile is not in it. Memory: one chunk, and
 * some 100 bytes a file.
 *
 * @throws BrokerError HW_BROKER_SNAPSHOT when a partition cannot be read
 */
export async function* snapshotChunks(store: LogStore, clusterId: string, atMs: number): AsyncGenerator<Buffer> {
  const capture = await captured(store);
  try {
    yield* new SnapshotWriter(capture, atMs).chunks(clusterId);
  } finally {
    capture.release();
  }
}

async function captured(store: LogStore): Promise<StoreCapture> {
  try {
    return await store.capture();
  } catch (cause) {
    throw new BrokerError('HW_BROKER_SNAPSHOT', `No snapshot: ${(cause as Error).message}`, { cause });
  }
}

class SnapshotWriter {
  readonly #capture: StoreCapture;
  readonly #atMs: number;
  readonly #lines: string[] = [];
  /** Directories of topics that were deleted while they were being read. */
  readonly #gone = new Set<string>();

  constructor(capture: StoreCapture, atMs: number) {
    this.#capture = capture;
    this.#atMs = atMs;
  }

  async *chunks(clusterId: string): AsyncGenerator<Buffer> {
    const header = Buffer.from(encodeLine([snapshotFormat, snapshotVersion, this.#atMs, clusterId]));
    yield* this.#content({ path: headerName, sizeBytes: header.length, content: header });
    for (const file of this.#capture.partitions) {
      if (file.content === null) yield* this.#file(file);
      else if (!this.#gone.has(directoryOf(file.path))) yield* this.#content(file);
    }
    for (const file of this.#capture.rest(this.#gone)) yield* this.#content(file);
    for (const directory of this.#gone) this.#lines.push(encodeLine(['gone', directory]));
    this.#lines.push(encodeLine(['end', this.#lines.length]));
    const checksums = Buffer.from(this.#lines.join(''));
    yield tarHeader({ path: checksumsName, sizeBytes: checksums.length }, this.#atMs);
    yield checksums;
    yield tarPadding(checksums.length);
    yield tarEnd();
  }

  *#content({ path, sizeBytes, content }: CapturedFile): Generator<Buffer> {
    yield tarHeader({ path, sizeBytes }, this.#atMs);
    yield content!;
    yield tarPadding(sizeBytes);
    this.#note(path, sizeBytes, crc32c(content!));
  }

  async *#file(captured: CapturedFile): AsyncGenerator<Buffer> {
    const { path, sizeBytes } = captured;
    const file = this.#open(captured);
    if (file === null) {
      this.#gone.add(directoryOf(path));
      return;
    }
    try {
      yield tarHeader({ path, sizeBytes }, this.#atMs);
      let crc = 0;
      for (let position = 0; position < sizeBytes; ) {
        const chunk = Buffer.allocUnsafeSlow(Math.min(chunkBytes, sizeBytes - position));
        const found = await file.read(chunk, position);
        if (found < chunk.length)
          throw new BrokerError('HW_BROKER_SNAPSHOT', `No snapshot: ${path} is shorter than the log says.`);
        crc = crc32c(chunk, 0, chunk.length, crc);
        position += chunk.length;
        yield chunk;
      }
      yield tarPadding(sizeBytes);
      this.#note(path, sizeBytes, crc);
    } finally {
      file.close();
    }
  }

  /** An open file stays readable whatever happens to its name. */
  #open(captured: CapturedFile) {
    const { dir, files } = this.#capture;
    if (this.#gone.has(directoryOf(captured.path)) || this.#capture.isGone(captured)) return null;
    return files.open(`${dir}/${captured.path}`, 'read');
  }

  #note(path: string, sizeBytes: number, crc: number): void {
    this.#lines.push(encodeLine(['file', path, sizeBytes, crc]));
  }
}
