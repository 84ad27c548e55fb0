import type { Files, OpenFile, OpenMode } from '../../src/storage/index.ts';
import { nodeFiles } from '../../src/storage/index.ts';

/** From this many bytes on a write is kept as its beginning and its end with a hole between them. */
const holeBytesMin = 64 * 1024;
const keptBytes = 4 * 1024;

/**
 * The file system, in which large writes of zeros are holes: records of zeros make a log of any size, real in every byte that is read,
 * that takes a few percent of its size on the disk.
 */
export function sparseFiles(): Files {
  const inner = nodeFiles();
  return new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'open') return value.bind(target);
      return (path: string, mode: OpenMode) =>
        path.endsWith('.log') ? new SparseFile(target.open(path, mode)) : target.open(path, mode);
    },
  });
}

class SparseFile implements OpenFile {
  readonly #file: OpenFile;

  constructor(file: OpenFile) {
    this.#file = file;
  }

  writeSync(bytes: Buffer, position: number): void {
    if (bytes.length < holeBytesMin) {
      this.#file.writeSync(bytes, position);
      return;
    }
    const end = position + bytes.length;
    this.#file.writeSync(bytes.subarray(0, keptBytes), position);
    this.#file.writeSync(bytes.subarray(bytes.length - keptBytes), end - keptBytes);
  }

  readSync(target: Buffer, position: number): number {
    return this.#file.readSync(target, position);
  }

  read(target: Buffer, position: number): Promise<number> {
    return this.#file.read(target, position);
  }

  truncate(sizeBytes: number): void {
    this.#file.truncate(sizeBytes);
  }

  sizeBytes(): number {
    return this.#file.sizeBytes();
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  syncSync(): void {
    this.#file.syncSync();
  }

  close(): void {
    this.#file.close();
  }
}
