import type { Files } from './files/files.ts';
import { readOwner } from './partition-owner.ts';
import type { RecoveryRecorder } from './recovery-report.ts';
import { ioError } from './storage-error.ts';
import type { TopicCatalog } from './topic-catalog.ts';
import { partitionOfDirectory } from './topic-name.ts';

export const journalName = 'metadata.journal';
export const cleanMarkerName = 'clean-shutdown';
export const cleanMarker: Buffer = Buffer.from('headwater 1\n');
/** Directories of deleted topics, until their bytes are gone. */
const trashName = 'deleted';
/** Directories that belong to no topic any more: kept for a person to look at. */
const asideName = 'set-aside';

interface PartitionName {
  topic: string;
  partition: number;
}

/** The data directory's own level: which partitions have directories, and where those go that nobody owns. */
export class StoreDirectory {
  readonly #files: Files;
  readonly #dir: string;
  readonly #recorder: RecoveryRecorder;
  readonly #partitions = new Map<string, PartitionName>();
  readonly #removals = new Set<Promise<void>>();
  #moves = 0;

  constructor(files: Files, dir: string, recorder: RecoveryRecorder) {
    this.#files = files;
    this.#dir = dir;
    this.#recorder = recorder;
    for (const { name, isDirectory } of files.list(dir)) {
      const partition = isDirectory ? partitionOfDirectory(name) : null;
      if (partition !== null) this.#partitions.set(name, partition);
    }
  }

  get journalPath(): string {
    return `${this.#dir}/${journalName}`;
  }

  /** The lock file is there, so a file system that finds it in capitals does not tell case apart. */
  get isCaseInsensitive(): boolean {
    return this.#files.exists(`${this.#dir}/LOCK`);
  }

  /** Partitions that have a directory. */
  partitions(): IterableIterator<PartitionName> {
    return this.#partitions.values();
  }

  noteMade(name: string): void {
    this.#partitions.set(name, partitionOfDirectory(name)!);
  }

  /** Whether the last process closed the store in order; from now on it counts as running. */
  takeCleanMarker(): boolean {
    const path = `${this.#dir}/${cleanMarkerName}`;
    const isClean = this.#partitions.size === 0 || this.#files.exists(path);
    this.#files.remove(path);
    return isClean;
  }

  writeCleanMarker(): void {
    this.#files.replaceFile(`${this.#dir}/${cleanMarkerName}`, cleanMarker, true);
  }

  reportJournalCut(bytes: number, isAll: boolean): void {
    this.#recorder.add({
      kind: 'metadata-tail-cut',
      where: '',
      message: isAll
        ? `${journalName} was not readable; topics are made from the directories found, with default configurations.`
        : `Cut ${bytes} bytes of an unfinished change off ${journalName}.`,
      bytes,
    });
  }

  /** The journal is gone but records are there: better topics with default settings than none. */
  adoptTopics(catalog: TopicCatalog): void {
    const found = new Map<string, { partitions: number; topicId: string }>();
    for (const [name, { topic, partition }] of this.#partitions) {
      // Without it the directory may be anybody's.
      const topicId = readOwner(this.#files, `${this.#dir}/${name}`);
      if (topicId === undefined) continue;
      const adopted = found.get(topic) ?? { partitions: 0, topicId };
      adopted.partitions = Math.max(adopted.partitions, partition + 1);
      found.set(topic, adopted);
    }
    for (const [name, { partitions, topicId }] of found) {
      if (catalog.byId(topicId) !== undefined) continue;
      catalog.create({ name, partitions, topicId });
      this.#recorder.add({
        kind: 'topic-adopted',
        where: name,
        message: `Topic ${name} with ${partitions} partitions was made from the directories found; set its configuration again if it had one.`,
      });
    }
  }

  reportOrphans(catalog: TopicCatalog): void {
    for (const [name, { topic, partition }] of this.#partitions) {
      const known = catalog.byName(topic);
      if (known !== undefined && partition < known.partitions) continue;
      this.#recorder.add({
        kind: 'orphan-directory',
        where: name,
        message: `The directory ${name} belongs to no topic; it is left alone. Remove it if it is not needed.`,
      });
    }
  }

  /** Moves a deleted topic's directories out of the way. */
  trash(topic: string, topicId: string): void {
    for (const [name, partition] of [...this.#partitions]) {
      if (partition.topic !== topic) continue;
      this.#move(name, `${this.#dir}/${trashName}`, `${topicId}-${partition.partition}`);
    }
  }

  /** Sets aside whatever stands where a new topic's directories will be. */
  clearWay(topic: string): void {
    for (const [name, partition] of [...this.#partitions]) {
      if (partition.topic === topic) this.setAside(name);
    }
  }

  /**
   * Moves a partition's directory to where nothing reads it, but a person may. After a power cut one may be back that had been moved
   * away for a new topic of the same name.
   */
  setAside(name: string): void {
    const place = `${this.#dir}/${asideName}`;
    this.#move(name, place, name);
    this.#recorder.add({
      kind: 'set-aside',
      where: name,
      message: `The directory ${name} held records of another topic of this name; it was moved to ${place}.`,
    });
  }

  /** Removes the bytes of deleted topics in the background. */
  emptyTrash(): void {
    const path = `${this.#dir}/${trashName}`;
    if (!this.#files.exists(path)) return;
    // The trash itself stays: another topic may be on its way into it.
    for (const { name } of this.#files.list(path)) this.#remove(`${path}/${name}`);
  }

  /** Out of the way at once, gone in a while: freeing a large file takes a file system long. */
  removeFiles(paths: string[]): void {
    for (const path of paths) {
      try {
        this.#files.rename(path, `${path}.deleted`);
        this.#remove(`${path}.deleted`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    }
  }

  /** Resolves when no removal is in progress. */
  async settled(): Promise<void> {
    while (this.#removals.size > 0) await Promise.all(this.#removals);
  }

  #remove(path: string): void {
    // A failure leaves it for the next start.
    const removal = this.#files.removeTree(path).catch(() => {});
    this.#removals.add(removal);
    void removal.finally(() => this.#removals.delete(removal));
  }

  #move(name: string, place: string, newName: string): void {
    try {
      this.#files.makeDirectory(place);
      let target = `${place}/${newName}`;
      while (this.#files.exists(target)) target = `${place}/${newName}.${++this.#moves}`;
      this.#files.rename(`${this.#dir}/${name}`, target);
      this.#partitions.delete(name);
    } catch (error) {
      throw ioError(`Moving the directory ${name} out of the way`, error);
    }
  }
}
