import { StorageError } from '../storage-error.ts';
import type { DirectoryEntry, DirectoryLock, Files, OpenFile, OpenMode } from './files.ts';

/**
 * A disk in memory: for brokers without a data directory, and for tests. Nothing survives the process, and nothing but the heap
 * bounds it, so give topics a `retention.bytes` when an in-memory broker runs for long.
 */
export function memoryFiles(): Files {
  return new MemoryFiles();
}

type Node = MemoryContent | Directory;
type Directory = Map<string, Node>;

class MemoryFiles implements Files {
  readonly #root: Directory = new Map();
  readonly #locked = new Set<string>();

  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of split(path)) {
      let next = directory.get(name);
      if (next === undefined) {
        next = new Map();
        directory.set(name, next);
      }
      if (!(next instanceof Map)) throw systemError('ENOTDIR', path);
      directory = next;
    }
  }

  list(path: string): DirectoryEntry[] {
    return [...this.#directory(path)].map(([name, node]) => ({ name, isDirectory: node instanceof Map }));
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  sizeBytes(path: string): number {
    return this.#content(path).sizeBytes;
  }

  modifiedAtMs(path: string): number {
    return this.#content(path).modifiedAtMs;
  }

  space(): null {
    return null;
  }

  open(path: string, mode: OpenMode): OpenFile {
    let node = this.#find(path);
    if (node instanceof Map) throw systemError('EISDIR', path);
    if (node === undefined) {
      if (mode !== 'create') throw systemError('ENOENT', path);
      const [parent, name] = this.#parent(path);
      node = new MemoryContent();
      parent.set(name, node);
    }
    return new MemoryFile(node, mode, path);
  }

  readFile(path: string): Buffer {
    const content = this.#content(path);
    const bytes = Buffer.allocUnsafe(content.sizeBytes);
    content.read(bytes, 0);
    return bytes;
  }

  replaceFile(path: string, content: Buffer, _isDurable: boolean): void {
    const [parent, name] = this.#parent(path);
    const node = new MemoryContent();
    node.write(content, 0);
    parent.set(name, node);
  }

  rename(from: string, to: string): void {
    const [fromParent, fromName] = this.#parent(from);
    const node = fromParent.get(fromName);
    if (node === undefined) throw systemError('ENOENT', from);
    const [toParent, toName] = this.#parent(to);
    const target = toParent.get(toName);
    if (target instanceof Map && target.size > 0) throw systemError('ENOTEMPTY', to);
    fromParent.delete(fromName);
    toParent.set(toName, node);
  }

  remove(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    if (node instanceof Map) throw systemError('EISDIR', path);
    const [parent, name] = this.#parent(path);
    parent.delete(name);
  }

  async removeTree(path: string): Promise<void> {
    if (this.#find(path) === undefined) return;
    const [parent, name] = this.#parent(path);
    parent.delete(name);
  }

  syncDirectory(path: string): void {
    this.#directory(path);
  }

  lock(path: string): DirectoryLock {
    const key = split(path).join('/');
    if (this.#locked.has(key)) {
      throw new StorageError(
        'HW_BROKER_DATA_DIR_LOCKED',
        'KAFKA_STORAGE_ERROR',
        `The data directory ${path} is in use by another store on the same memory. Close that one first.`,
      );
    }
    this.#locked.add(key);
    return { stalePid: null, release: () => void this.#locked.delete(key) };
  }

  #find(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of split(path)) {
      if (!(node instanceof Map)) return undefined;
      node = node.get(name);
    }
    return node;
  }

  #content(path: string): MemoryContent {
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    if (node instanceof Map) throw systemError('EISDIR', path);
    return node;
  }

  #directory(path: string): Directory {
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    if (!(node instanceof Map)) throw systemError('ENOTDIR', path);
    return node;
  }

  #parent(path: string): [Directory, string] {
    const names = split(path);
    const name = names.pop();
    if (name === undefined) throw systemError('EINVAL', path);
    return [this.#directory(names.join('/')), name];
  }
}

const firstChunkBytes = 1024;
const chunkBytes = 256 * 1024;

/** Bytes of one file: full chunks and a last one that doubles up to the chunk size, so that ten thousand tiny files stay tiny. */
class MemoryContent {
  sizeBytes = 0;
  modifiedAtMs = Date.now();
  readonly #chunks: Buffer[] = [];

  read(target: Buffer, position: number): number {
    const end = Math.min(position + target.length, this.sizeBytes);
    for (let at = position; at < end; ) {
      const chunk = this.#chunks[Math.floor(at / chunkBytes)]!;
      const from = at % chunkBytes;
      const count = Math.min(chunkBytes - from, end - at);
      chunk.copy(target, at - position, from, from + count);
      at += count;
    }
    return Math.max(0, end - position);
  }

  write(bytes: Buffer, position: number): void {
    if (position > this.sizeBytes) this.#fill(this.sizeBytes, position, null);
    this.#fill(position, position + bytes.length, bytes);
    this.sizeBytes = Math.max(this.sizeBytes, position + bytes.length);
    this.modifiedAtMs = Date.now();
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes > this.sizeBytes) this.#fill(this.sizeBytes, sizeBytes, null);
    this.sizeBytes = sizeBytes;
    this.#chunks.length = Math.min(this.#chunks.length, Math.ceil(sizeBytes / chunkBytes));
  }

  /** `bytes` null writes zeros. */
  #fill(start: number, end: number, bytes: Buffer | null): void {
    for (let at = start; at < end; ) {
      const index = Math.floor(at / chunkBytes);
      const from = at % chunkBytes;
      const count = Math.min(chunkBytes - from, end - at);
      const chunk = this.#chunkWith(index, from + count);
      if (bytes === null) chunk.fill(0, from, from + count);
      else bytes.copy(chunk, from, at - start, at - start + count);
      at += count;
    }
  }

  #chunkWith(index: number, neededBytes: number): Buffer {
    const chunk = this.#chunks[index];
    if (chunk !== undefined && chunk.length >= neededBytes) return chunk;
    // Only the first chunk begins small; bytes are never read before they are written, so they need no zeros.
    let capacity = index > 0 ? chunkBytes : (chunk?.length ?? firstChunkBytes);
    while (capacity < neededBytes) capacity *= 2;
    const grown = Buffer.allocUnsafeSlow(Math.min(capacity, chunkBytes));
    chunk?.copy(grown);
    this.#chunks[index] = grown;
    return grown;
  }
}

class MemoryFile implements OpenFile {
  readonly #content: MemoryContent;
  readonly #mode: OpenMode;
  readonly #path: string;
  #isOpen = true;

  constructor(content: MemoryContent, mode: OpenMode, path: string) {
    this.#content = content;
    this.#mode = mode;
    this.#path = path;
  }

  readSync(target: Buffer, position: number): number {
    this.#check();
    return this.#content.read(target, position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    this.#check();
    return this.#content.read(target, position);
  }

  writeSync(bytes: Buffer, position: number): void {
    this.#checkWritable();
    this.#content.write(bytes, position);
  }

  truncate(sizeBytes: number): void {
    this.#checkWritable();
    this.#content.truncate(sizeBytes);
  }

  sizeBytes(): number {
    this.#check();
    return this.#content.sizeBytes;
  }

  async sync(): Promise<void> {
    this.#check();
  }

  syncSync(): void {
    this.#check();
  }

  close(): void {
    this.#isOpen = false;
  }

  #check(): void {
    if (!this.#isOpen) throw systemError('EBADF', this.#path);
  }

  #checkWritable(): void {
    if (!this.#isOpen || this.#mode === 'read') throw systemError('EBADF', this.#path);
  }
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function systemError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
