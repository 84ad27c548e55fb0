import type { DirectoryEntry, DirectoryLock, DiskSpace, Files, OpenFile, OpenMode } from './files.ts';

export interface FileOperation {
  kind: 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'replace' | 'rename' | 'remove';
  path: string;
  /** Of reads and writes. */
  sizeBytes: number;
}

export interface Fault {
  /** `CRASH`: the process is gone, so this and every later call throws. */
  code: 'ENOSPC' | 'EIO' | 'EMFILE' | 'CRASH';
  /** A write gets this far before it fails. */
  afterBytes?: number;
}

/**
 * A disk that fails on purpose, over any other one.
 *
 * @example
 * const disk = new FaultFiles(memoryFiles());
 * disk.plan = ({ kind }) => (kind === 'write' ? { code: 'ENOSPC', afterBytes: 10 } : null);
 */
export class FaultFiles implements Files {
  readonly inner: Files;
  /** Asked before each operation; null, or an answer of null, lets it through. */
  plan: ((operation: FileOperation) => Fault | null) | null = null;
  hasCrashed = false;
  /** What a power cut takes back, by path: the bytes that each write since the last sync replaced. */
  readonly #unsynced = new Map<string, { position: number; before: Buffer; sizeBefore: number }[]>();

  readonly #isPowerKept: boolean;

  /** With `isPowerKept` the power is never cut, and what a write replaces need not be remembered. */
  constructor(inner: Files, { isPowerKept = false } = {}) {
    this.inner = inner;
    this.#isPowerKept = isPowerKept;
  }

  /** Files with writes that a power cut may take back. */
  unsyncedPaths(): string[] {
    return [...this.#unsynced.keys()];
  }

  /**
   * What may happen when the power goes: of the writes that were not synced some are lost, from the last one back; the last one
   * that stays may be torn, and its lost part may read as zeros (the size reached the disk, the bytes did not).
   */
  powerCut(random: () => number): void {
    this.hasCrashed = true;
    for (const [path, writes] of this.#unsynced) {
      if (!this.inner.exists(path)) continue;
      const file = this.inner.open(path, 'write');
      const keep = Math.floor(random() * (writes.length + 1));
      for (const write of writes.slice(keep).reverse()) {
        file.writeSync(write.before, write.position);
        file.truncate(Math.max(write.sizeBefore, write.position + write.before.length));
      }
      const torn = writes[keep];
      if (torn !== undefined && random() < 0.5) {
        const zeros = Buffer.alloc(Math.floor(random() * 200));
        file.writeSync(zeros, file.sizeBytes());
      }
      file.close();
    }
    this.#unsynced.clear();
  }

  makeDirectory(path: string): void {
    this.#alive();
    this.inner.makeDirectory(path);
  }

  list(path: string): DirectoryEntry[] {
    this.#alive();
    return this.inner.list(path);
  }

  exists(path: string): boolean {
    this.#alive();
    return this.inner.exists(path);
  }

  sizeBytes(path: string): number {
    this.#alive();
    return this.inner.sizeBytes(path);
  }

  modifiedAtMs(path: string): number {
    this.#alive();
    return this.inner.modifiedAtMs(path);
  }

  space(path: string): DiskSpace | null {
    return this.inner.space(path);
  }

  open(path: string, mode: OpenMode): OpenFile {
    this.check({ kind: 'open', path, sizeBytes: 0 });
    return new FaultFile(this, this.inner.open(path, mode), path);
  }

  readFile(path: string): Buffer {
    this.check({ kind: 'read', path, sizeBytes: 0 });
    return this.inner.readFile(path);
  }

  replaceFile(path: string, content: Buffer, isDurable: boolean): void {
    this.check({ kind: 'replace', path, sizeBytes: content.length });
    this.inner.replaceFile(path, content, isDurable);
    this.#unsynced.delete(path);
  }

  rename(from: string, to: string): void {
    this.check({ kind: 'rename', path: from, sizeBytes: 0 });
    this.inner.rename(from, to);
    for (const [path, writes] of [...this.#unsynced]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#unsynced.delete(path);
      this.#unsynced.set(to + path.slice(from.length), writes);
    }
  }

  remove(path: string): void {
    this.check({ kind: 'remove', path, sizeBytes: 0 });
    this.inner.remove(path);
    this.#unsynced.delete(path);
  }

  async removeTree(path: string): Promise<void> {
    this.check({ kind: 'remove', path, sizeBytes: 0 });
    await this.inner.removeTree(path);
  }

  syncDirectory(path: string): void {
    this.check({ kind: 'sync', path, sizeBytes: 0 });
    this.inner.syncDirectory(path);
  }

  lock(path: string): DirectoryLock {
    this.#alive();
    return this.inner.lock(path);
  }

  /** @internal Returns how much of a write goes through: all of it when no fault is planned. */
  check(operation: FileOperation): { throughBytes: number; error: Error | null } {
    this.#alive();
    const fault = this.plan?.(operation) ?? null;
    if (fault === null) return { throughBytes: operation.sizeBytes, error: null };
    if (fault.code === 'CRASH') this.hasCrashed = true;
    const error = Object.assign(new Error(`${fault.code}: injected, ${operation.kind} ${operation.path}`), {
      code: fault.code,
    });
    if (operation.kind !== 'write') throw error;
    return { throughBytes: Math.min(operation.sizeBytes, fault.afterBytes ?? 0), error };
  }

  /** @internal */
  noteWrite(path: string, file: OpenFile, position: number, sizeBytes: number): void {
    if (this.#isPowerKept) return;
    const sizeBefore = file.sizeBytes();
    const before = Buffer.alloc(Math.max(0, Math.min(sizeBytes, sizeBefore - position)));
    file.readSync(before, position);
    let writes = this.#unsynced.get(path);
    if (writes === undefined) this.#unsynced.set(path, (writes = []));
    writes.push({ position, before, sizeBefore });
  }

  /** @internal */
  noteTruncate(path: string, sizeBytes: number): void {
    const kept = this.#unsynced.get(path)?.filter(({ position }) => position < sizeBytes) ?? [];
    if (kept.length > 0) this.#unsynced.set(path, kept);
    else this.#unsynced.delete(path);
  }

  /** @internal */
  noteSync(path: string): void {
    this.#unsynced.delete(path);
  }

  #alive(): void {
    if (this.hasCrashed) throw Object.assign(new Error('CRASH: the simulated process is gone'), { code: 'CRASH' });
  }
}

class FaultFile implements OpenFile {
  readonly #owner: FaultFiles;
  readonly #inner: OpenFile;
  readonly #path: string;

  constructor(owner: FaultFiles, inner: OpenFile, path: string) {
    this.#owner = owner;
    this.#inner = inner;
    this.#path = path;
  }

  readSync(target: Buffer, position: number): number {
    this.#owner.check({ kind: 'read', path: this.#path, sizeBytes: target.length });
    return this.#inner.readSync(target, position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    this.#owner.check({ kind: 'read', path: this.#path, sizeBytes: target.length });
    return this.#inner.read(target, position);
  }

  writeSync(bytes: Buffer, position: number): void {
    const { throughBytes, error } = this.#owner.check({ kind: 'write', path: this.#path, sizeBytes: bytes.length });
    if (throughBytes > 0) {
      this.#owner.noteWrite(this.#path, this.#inner, position, throughBytes);
      this.#inner.writeSync(bytes.subarray(0, throughBytes), position);
    }
    if (error !== null) throw error;
  }

  truncate(sizeBytes: number): void {
    this.#owner.check({ kind: 'truncate', path: this.#path, sizeBytes: 0 });
    this.#inner.truncate(sizeBytes);
    this.#owner.noteTruncate(this.#path, sizeBytes);
  }

  sizeBytes(): number {
    return this.#inner.sizeBytes();
  }

  async sync(): Promise<void> {
    this.#owner.check({ kind: 'sync', path: this.#path, sizeBytes: 0 });
    await this.#inner.sync();
    this.#owner.noteSync(this.#path);
  }

  syncSync(): void {
    this.#owner.check({ kind: 'sync', path: this.#path, sizeBytes: 0 });
    this.#inner.syncSync();
    this.#owner.noteSync(this.#path);
  }

  close(): void {
    this.#inner.close();
  }
}
