import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { openRecords } from '@headwater/protocol';
import { type DiskStore, isDiskStore } from '../stores/disk/disk-store.ts';
import { nodeFiles } from '../stores/disk/state-files.ts';
import { readManifest } from '../stores/disk/table-manifest.ts';
import type { RowExpiry, StateStore } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import type { CheckpointHeader } from './checkpoint-frames.ts';
import { type DirectoryLock, takeLock } from './directory-lock.ts';
import { type CheckpointSummary, checkCheckpoint, readFrames } from './read-checkpoint.ts';
import { TaskCheckpoint } from './task-checkpoint.ts';

export interface StateDirectoryOptions {
  readonly dir: string;
  readonly applicationId: string;
  /** How long the state of a task is kept that works elsewhere. */
  readonly cleanupDelayMs: number;
  readonly client: KafkaClient;
  readonly logger: Logger;
}

/** A store that has a changelog. */
export interface CheckpointedStore {
  readonly name: string;
  readonly store: StateStore;
  /** Where its rows are put back. */
  readonly restorer: Pick<StateStore, 'restore'>;
  readonly topic: string;
  readonly partition: number;
  readonly expiry: RowExpiry | null;
  /** Undefined: all that the changelog has may be in it. */
  readonly offsetMax: number | undefined;
}

const cleanupIntervalMs = 60_000;
/** A compacted topic forgets that rows were taken away after a day (`delete.retention.ms`): older state may have rows that are gone. */
const ageMaxMs = 24 * 60 * 60 * 1000;

/**
 * Where an instance keeps the state of its tasks: a directory for each task, a file for each store. One process has it at a time.
 */
export class StateDirectory {
  readonly #options: StateDirectoryOptions;
  readonly #root: string;
  readonly #lock: DirectoryLock;
  readonly #open = new Map<string, TaskCheckpoint>();
  readonly #closing = new Map<string, Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  #lags = new Map<string, number>();

  /** @throws StreamsError HW_STREAMS_STATE_DIR_LOCKED */
  constructor(options: StateDirectoryOptions) {
    this.#options = options;
    this.#root = join(options.dir, options.applicationId);
    mkdirSync(this.#root, { recursive: true });
    this.#lock = takeLock(join(this.#root, 'lock'));
    this.#timer = setInterval(() => this.cleanUp(), cleanupIntervalMs);
    this.#timer.unref();
  }

  /** For a task that is being made; its files are there after `restore`. */
  task(name: string): TaskCheckpoint {
    const checkpoint = new TaskCheckpoint((closing) => {
      if (this.#open.get(name) === checkpoint) this.#open.delete(name);
      const done = closing.finally(() => {
        if (this.#closing.get(name) === done) this.#closing.delete(name);
      });
      this.#closing.set(name, done);
      done.catch(() => {});
      this.#touch(name);
    });
    this.#open.set(name, checkpoint);
    return checkpoint;
  }

  /**
   * Fills stores with what there is on the disk; the changelogs' offsets from which they are to be filled further, -1 from the beginning.
   * `unlogged`: stores on the disk that begin empty.
   *
   * @throws StreamsError HW_STREAMS_STORE
   */
  async restore(
    taskName: string,
    checkpoint: TaskCheckpoint,
    stores: readonly CheckpointedStore[],
    unlogged: readonly DiskStore[] = [],
  ): Promise<number[]> {
    await this.#closing.get(taskName)?.catch(() => {});
    mkdirSync(this.#dirOf(taskName), { recursive: true });
    for (const store of unlogged) {
      this.#openTable(taskName, store, '', { topic: '', partition: -1 });
      store.table.reset();
    }
    const found = await Promise.all(stores.map((each) => this.#check(taskName, each)));
    const bounds = await this.#boundsOf(stores.filter((_, index) => found[index] !== null));
    const offsets: number[] = [];
    for (const [index, each] of stores.entries()) {
      const path = this.#pathOf(taskName, each.name);
      const summary = found[index] ?? null;
      const isUsable = summary !== null && this.#isWithin(summary, each, bounds, path);
      if (isDiskStore(each.store)) {
        const { table } = each.store;
        if (!isUsable) table.reset();
        checkpoint.tables.set(each.name, table);
        offsets.push(table.nextOffset);
        continue;
      }
      if (isUsable && 'validBytes' in summary) await replay(path, summary.validBytes, each.restorer);
      const { logger } = this.#options;
      const options = {
        path,
        header: this.#headerOf(taskName, each),
        expiry: each.expiry,
        logger,
        liveCount: () => each.store.count,
      };
      const whole = isUsable && 'validBytes' in summary ? summary : null;
      try {
        checkpoint.files.set(each.name, new CheckpointFile(options, whole));
      } catch (error) {
        logger.error({ error, path }, 'a checkpoint cannot be written: the store goes on without one');
      }
      offsets.push(isUsable ? summary.nextOffset : -1);
    }
    return offsets;
  }

  /** How far the state of tasks that are not open here is behind their changelogs, in records. */
  get lags(): ReadonlyMap<string, number> {
    return this.#lags;
  }

  /** Looks anew at what there is and how far it is behind. */
  async refreshLags(): Promise<void> {
    const lags = new Map<string, number>();
    const known: { task: string; topic: string; partition: number; nextOffset: number }[] = [];
    for (const task of this.#taskNames()) {
      if (this.#open.has(task) || this.#closing.has(task)) continue;
      for (const file of readdirSync(this.#dirOf(task))) {
        const found = await standOf(join(this.#dirOf(task), file));
        if (found === null || found.nextOffset < 0) continue;
        known.push({ task, partition: Number(task.slice(task.lastIndexOf('_') + 1)), ...found });
      }
    }
    const bounds = await this.#boundsOf(known).catch(() => new Map<string, Bounds>());
    for (const { nextOffset, partition, task, topic } of known) {
      const end = bounds.get(`${topic}/${partition}`)?.end;
      if (end === undefined || nextOffset > end) continue;
      lags.set(task, (lags.get(task) ?? 0) + end - nextOffset);
    }
    this.#lags = lags;
  }

  /** Takes away the state of tasks that have worked elsewhere for long. */
  cleanUp(): void {
    const { cleanupDelayMs, logger } = this.#options;
    for (const task of this.#taskNames()) {
      if (this.#open.has(task) || this.#closing.has(task)) continue;
      const path = this.#dirOf(task);
      try {
        if (Date.now() - statSync(path).mtimeMs < cleanupDelayMs) continue;
        rmSync(path, { recursive: true, force: true });
        logger.info({ task }, 'the state of a task that works elsewhere was taken away');
      } catch (error) {
        logger.warn({ error, task }, 'the state of a task that works elsewhere cannot be taken away');
      }
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(Array.from(this.#open.values(), (checkpoint) => checkpoint.close().catch(() => {})));
    await Promise.all(Array.from(this.#closing.values(), (closing) => closing.catch(() => {})));
    this.#lock.release();
  }

  /** Of a store that keeps itself on the disk: what it goes on from. */
  #openTable(
    taskName: string,
    store: DiskStore,
    identity: string,
    { partition, topic }: { topic: string; partition: number },
  ): Found | null {
    const { logger } = this.#options;
    const path = this.#tablePathOf(taskName, store.name);
    const { table } = store;
    table.onFailure = (error) => {
      const { failures, nextOffset } = table;
      const fields = { error, task: taskName, store: store.name, topic, partition, nextOffset, failures };
      logger.error(fields, 'a store cannot be written to the disk; trying on. See that there is room');
    };
    try {
      // It may have been in memory before.
      rmSync(this.#pathOf(taskName, store.name), { force: true });
      const { manifest, reason } = table.open(path, identity);
      return reason !== '' && identity !== '' ? this.#dropped(path, reason) : manifest;
    } catch (error) {
      const message = `The store ${store.name} of task ${taskName} cannot be opened at ${path}: ${(error as Error).message}`;
      throw new StreamsError('HW_STREAMS_STORE', message, { cause: error });
    }
  }

  async #check(taskName: string, store: CheckpointedStore): Promise<Found | null> {
    if (isDiskStore(store.store)) {
      return this.#openTable(taskName, store.store, JSON.stringify(this.#headerOf(taskName, store)), store);
    }
    const path = this.#pathOf(taskName, store.name);
    rmSync(this.#tablePathOf(taskName, store.name), { recursive: true, force: true });
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    const summary = await checkCheckpoint(path).catch(() => null);
    if (summary === null) return this.#dropped(path, 'it is damaged');
    if (summary.nextOffset < 0) return summary.validBytes < stats.size ? this.#dropped(path, 'it is damaged') : null;
    if (summary.validBytes < stats.size) {
      const unusedBytes = stats.size - summary.validBytes;
      this.#options.logger.info(
        { path, unusedBytes },
        'a checkpoint ends with a write that was cut off: it is used up to there',
      );
    }
    const expected = JSON.stringify(this.#headerOf(taskName, store));
    if (JSON.stringify(summary.header) !== expected) return this.#dropped(path, 'it is of another topology');
    if (Date.now() - stats.mtimeMs > ageMaxMs) return this.#dropped(path, 'it is older than a day');
    return summary;
  }

  #isWithin(summary: Found, store: CheckpointedStore, bounds: Map<string, Bounds>, path: string): boolean {
    const { nextOffset } = summary;
    const { end, start } = bounds.get(`${store.topic}/${store.partition}`)!;
    if (nextOffset > Math.min(end, store.offsetMax ?? end)) {
      this.#dropped(path, `it goes to offset ${nextOffset}, and the changelog to ${end} only: it was made anew`);
      return false;
    }
    if ('savedAtMs' in summary && nextOffset < end && Date.now() - summary.savedAtMs > ageMaxMs) {
      this.#dropped(path, 'it is older than a day');
      return false;
    }
    if (nextOffset < start) {
      this.#dropped(path, `it ends at offset ${nextOffset}, and the changelog begins at ${start}`);
      return false;
    }
    return true;
  }

  #dropped(path: string, reason: string): null {
    this.#options.logger.warn(
      { path, reason },
      `a checkpoint is not used: ${reason}; the changelog is read from its beginning`,
    );
    return null;
  }

  async #boundsOf(wanted: readonly { topic: string; partition: number }[]): Promise<Map<string, Bounds>> {
    const bounds = new Map<string, Bounds>();
    if (wanted.length === 0) return bounds;
    const ask = (spec: number) => {
      const request: Record<string, Record<number, number>> = {};
      for (const { partition, topic } of wanted) (request[topic] ??= {})[partition] = spec;
      return this.#options.client.listOffsetsOf(request, { isolation: 'read_uncommitted' });
    };
    const [starts, ends] = await Promise.all([ask(OffsetSpec.earliest), ask(OffsetSpec.latest)]);
    for (const { partition, topic } of wanted) {
      const start = starts[topic]![partition]!.offset;
      bounds.set(`${topic}/${partition}`, { start, end: ends[topic]![partition]!.offset });
    }
    return bounds;
  }

  #headerOf(task: string, { name, topic }: CheckpointedStore): CheckpointHeader {
    return { format: 1, applicationId: this.#options.applicationId, task, store: name, topic };
  }

  #taskNames(): string[] {
    return readdirSync(this.#root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => decodeURIComponent(name));
  }

  #dirOf(task: string): string {
    return join(this.#root, encodeURIComponent(task));
  }

  #pathOf(task: string, store: string): string {
    return join(this.#dirOf(task), `${encodeURIComponent(store)}.log`);
  }

  #tablePathOf(task: string, store: string): string {
    return join(this.#dirOf(task), `${encodeURIComponent(store)}.rows`);
  }

  /** From now on its time as state of elsewhere runs. */
  #touch(task: string): void {
    try {
      utimesSync(this.#dirOf(task), new Date(), new Date());
    } catch {
      // It has no state.
    }
  }
}

/** What there is of a store: its file, or its own manifest. */
type Found = CheckpointSummary | { readonly nextOffset: number; readonly savedAtMs: number };

interface Bounds {
  readonly start: number;
  readonly end: number;
}

async function replay(path: string, validBytes: number, store: Pick<StateStore, 'restore'>): Promise<void> {
  for await (const { content, kind } of readFrames(path, validBytes)) {
    if (kind !== 'rows') continue;
    const cursor = openRecords(content);
    while (cursor.next()) store.restore(cursor.key()!, cursor.value(), cursor.timestamp);
  }
}

/** The changelog of a store's file or directory, and how far it goes. */
async function standOf(path: string): Promise<{ topic: string; nextOffset: number } | null> {
  if (path.endsWith('.rows')) {
    const manifest = readManifest(nodeFiles, path);
    if (manifest === null || manifest.identity === '') return null;
    return { topic: (JSON.parse(manifest.identity) as CheckpointHeader).topic, nextOffset: manifest.nextOffset };
  }
  if (!path.endsWith('.log')) return null;
  const summary = await checkCheckpoint(path).catch(() => null);
  return summary === null ? null : { topic: summary.header.topic, nextOffset: summary.nextOffset };
}
