import { OffsetSpec } from '@headwater/client';
import { RestoringCheckpoint } from '../checkpoint/restoring-checkpoint.ts';
import type { StateDirectory } from '../checkpoint/state-directory.ts';
import { type DiskStore, isDiskStore } from '../stores/disk/disk-store.ts';
import type { GlobalTables } from './global-tables.ts';
import { decodeOffsetMetadata } from './offset-metadata.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { RecordSink } from './record-sink.ts';
import { restoreStores } from './restore.ts';
import type { RestoreProgress } from './restore-progress.ts';
import type { RunningTask } from './running-task.ts';
import type { WarmRestoration, WarmTask } from './standby-tasks.ts';
import type { Settings } from './streams-options.ts';
import { Task } from './task.ts';
import { TaskFailure } from './task-failure.ts';
import { splitTaskName, type TopologyInstance } from './topology-instance.ts';

export interface TaskOpenerOptions {
  readonly settings: Settings;
  readonly topologies: ReadonlyMap<string, TopologyInstance>;
  readonly sink: RecordSink;
  /** By topic, of all there are. */
  readonly partitions: ReadonlyMap<string, number>;
  readonly progress: RestoreProgress;
  /** Null: state is in memory and in the changelogs only. */
  readonly stateDirectory: StateDirectory | null;
  readonly globals: GlobalTables;
  /** Resolves when it is known how large records may be. */
  limitsKnown(): Promise<void>;
  onCommitRequest(): void;
  onResume(): void;
}

/** Groups whose offsets are asked for at the same time. */
const groupsAtOnce = 64;

/** Makes tasks: with their stores filled, and with the offsets where their input goes on. */
export class TaskOpener {
  readonly #options: TaskOpenerOptions;

  constructor(options: TaskOpenerOptions) {
    this.#options = options;
  }

  /**
   * Names that no topology here has are left out: another version of the application knows them. `takeWarm` gives those out of hand that
   * were standbys.
   */
  async open(
    names: readonly string[],
    signal: AbortSignal,
    takeWarm: (name: string) => WarmTask | undefined,
  ): Promise<RunningTask[]> {
    const opened: RunningTask[] = [];
    const warm = new Map<RunningTask, WarmTask>();
    try {
      for (const name of names) {
        const standby = takeWarm(name);
        const running = standby?.running ?? this.#make(name);
        if (running !== null) opened.push(running);
        if (standby !== undefined) warm.set(standby.running, standby);
      }
      for (const { plan } of new Set(opened.map(({ topology }) => topology))) {
        await this.#options.globals.whole(plan, signal);
      }
      await this.#findPositions(opened, signal);
      await this.#restore(opened, warm, signal);
      await this.#options.limitsKnown();
      for (const { task, topology } of opened) {
        try {
          task.init();
        } catch (error) {
          throw new TaskFailure(topology, error);
        }
      }
      return opened;
    } catch (error) {
      for (const { checkpoint, task } of opened) {
        task.close();
        void checkpoint?.close();
      }
      throw error;
    }
  }

  /** A task that is not to work, with its state as this instance has it: to be kept warm from there. Null: no topology here has it. */
  async openStandby(name: string, signal: AbortSignal): Promise<WarmTask | null> {
    const running = this.#make(name);
    if (running === null) return null;
    try {
      await this.#findPositions([running], signal);
      const restorations = await this.#restorationsOf(running);
      const wanted: Record<string, Record<number, number>> = {};
      for (const { isFollowed, partition, topic } of restorations) {
        if (isFollowed) (wanted[topic] ??= {})[partition] = OffsetSpec.earliest;
      }
      const starts = await this.#options.settings.client.listOffsetsOf(wanted, { signal });
      for (const each of restorations) {
        if (each.isFollowed) each.fromOffset = Math.max(each.fromOffset, starts[each.topic]![each.partition]!.offset);
      }
      return { running, restorations };
    } catch (error) {
      running.task.close();
      void running.checkpoint?.close();
      throw error;
    }
  }

  #make(name: string): RunningTask | null {
    const { partitions, settings, sink, topologies } = this.#options;
    const topology = topologies.get(splitTaskName(name)[0]);
    const found = topology?.taskOf(name);
    if (topology === undefined || found === undefined) return null;
    const { partition, subtopology } = found;
    const topics = new Map(
      Array.from(subtopology.topics, ([source, list]) => [
        source,
        list.filter((topic) => partition < (partitions.get(topic) ?? 0)),
      ]),
    );
    const { areOperatorsCounted, clock, logger, tracer } = settings;
    const checkpoint = this.#options.stateDirectory?.task(name) ?? null;
    const task = new Task(subtopology.plan, partition, topics, {
      applicationId: topology.plan.applicationId,
      clock,
      logger,
      errors: topology.errors,
      sink,
      isEachUpdateSent: topology.isEachUpdateSent,
      areOperatorsCounted,
      tracer,
      groupId: settings.applicationId,
      checkpoint,
      home: { storage: settings.storage, memory: settings.stateMemory },
      globalStores: this.#options.globals.storesOf(topology.plan),
      onCommitRequest: () => this.#options.onCommitRequest(),
      onResume: () => this.#options.onResume(),
    });
    return { name, task, checkpoint, topology, committed: new Map(), positions: new Map(), isEnding: false };
  }

  /** Each queue goes on at the committed offset, or where its source says that one begins. */
  async #findPositions(opened: readonly RunningTask[], signal: AbortSignal): Promise<void> {
    const { client, isolation, offsetReset } = this.#options.settings;
    const missing: Record<string, Record<number, number>> = {};
    // A standby has some of an earlier time.
    for (const { committed, positions } of opened) {
      committed.clear();
      positions.clear();
    }
    const byGroup = [...Map.groupBy(opened, ({ topology }) => topology)];
    for (let at = 0; at < byGroup.length; at += groupsAtOnce) {
      const lot = byGroup.slice(at, at + groupsAtOnce);
      const committed = await Promise.all(
        lot.map(([{ groupId }, list]) => {
          const partitions: Record<string, number[]> = {};
          for (const { partition, topic } of queuesOf(list)) (partitions[topic] ??= []).push(partition);
          return client.committedOffsets(groupId, { partitions, requireStable: true, signal });
        }),
      );
      for (const [index, [, list]] of lot.entries()) {
        const found = new Map(committed[index]!.map((each) => [`${each.topic}/${each.partition}`, each]));
        for (const { committed: known, positions, task } of list) {
          for (const queue of task.queues.values()) {
            const { metadata = null, offset = -1 } = found.get(`${queue.topic}/${queue.partition}`) ?? {};
            if (offset >= 0) {
              task.restoreTimes(queue, decodeOffsetMetadata(metadata));
              positions.set(queue, offset);
              known.set(queue.topic, offset);
              queue.nextOffset = offset;
            } else {
              (missing[queue.topic] ??= {})[queue.partition] = OffsetSpec[queue.source.offsetReset ?? offsetReset];
            }
          }
        }
      }
    }
    if (Object.keys(missing).length === 0) return;
    const found = await client.listOffsetsOf(missing, { isolation, signal });
    for (const { positions, task } of opened) {
      for (const queue of task.queues.values()) {
        if (!positions.has(queue)) positions.set(queue, found[queue.topic]![queue.partition]!.offset);
      }
    }
  }

  async #restore(
    opened: readonly RunningTask[],
    warm: ReadonlyMap<RunningTask, WarmTask>,
    signal: AbortSignal,
  ): Promise<void> {
    const { settings } = this.#options;
    const lists = await Promise.all(
      opened.map((running) => {
        const standby = warm.get(running);
        if (standby === undefined) return this.#restorationsOf(running);
        return standby.restorations.map((each) => ({ ...each, toOffset: offsetMaxOf(running, each.topic) }));
      }),
    );
    const restorations = lists.flatMap((list, index) => list.map((each) => this.#told(opened[index]!, each)));
    let ends: number[];
    try {
      ends = await restoreStores(settings.client, restorations, { isolation: settings.isolation, signal });
    } catch (error) {
      for (const { place } of restorations) this.#options.progress.drop(place);
      throw error;
    }
    restorations.forEach(({ onRestored, place }, index) => {
      onRestored?.(ends[index]!);
      this.#options.progress.end(place);
    });
    for (const [index, { fromOffset, partition, topic }] of restorations.entries()) {
      const toOffset = ends[index]!;
      settings.logger.info({ topic, partition, fromOffset, toOffset }, 'a store was restored from its changelog');
    }
  }

  /** With word of how it goes on. */
  #told({ task, topology }: RunningTask, restoration: WarmRestoration) {
    const { progress } = this.#options;
    const { partition, storeName: store, topic } = restoration;
    const place = { topology: topology.name, taskId: task.taskId, store, topic, partition };
    return {
      ...restoration,
      place,
      onBegin: (fromOffset: number, endOffset: number) => progress.begin(place, endOffset - fromOffset),
      onProgress(nextOffset: number, endOffset: number) {
        progress.advance(place, endOffset - nextOffset);
        return restoration.onProgress?.(nextOffset, endOffset);
      },
    };
  }

  /** From the checkpoint's end where there is one, else from the changelog's beginning. */
  async #restorationsOf(running: RunningTask): Promise<WarmRestoration[]> {
    const { checkpoint, name, task } = running;
    const stores = Array.from(task.plan.changelogs, ([store, topic]) => {
      return {
        name: store,
        store: task.stores.get(store)!,
        restorer: task.restorer(store),
        topic,
        partition: task.partition,
        expiry: task.plan.stores.find((each) => each.name === store)?.expiry ?? null,
        offsetMax: offsetMaxOf(running, topic),
      };
    });
    const unlogged = [...task.stores.values()].filter(
      (store): store is DiskStore => isDiskStore(store) && !task.plan.changelogs.has(store.name),
    );
    const offsets =
      checkpoint === null ? [] : await this.#options.stateDirectory!.restore(name, checkpoint, stores, unlogged);
    return stores.map(({ name: store, offsetMax, partition, topic }, index): WarmRestoration => {
      const target = task.stores.get(store)!;
      const file = checkpoint?.files.get(store);
      const fromOffset = offsets[index] ?? -1;
      const place = {
        storeName: store,
        topic,
        partition,
        fromOffset,
        toOffset: offsetMax,
        isFollowed: offsetMax === undefined,
      };
      if (isDiskStore(target)) {
        const { table } = target;
        const restored = (nextOffset: number) => table.restored(nextOffset);
        return { ...place, store: target, onProgress: restored, onRestored: restored };
      }
      if (file === undefined) return { ...place, store: task.restorer(store) };
      const restoring = new RestoringCheckpoint(task.restorer(store), file);
      return {
        ...place,
        store: restoring,
        onProgress: (nextOffset) => restoring.progress(nextOffset),
        onRestored: (nextOffset) => restoring.flush(nextOffset),
      };
    });
  }
}

/** A table's own topic is its changelog: what is behind the position is state, the rest is input. Undefined: all of it is state. */
function offsetMaxOf({ positions, task }: RunningTask, changelog: string): number | undefined {
  const source = task.queues.get(changelog);
  return source === undefined ? undefined : positions.get(source)!;
}

function queuesOf(list: readonly RunningTask[]): PartitionQueue[] {
  return list.flatMap(({ task }) => [...task.queues.values()]);
}
