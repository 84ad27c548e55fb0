import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Logger, silentLogger } from '@headwater/logger';
import { FilePool } from './files/file-pool.ts';
import type { DirectoryLock, DiskSpace, Files } from './files/files.ts';
import { Maintenance } from './maintenance.ts';
import { journalHeader, MetadataJournal } from './metadata-journal.ts';
import { Partition } from './partition-log.ts';
import { RecoveryRecorder } from './recovery-report.ts';
import { SteadyTime } from './steady-time.ts';
import { ioError, StorageError } from './storage-error.ts';
import { type CapturedFile, capturedJournal, directoryOf, type StoreCapture } from './store-capture.ts';
import { resolveStoreConfig, type StoreLimits } from './store-config.ts';
import type { Checkpointed, Cleaned, StoreContext } from './store-context.ts';
import { cleanMarker, cleanMarkerName, journalName, StoreDirectory } from './store-directory.ts';
import { systemClock } from './system-clock.ts';
import { TailCache } from './tail-cache.ts';
import { type CatalogTopic, TopicCatalog } from './topic-catalog.ts';
import type { BrokerSettings } from './topic-config.ts';
import type {
  DurableValues,
  LogStore,
  LogStoreOptions,
  NewTopic,
  PartitionLog,
  RecoveryReport,
  StorageClock,
  StorageStats,
  TopicInfo,
} from './types.ts';

/** Partitions gone over before the event loop gets its turn. */
const partitionsPerTurn = 64;

/**
 * Opens (or makes) a data directory. After a crash all partitions are checked before it resolves; after a clean shutdown they are
 * opened when first used.
 *
 * @throws StorageError HW_BROKER_DATA_DIR_LOCKED, HW_BROKER_DATA_DIR_UNREADABLE, HW_BROKER_STORAGE_IO
 */
export async function openLogStore(options: LogStoreOptions): Promise<LogStore> {
  const { files, dir } = options;
  const limits = resolveStoreConfig(options.config ?? {});
  let lock: DirectoryLock;
  try {
    makeDurableDirectory(files, dir);
    lock = files.lock(dir);
  } catch (error) {
    throw ioError(`Opening the data directory ${dir}`, error);
  }
  try {
    const store = new DirectoryStore(options, limits, lock);
    await store.recover();
    return store;
  } catch (error) {
    lock.release();
    throw ioError(`Opening the data directory ${dir}`, error);
  }
}

/** The names on the way to the data directory must not go with the power either. */
function makeDurableDirectory(files: Files, dir: string): void {
  const made: string[] = [];
  for (let path = dir; !files.exists(path) && path !== dirname(path); path = dirname(path)) made.push(path);
  files.makeDirectory(dir);
  for (const path of made) {
    try {
      files.syncDirectory(dirname(path));
    } catch (error) {
      // A directory that may be written to but not read cannot be opened for a sync.
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    }
  }
}

class DirectoryStore implements LogStore, StoreContext {
  readonly dir: string;
  readonly pool: FilePool;
  readonly cache: TailCache;
  readonly clock: StorageClock;
  readonly logger: Logger;
  readonly recorder: RecoveryRecorder;
  readonly limits: StoreLimits;
  readonly counters = { appendedBytes: 0, flushes: 0, failedAppends: 0 };
  readonly #lock: DirectoryLock;
  readonly #journal: MetadataJournal;
  readonly #catalog: TopicCatalog;
  readonly #directory: StoreDirectory;
  readonly #steadyTime: SteadyTime;
  readonly #maintenance: Maintenance;
  readonly #partitions = new Map<string, (Partition | undefined)[]>();
  /** At a start too: the process before may have been killed between a new name and its sync. */
  #isRootUnsynced = true;
  #closing: Promise<void> | null = null;

  constructor({ files, dir, config = {}, logger, clock }: LogStoreOptions, limits: StoreLimits, lock: DirectoryLock) {
    this.dir = dir;
    this.limits = limits;
    this.logger = logger ?? silentLogger;
    this.clock = clock ?? systemClock;
    this.recorder = new RecoveryRecorder(this.logger);
    this.recorder.staleLockPid = lock.stalePid;
    this.#lock = lock;
    this.pool = new FilePool(files, limits.maxOpenFiles);
    this.cache = new TailCache(limits.cacheBytes);
    this.#directory = new StoreDirectory(files, dir, this.recorder);
    const { journal, entries, isNew, cutBytes } = MetadataJournal.open(this.pool, this.#directory.journalPath);
    this.#journal = journal;
    this.#catalog = new TopicCatalog(journal, config, this.#directory.isCaseInsensitive);
    for (const entry of entries) this.#catalog.replay(entry);
    if (cutBytes > 0) this.#directory.reportJournalCut(cutBytes, isNew);
    if (isNew) this.#directory.adoptTopics(this.#catalog);
    this.#steadyTime = new SteadyTime(this.clock, this.logger, () => this.limits.clockJumpGraceMs);
    this.#maintenance = new Maintenance(this.clock, limits, this.logger, this.#steadyTime, () =>
      this.#applyRetention(),
    );
  }

  get recovery(): RecoveryReport {
    return this.recorder;
  }

  get values(): DurableValues {
    return this.#catalog.values;
  }

  /** Finishes what the last process left unfinished. */
  async recover(): Promise<void> {
    const startMs = performance.now();
    for (const [topicId, name] of this.#catalog.deleting) {
      this.#directory.trash(name, topicId);
      this.#catalog.finishDelete(topicId);
    }
    this.#directory.reportOrphans(this.#catalog);
    this.recorder.isClean = this.#directory.takeCleanMarker();
    if (!this.recorder.isClean) await this.#checkPartitions();
    this.#tidyJournal();
    this.#journal.keepReserve();
    this.#directory.emptyTrash();
    this.#maintenance.start();
    this.recorder.durationMs = performance.now() - startMs;
    const { isClean, partitionsChecked, scannedBytes, findings, durationMs } = this.recorder;
    this.logger.info(
      { topics: this.#catalog.count, isClean, partitionsChecked, scannedBytes, findings: findings.length, durationMs },
      'log store open',
    );
  }

  get topicsVersion(): number {
    return this.#catalog.version;
  }

  space(): DiskSpace | null {
    return this.pool.files.space(this.dir);
  }

  topics(): TopicInfo[] {
    return this.#catalog.topics();
  }

  topic(name: string): TopicInfo | undefined {
    return this.#catalog.byName(name)?.info;
  }

  topicById(topicId: string): TopicInfo | undefined {
    return this.#catalog.byId(topicId)?.info;
  }

  createTopic(topic: NewTopic): TopicInfo {
    this.#checkOpen();
    // What a topic of this name left behind must not become the new one's records.
    this.#directory.clearWay(topic.name);
    const { info } = this.#catalog.create(topic);
    this.#tidyJournal();
    return info;
  }

  addPartitions(name: string, total: number): TopicInfo {
    this.#checkOpen();
    const { info } = this.#catalog.addPartitions(name, total);
    this.#tidyJournal();
    return info;
  }

  setTopicConfigs(name: string, configs: Record<string, string | null>): TopicInfo {
    this.#checkOpen();
    const { info } = this.#catalog.setConfigs(name, configs);
    this.#tidyJournal();
    return info;
  }

  setSettings(settings: BrokerSettings): void {
    const { cacheBytes, maxOpenFiles } = this.limits;
    const limits = resolveStoreConfig(settings);
    this.#catalog.setSettings(settings);
    // The same object: maintenance and all partitions hold it.
    Object.assign(this.limits, { ...limits, cacheBytes, maxOpenFiles });
  }

  async deleteTopic(name: string): Promise<void> {
    this.#checkOpen();
    const { topicId } = this.#catalog.startDelete(name);
    const open = this.#partitions.get(name) ?? [];
    this.#partitions.delete(name);
    for (const partition of open) {
      if (partition === undefined) continue;
      this.#maintenance.forget(partition);
      partition.markDeleted();
    }
    this.#directory.trash(name, topicId);
    this.#catalog.finishDelete(topicId);
    this.#tidyJournal();
    this.#directory.emptyTrash();
    await this.#directory.settled();
  }

  partition(topic: string, index: number): PartitionLog | undefined {
    const open = this.#partitions.get(topic)?.[index];
    if (open !== undefined) return open;
    const known = this.#catalog.byName(topic);
    if (known === undefined || !Number.isInteger(index) || index < 0 || index >= known.partitions) return undefined;
    return this.#open(known, index);
  }

  nextProducerId(): number {
    this.#checkOpen();
    return this.#catalog.nextProducerId();
  }

  async flushMetadata(): Promise<void> {
    await this.#journal.flush();
    if (!this.#isRootUnsynced) return;
    this.pool.files.syncDirectory(this.dir);
    this.#isRootUnsynced = false;
  }

  maintain(): Promise<void> {
    this.#checkOpen();
    return this.#maintenance.run();
  }

  stats(): StorageStats {
    let partitionsOpen = 0;
    for (const partitions of this.#partitions.values()) {
      for (const partition of partitions) if (partition?.isLoaded) partitionsOpen++;
    }
    return {
      topics: this.#catalog.count,
      partitionsOpen,
      openFiles: this.pool.openCount,
      cacheBytes: this.cache.usedBytes,
      cacheHits: this.cache.hits,
      cacheMisses: this.cache.misses,
      ...this.counters,
      metadataChanges: this.#journal.changes,
    };
  }

  fenceProducer(producerId: number): number {
    let count = 0;
    for (const partitions of this.#partitions.values()) {
      for (const partition of partitions) if (partition?.fenceProducer(producerId)) count++;
    }
    return count;
  }

  async capture(): Promise<StoreCapture> {
    this.#checkOpen();
    await this.#maintenance.hold();
    try {
      return this.#capture();
    } catch (error) {
      this.#maintenance.release();
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  logStart(topicId: string, partition: number): number {
    return this.#catalog.logStart(topicId, partition);
  }

  setLogStart(topicId: string, partition: number, offset: number): void {
    this.#catalog.setLogStart(topicId, partition, offset);
    this.#tidyJournal();
  }

  checkpointDue(partition: Checkpointed): void {
    this.#maintenance.checkpointDue(partition);
  }

  checkpointSoon(partition: Checkpointed): void {
    this.#maintenance.checkpointSoon(partition);
  }

  cleaningDue(partition: Cleaned): void {
    this.#maintenance.cleaningDue(partition);
  }

  setAside(name: string): void {
    this.#directory.setAside(name);
  }

  directoryMade(name: string): void {
    this.#directory.noteMade(name);
    this.#isRootUnsynced = true;
  }

  removeFiles(paths: string[]): void {
    this.#directory.removeFiles(paths);
  }

  /** In one turn, so that it is one moment for all partitions and for what coordinators wrote about them. */
  #capture(): StoreCapture {
    this.#checkOpen();
    const partitions: CapturedFile[] = [];
    const topicIds = new Map<string, { topic: string; topicId: string }>();
    for (const { topic, partition: index } of this.#directory.partitions()) {
      const partition = this.partition(topic, index) as Partition | undefined;
      if (partition === undefined) continue;
      partitions.push(...partition.capture());
      topicIds.set(`${topic}-${index}`, { topic, topicId: partition.topicId });
    }
    const entries = this.#catalog.liveEntries();
    let isHeld = true;
    return {
      dir: this.dir,
      files: this.pool.files,
      partitions,
      isGone: ({ path }) => {
        const captured = topicIds.get(directoryOf(path))!;
        return this.#catalog.byName(captured.topic)?.topicId !== captured.topicId;
      },
      rest: (gone) => {
        const kept = entries.filter((entry) => {
          if (entry[0] === 'topic-deleting') return false;
          return (
            entry[0] !== 'topic' || !Array.from({ length: entry[3] }).some((_, at) => gone.has(`${entry[1]}-${at}`))
          );
        });
        const journal = capturedJournal(kept, journalHeader);
        return [
          { path: journalName, sizeBytes: journal.length, content: journal },
          { path: cleanMarkerName, sizeBytes: cleanMarker.length, content: cleanMarker },
        ];
      },
      release: () => {
        if (isHeld) this.#maintenance.release();
        isHeld = false;
      },
    };
  }

  #open(topic: CatalogTopic, index: number): Partition {
    const partition = new Partition(this, topic, index);
    let partitions = this.#partitions.get(topic.name);
    if (partitions === undefined) this.#partitions.set(topic.name, (partitions = []));
    partitions[index] = partition;
    return partition;
  }

  async #checkPartitions(): Promise<void> {
    let count = 0;
    for (const { topic, partition } of this.#directory.partitions()) {
      const known = this.#catalog.byName(topic);
      if (known === undefined || partition >= known.partitions) continue;
      try {
        this.#open(known, partition).load();
      } catch (err) {
        // The others go on; this one tries again when it is used, and says why not.
        const message = `The log cannot be opened: ${(err as Error).message}`;
        this.recorder.add({ kind: 'unreadable', where: `${topic}-${partition}`, message });
      }
      if (++count % partitionsPerTurn === 0) await nextTurn();
    }
  }

  async #applyRetention(): Promise<void> {
    this.#journal.keepReserve();
    const now = this.#steadyTime.now();
    let count = 0;
    for (const { topic, partition: index } of [...this.#directory.partitions()]) {
      if (this.#closing !== null || this.#maintenance.isHeld) return;
      const partition = this.partition(topic, index) as Partition | undefined;
      try {
        await partition?.applyRetention(now);
        partition?.expireProducers(now);
        // Also those whose configuration or clock, not a closed segment, makes them due.
        if (partition?.isCleaningDue(now)) this.cleaningDue(partition);
      } catch (err) {
        this.logger.warn(
          { err, topic, partition: index },
          'retention of a partition failed; the next round tries again',
        );
      }
      if (++count % partitionsPerTurn === 0) await nextTurn();
    }
  }

  #tidyJournal(): void {
    try {
      this.#catalog.maintain();
    } catch (err) {
      this.logger.warn({ err }, 'the metadata journal could not be shortened; it goes on growing until it can');
    }
  }

  #checkOpen(): void {
    if (this.#closing !== null) {
      throw new StorageError(
        'HW_BROKER_STORAGE_CLOSED',
        'KAFKA_STORAGE_ERROR',
        'The log store is closed: the broker stops.',
      );
    }
  }

  async #close(): Promise<void> {
    await this.#maintenance.stop();
    let isSound = true;
    for (const partitions of this.#partitions.values()) {
      for (const partition of partitions) {
        if (partition === undefined) continue;
        isSound &&= !partition.hasFailed;
        partition.close();
      }
    }
    await this.#maintenance.settled();
    try {
      await this.flushMetadata();
      if (isSound) this.#directory.writeCleanMarker();
    } catch (err) {
      this.logger.warn({ err }, 'no clean shutdown; the next start checks all partitions');
    }
    this.#journal.close();
    await this.#directory.settled();
    this.#lock.release();
  }
}
