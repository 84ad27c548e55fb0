import type { DirectoryEntry, DirectoryLock, Files, OpenFile, OpenMode } from '../files/files.ts';
import type { SeededRandom } from './seeded-random.ts';

type Chance = Pick<SeededRandom, 'chance' | 'pick' | 'below'>;

const pageBytes = 4096;
const sectorBytes = 512;

/**
 * A disk in memory that keeps, beside what the process sees, what would be there if the power went now. As POSIX allows and no more:
 *
 * - bytes of a file are durable after its fsync. Of those written since, each page may have reached the disk or not, in any order;
 *   one of them may be torn between sectors. The size may be the old, the new, or between; what it covers and never came is zeros.
 * - names in a directory (made, renamed, removed) are durable after the fsync of that directory, in the order in which they changed;
 *   of later changes a beginning may be there. A rename between two directories is in both or in neither.
 * - an fsync covers what was written before it was asked for, not what came while it went on.
 */
export class PowerLossDisk implements Files {
  #root = new Directory();
  /** Changes of names that no fsync has covered, oldest first. */
  #changes: NameChange[] = [];

  /** The machine goes, and nothing is left that no fsync covered. */
  losePower(): void {
    this.powerCut({ chance: () => false, pick: (items) => items[0]!, below: () => 0 });
  }

  /** The machine goes; what is here afterwards is what the disk had. */
  powerCut(random: Chance): void {
    const broken = new Set<Directory>();
    for (const change of this.#changes) {
      const isKept = !change.directories.some((directory) => broken.has(directory)) && random.chance(0.6);
      if (isKept) change.apply();
      else for (const directory of change.directories) broken.add(directory);
    }
    this.#changes = [];
    this.#root.fall(random, new Set());
  }

  makeDirectory(path: string): void {
    let directory = this.#root;
    for (const name of split(path)) {
      let next = directory.names.get(name);
      if (next === undefined) {
        next = new Directory();
        this.#link(directory, name, next);
      }
      if (!(next instanceof Directory)) throw systemError('ENOTDIR', path);
      directory = next;
    }
  }

  list(path: string): DirectoryEntry[] {
    const { names } = this.#directory(path);
    return [...names].map(([name, node]) => ({ name, isDirectory: node instanceof Directory }));
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  sizeBytes(path: string): number {
    return this.#content(path).sizeBytes;
  }

  modifiedAtMs(path: string): number {
    this.#content(path);
    return 0;
  }

  space(): null {
    return null;
  }

  open(path: string, mode: OpenMode): OpenFile {
    const node = this.#find(path);
    if (node instanceof Directory) throw systemError('EISDIR', path);
    if (node !== undefined) return new DiskFile(node);
    if (mode !== 'create') throw systemError('ENOENT', path);
    const [parent, name] = this.#parent(path);
    const content = new Content();
    this.#link(parent, name, content);
    return new DiskFile(content);
  }

  readFile(path: string): Buffer {
    const content = this.#content(path);
    const bytes = Buffer.alloc(content.sizeBytes);
    content.read(bytes, 0);
    return bytes;
  }

  replaceFile(path: string, bytes: Buffer, isDurable: boolean): void {
    const draft = this.open(`${path}.tmp`, 'create');
    draft.truncate(0);
    draft.writeSync(bytes, 0);
    if (isDurable) draft.syncSync();
    this.rename(`${path}.tmp`, path);
    if (isDurable) this.syncDirectory(path.slice(0, path.lastIndexOf('/')));
  }

  rename(from: string, to: string): void {
    const [fromParent, fromName] = this.#parent(from);
    const [toParent, toName] = this.#parent(to);
    const node = fromParent.names.get(fromName);
    if (node === undefined) throw systemError('ENOENT', from);
    const target = toParent.names.get(toName);
    if (target instanceof Directory && target.names.size > 0) throw systemError('ENOTEMPTY', to);
    fromParent.names.delete(fromName);
    toParent.names.set(toName, node);
    this.#changes.push({
      directories: fromParent === toParent ? [fromParent] : [fromParent, toParent],
      apply: () => {
        fromParent.durableNames.delete(fromName);
        toParent.durableNames.set(toName, node);
      },
    });
  }

  remove(path: string): void {
    const node = this.#find(path);
    if (node === undefined) return;
    if (node instanceof Directory) throw systemError('EISDIR', path);
    this.#unlink(path);
  }

  async removeTree(path: string): Promise<void> {
    if (this.#find(path) !== undefined) this.#unlink(path);
  }

  syncDirectory(path: string): void {
    // What it depends on in other directories goes along, or a rename would be in one of them only.
    const synced = new Set([this.#directory(path)]);
    const kept = new Set<NameChange>();
    for (const change of this.#changes.toReversed()) {
      if (change.directories.some((directory) => synced.has(directory)))
        for (const each of change.directories) synced.add(each);
      else kept.add(change);
    }
    for (const change of this.#changes) if (!kept.has(change)) change.apply();
    this.#changes = this.#changes.filter((change) => kept.has(change));
  }

  lock(): DirectoryLock {
    // A process that is gone holds none, and here only one lives at a time.
    return { stalePid: null, release() {} };
  }

  #link(directory: Directory, name: string, node: Directory | Content): void {
    directory.names.set(name, node);
    this.#changes.push({ directories: [directory], apply: () => directory.durableNames.set(name, node) });
  }

  #unlink(path: string): void {
    const [parent, name] = this.#parent(path);
    parent.names.delete(name);
    this.#changes.push({ directories: [parent], apply: () => parent.durableNames.delete(name) });
  }

  #find(path: string): Directory | Content | undefined {
    let node: Directory | Content | undefined = this.#root;
    for (const name of split(path)) {
      if (!(node instanceof Directory)) return undefined;
      node = node.names.get(name);
    }
    return node;
  }

  #content(path: string): Content {
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    if (node instanceof Directory) throw systemError('EISDIR', path);
    return node;
  }

  #directory(path: string): Directory {
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    if (!(node instanceof Directory)) throw systemError('ENOTDIR', path);
    return node;
  }

  #parent(path: string): [Directory, string] {
    const names = split(path);
    const name = names.pop()!;
    return [this.#directory(names.join('/')), name];
  }
}

interface NameChange {
  directories: Directory[];
  /** Makes it durable. */
  apply(): void;
}

class Directory {
  names = new Map<string, Directory | Content>();
  readonly durableNames = new Map<string, Directory | Content>();

  fall(random: Chance, seen: Set<Directory | Content>): void {
    this.names = new Map(this.durableNames);
    for (const node of this.names.values()) {
      if (seen.has(node)) continue;
      seen.add(node);
      node.fall(random, seen);
    }
  }
}

class Content {
  sizeBytes = 0;
  #bytes = Buffer.alloc(0);
  #durable = Buffer.alloc(0);
  #dirtyPages = new Set<number>();
  /** Pages of fsyncs that are not done. */
  readonly #syncing = new Set<Set<number>>();
  #syncs = 0;
  #newestSync = 0;

  read(target: Buffer, position: number): number {
    const end = Math.min(position + target.length, this.sizeBytes);
    if (end <= position) return 0;
    return this.#bytes.copy(target, 0, position, end);
  }

  write(bytes: Buffer, position: number): void {
    const end = position + bytes.length;
    this.#reserve(end);
    if (position > this.sizeBytes) this.#bytes.fill(0, this.sizeBytes, position);
    bytes.copy(this.#bytes, position);
    this.#touch(Math.min(position, this.sizeBytes), end);
    this.sizeBytes = Math.max(this.sizeBytes, end);
  }

  truncate(sizeBytes: number): void {
    this.#reserve(sizeBytes);
    this.#bytes.fill(0, Math.min(sizeBytes, this.sizeBytes));
    this.#touch(Math.min(sizeBytes, this.sizeBytes), Math.max(sizeBytes, this.sizeBytes));
    this.sizeBytes = sizeBytes;
  }

  /** What is there now; `finish` makes it durable. */
  beginSync(): () => void {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.sizeBytes));
    const pages = this.#dirtyPages;
    this.#dirtyPages = new Set();
    // Until it is done, none of it counts.
    this.#syncing.add(pages);
    const sync = ++this.#syncs;
    return () => {
      // After a power cut it is too late.
      if (!this.#syncing.delete(pages) || sync < this.#newestSync) return;
      this.#newestSync = sync;
      this.#durable = bytes;
    };
  }

  fall(random: Chance): void {
    const dirty = new Set([...this.#dirtyPages, ...[...this.#syncing].flatMap((pages) => [...pages])]);
    const durable = this.#durable;
    const from = Math.min(durable.length, this.sizeBytes);
    const to = Math.max(durable.length, this.sizeBytes);
    const sizeBytes =
      dirty.size === 0
        ? durable.length
        : random.pick([durable.length, this.sizeBytes, from + random.below(to - from + 1)]);
    const fallen = Buffer.alloc(sizeBytes);
    durable.copy(fallen);
    const share = random.pick([0, 0.3, 0.7, 1]);
    for (const page of dirty) {
      if (!random.chance(share)) continue;
      const sectors = random.chance(0.2) ? random.below(pageBytes / sectorBytes) : pageBytes / sectorBytes;
      const start = page * pageBytes;
      this.#bytes.copy(fallen, start, start, Math.min(start + sectors * sectorBytes, this.sizeBytes));
    }
    this.#bytes = Buffer.from(fallen);
    this.#durable = fallen;
    this.sizeBytes = sizeBytes;
    this.#dirtyPages = new Set();
    this.#syncing.clear();
  }

  #touch(start: number, end: number): void {
    for (let page = Math.floor(start / pageBytes); page * pageBytes < end; page++) this.#dirtyPages.add(page);
    // A size without bytes is a change too.
    if (start === end) this.#dirtyPages.add(Math.floor(start / pageBytes));
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return;
    const grown = Buffer.alloc(Math.max(sizeBytes, this.#bytes.length * 2));
    this.#bytes.copy(grown);
    this.#bytes = grown;
  }
}

class DiskFile implements OpenFile {
  readonly #content: Content;

  constructor(content: Content) {
    this.#content = content;
  }

  readSync(target: Buffer, position: number): number {
    return this.#content.read(target, position);
  }

  async read(target: Buffer, position: number): Promise<number> {
    return this.#content.read(target, position);
  }

  writeSync(bytes: Buffer, position: number): void {
    this.#content.write(bytes, position);
  }

  truncate(sizeBytes: number): void {
    this.#content.truncate(sizeBytes);
  }

  sizeBytes(): number {
    return this.#content.sizeBytes;
  }

  async sync(): Promise<void> {
    const finish = this.#content.beginSync();
    await new Promise((resolve) => setImmediate(resolve));
    finish();
  }

  syncSync(): void {
    this.#content.beginSync()();
  }

  close(): void {}
}

function split(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function systemError(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
