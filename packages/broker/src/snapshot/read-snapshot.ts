import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { crc32c } from '@headwater/protocol';
import { BrokerError } from '../broker-error.ts';
import { decodeLine, type Files } from '../storage/index.ts';
import { damaged, readTarHeader, type TarSource, tarPadding } from './tar.ts';
import { checksumsName, headerName, snapshotFormat, snapshotVersion } from './write-snapshot.ts';

/** Path of a file, its bytes, or a stream of them; gzipped or not. */
export type SnapshotSource = string | Uint8Array | AsyncIterable<Uint8Array>;

const journalName = 'metadata.journal';
/** A path of the store: `name`, or `orders-0/name`. */
const allowedPath = /^(?:[a-zA-Z0-9._-]{1,260}\/)?[a-zA-Z0-9._-]{1,260}$/;
const chunkBytes = 256 * 1024;
const checksumsBytesMax = 256 * 1024 * 1024;

/**
 * Writes a snapshot into a data directory that holds no broker yet. Nothing of it stays when it cannot be read whole.
 *
 * @throws BrokerError HW_BROKER_SNAPSHOT
 */
export async function restoreSnapshot(files: Files, dir: string, source: SnapshotSource): Promise<void> {
  files.makeDirectory(dir);
  if (files.exists(`${dir}/${journalName}`)) {
    const message = `The data directory ${dir} holds a broker already. Restore into another one, or remove what is there.`;
    throw new BrokerError('HW_BROKER_SNAPSHOT', message);
  }
  const lock = files.lock(dir);
  const restoring = new Restoring(files, dir);
  try {
    await restoring.run(new ChunkSource(await unzipped(chunksOf(source))));
  } catch (error) {
    await restoring.undo();
    throw error instanceof BrokerError ? error : unreadable(source, error as Error);
  } finally {
    lock.release();
  }
}

class Restoring {
  readonly #files: Files;
  readonly #dir: string;
  readonly #directories = new Set<string>();
  readonly #written = new Map<string, { sizeBytes: number; crc: number }>();

  constructor(files: Files, dir: string) {
    this.#files = files;
    this.#dir = dir;
  }

  async run(source: TarSource): Promise<void> {
    let isFirst = true;
    for (let entry = await readTarHeader(source); entry !== null; entry = await readTarHeader(source)) {
      const { path, sizeBytes } = entry;
      if (isFirst) await this.#checkHeader(path, sizeBytes, source);
      else if (path === checksumsName) return this.#checkAll(await whole(source, sizeBytes, checksumsBytesMax));
      else await this.#file(path, sizeBytes, source);
      isFirst = false;
      await source.take(tarPadding(sizeBytes).length);
    }
    throw damaged('it has no checksums at its end');
  }

  async undo(): Promise<void> {
    for (const path of this.#written.keys()) if (!path.includes('/')) this.#files.remove(`${this.#dir}/${path}`);
    for (const directory of this.#directories) await this.#files.removeTree(`${this.#dir}/${directory}`);
  }

  async #checkHeader(path: string, sizeBytes: number, source: TarSource): Promise<void> {
    if (path !== headerName) throw damaged('it is a tar file, but not a snapshot of a broker');
    const content = await whole(source, sizeBytes, 4096);
    const [format, version] = decodeLine(content.toString().trimEnd()) ?? [];
    if (format !== snapshotFormat) throw damaged('its first line makes no sense');
    if (version !== snapshotVersion) {
      const message = `The snapshot is of version ${version}, this broker reads ${snapshotVersion}. Take it again, or use the version that took it.`;
      throw new BrokerError('HW_BROKER_SNAPSHOT', message);
    }
    this.#written.set(path, { sizeBytes, crc: crc32c(content) });
  }

  async #file(path: string, sizeBytes: number, source: TarSource): Promise<void> {
    if (!allowedPath.test(path) || path.split('/').some((name) => name === '.' || name === '..')) {
      throw damaged(`it has a file ${JSON.stringify(path)}, which no broker writes`);
    }
    if (this.#written.has(path)) throw damaged(`it has ${path} twice`);
    const slash = path.indexOf('/');
    if (slash > 0 && !this.#directories.has(path.slice(0, slash))) {
      this.#directories.add(path.slice(0, slash));
      this.#files.makeDirectory(`${this.#dir}/${path.slice(0, slash)}`);
    }
    this.#written.set(path, { sizeBytes: -1, crc: 0 });
    const file = this.#files.open(`${this.#dir}/${path}`, 'create');
    try {
      let crc = 0;
      for (let position = 0; position < sizeBytes; ) {
        const chunk = await source.take(Math.min(chunkBytes, sizeBytes - position));
        if (chunk.length === 0) throw damaged(`it ends in the middle of ${path}`);
        file.writeSync(chunk, position);
        crc = crc32c(chunk, 0, chunk.length, crc);
        position += chunk.length;
      }
      await file.sync();
      this.#written.set(path, { sizeBytes, crc });
    } finally {
      file.close();
    }
  }

  async #checkAll(checksums: Buffer): Promise<void> {
    const lines = checksums.toString().trimEnd().split('\n').map(decodeLine);
    const end = lines.pop();
    if (end?.[0] !== 'end' || end[1] !== lines.length) throw damaged('its checksums are not whole');
    for (const line of lines) {
      if (line?.[0] === 'gone') await this.#files.removeTree(`${this.#dir}/${String(line[1])}`);
      if (line?.[0] !== 'file') continue;
      const [, path, sizeBytes, crc] = line as [string, string, number, number];
      const written = this.#written.get(path);
      if (written?.sizeBytes !== sizeBytes || written.crc !== crc) throw damaged(`${path} is not what was written`);
      this.#written.delete(path);
    }
    if (this.#written.size > 0) throw damaged('it has files without checksums');
    for (const directory of this.#directories) {
      if (this.#files.exists(`${this.#dir}/${directory}`)) this.#files.syncDirectory(`${this.#dir}/${directory}`);
    }
    this.#files.syncDirectory(this.#dir);
  }
}

async function whole(source: TarSource, sizeBytes: number, maxBytes: number): Promise<Buffer> {
  if (!(sizeBytes <= maxBytes)) throw damaged(`a file of ${sizeBytes} bytes is larger than it can be`);
  const content = await source.take(sizeBytes);
  if (content.length < sizeBytes) throw damaged('it ends too early');
  return content;
}

/** Pieces of the size that is asked for, of pieces of any size. */
class ChunkSource implements TarSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  async take(sizeBytes: number): Promise<Buffer> {
    const parts = [this.#rest];
    for (let have = this.#rest.length; have < sizeBytes; ) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      parts.push(asBuffer(value));
      have += value.length;
    }
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    this.#rest = all.subarray(sizeBytes);
    return all.subarray(0, sizeBytes);
  }
}

async function* chunksOf(source: SnapshotSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield source;
  else yield* typeof source === 'string' ? createReadStream(source, { highWaterMark: chunkBytes }) : source;
}

async function unzipped(chunks: AsyncGenerator<Uint8Array>): Promise<AsyncIterator<Uint8Array>> {
  const first = await chunks.next();
  if (first.done) throw damaged('it is empty');
  const all = async function* () {
    yield first.value;
    yield* chunks;
  };
  const isGzip = first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!isGzip) return all();
  const gunzip = createGunzip();
  const zipped = Readable.from(all());
  zipped.on('error', (error) => gunzip.destroy(error));
  return zipped.pipe(gunzip)[Symbol.asyncIterator]();
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unreadable(source: SnapshotSource, cause: Error): BrokerError {
  const what = typeof source === 'string' ? `The snapshot ${source}` : 'The snapshot';
  return new BrokerError('HW_BROKER_SNAPSHOT', `${what} could not be restored: ${cause.message}`, { cause });
}
