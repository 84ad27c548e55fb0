import type { AppendFile, Files, ReadFile } from '../../src/engine/files.ts';

interface MemoryFile {
  bytes: Buffer;
  /** Bytes that survive a power cut. */
  syncedBytes: number;
}

/** Files in memory whose disk can fail, fill up and lose power. */
export class MemoryFiles implements Files {
  /** Called before each operation; what it throws is what the disk says. */
  fault: (operation: 'append' | 'sync' | 'writeFile' | 'read', path: string) => void = () => {};
  freeBytesNow = 1e12;
  #files = new Map<string, MemoryFile>();

  makeDir(): void {}

  list(path: string): string[] {
    const names = new Set<string>();
    for (const name of this.#files.keys()) {
      if (name.startsWith(`${path}/`)) names.add(name.slice(path.length + 1).split('/')[0]!);
    }
    return [...names];
  }

  async readFile(path: string): Promise<Buffer> {
    this.fault('read', path);
    return Buffer.from(this.#get(path).bytes);
  }

  async writeFile(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    this.fault('writeFile', path);
    const bytes = Buffer.concat(chunks);
    this.#files.set(path, { bytes, syncedBytes: bytes.length });
  }

  openAppend(path: string, sizeBytes: number): AppendFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = { bytes: Buffer.alloc(0), syncedBytes: 0 };
      this.#files.set(path, file);
    }
    const found = file;
    found.bytes = found.bytes.subarray(0, sizeBytes);
    found.syncedBytes = Math.min(found.syncedBytes, sizeBytes);
    return {
      get sizeBytes() {
        return found.bytes.length;
      },
      isDamaged: false,
      append: (chunks) => {
        this.fault('append', path);
        found.bytes = Buffer.concat([found.bytes, ...chunks]);
      },
      sync: async () => {
        const wanted = found.bytes.length;
        await Promise.resolve();
        this.fault('sync', path);
        found.syncedBytes = Math.max(found.syncedBytes, Math.min(wanted, found.bytes.length));
      },
      close: () => {},
    };
  }

  openRead(path: string): ReadFile {
    const { bytes } = this.#get(path);
    return {
      sizeBytes: bytes.length,
      read: (offset, length) => {
        this.fault('read', path);
        return Buffer.from(bytes.subarray(offset, offset + length));
      },
      close: () => {},
    };
  }

  async remove(path: string): Promise<void> {
    for (const name of [...this.#files.keys()]) {
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
    }
  }

  freeBytes(): number {
    return this.freeBytesNow;
  }

  /** What a disk holds after a power cut: all that was synced, and of the rest what chance has written. */
  afterPowerCut(random: () => number): MemoryFiles {
    const next = new MemoryFiles();
    for (const [path, { bytes, syncedBytes }] of this.#files) {
      const kept = syncedBytes + Math.floor(random() * (bytes.length - syncedBytes + 1));
      next.#files.set(path, { bytes: Buffer.from(bytes.subarray(0, kept)), syncedBytes: kept });
    }
    return next;
  }

  /** Flips a bit. */
  damage(path: string, at: number): void {
    const file = this.#get(path);
    file.bytes = Buffer.from(file.bytes);
    file.bytes[at]! ^= 1;
  }

  size(path: string): number {
    return this.#get(path).bytes.length;
  }

  paths(): string[] {
    return [...this.#files.keys()].sort();
  }

  #get(path: string): MemoryFile {
    const file = this.#files.get(path);
    if (file === undefined) throw Object.assign(new Error(`ENOENT: no such file ${path}`), { code: 'ENOENT' });
    return file;
  }
}

export function diskError(code: 'ENOSPC' | 'EIO'): Error {
  return Object.assign(new Error(`${code}: the disk of this test says so`), { code });
}

/** A generator of numbers in [0, 1) that gives the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
