import { OffsetSpec } from '@headwater/client';
import type { StateStore } from '../stores/state-store.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { RecordSink } from './record-sink.ts';
import { type Restoration, restoreStores } from './restore.ts';
import type { RunningTask } from './running-task.ts';
import type { Settings } from './streams-options.ts';
import { Task } from './task.ts';
import { splitTaskName, type TopologyInstance } from './topology-instance.ts';

export interface TaskOpenerOptions {
  readonly settings: Settings;
  readonly topologies: ReadonlyMap<string, TopologyInstance>;
  readonly sink: RecordSink;
  /** By topic, of all there are. */
  readonly partitions: ReadonlyMap<string, number>;
  onCommitRequest(): void;
  onResume(): void;
}

/** Makes tasks: with their stores filled, and with the offsets where their input goes on. */
export class TaskOpener {
  readonly #options: TaskOpenerOptions;

  constructor(options: TaskOpenerOptions) {
    this.#options = options;
  }

  /** Names that no topology here has are left out: another version of the application knows them. */
  async open(names: readonly string[], signal: AbortSignal): Promise<RunningTask[]> {
    const opened: RunningTask[] = [];
    try {
      for (const name of names) {
        const running = this.#make(name);
        if (running !== null) opened.push(running);
      }
      await this.#findPositions(opened, signal);
      await this.#restore(opened, signal);
      for (const { task } of opened) task.init();
      return opened;
    } catch (error) {
      for (const { task } of opened) task.close();
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
    const { clock, errors, isEachUpdateSent, logger } = settings;
    const task = new Task(subtopology.plan, partition, topics, {
      applicationId: topology.plan.applicationId,
      clock,
      logger,
      errors,
      sink,
      isEachUpdateSent,
      globalStores: new Map<string, StateStore>(),
      onCommitRequest: () => this.#options.onCommitRequest(),
      onResume: () => this.#options.onResume(),
    });
    return { name, task, topology, committed: new Map(), positions: new Map(), isEnding: false };
  }

  /** Each queue goes on at the committed offset, or where its source says that one begins. */
  async #findPositions(opened: readonly RunningTask[], signal: AbortSignal): Promise<void> {
    const { client, isolation, offsetReset } = this.#options.settings;
    const missing: Record<string, Record<number, number>> = {};
    for (const [{ groupId }, list] of Map.groupBy(opened, ({ topology }) => topology)) {
      const partitions: Record<string, number[]> = {};
      for (const { partition, topic } of queuesOf(list)) (partitions[topic] ??= []).push(partition);
      const committed = await client.committedOffsets(groupId, { partitions, requireStable: true, signal });
      const found = new Map(committed.map(({ offset, partition, topic }) => [`${topic}/${partition}`, offset]));
      for (const { committed: known, positions, task } of list) {
        for (const queue of task.queues.values()) {
          const offset = found.get(`${queue.topic}/${queue.partition}`) ?? -1;
          if (offset >= 0) {
            positions.set(queue, offset);
            known.set(queue.topic, offset);
            queue.nextOffset = offset;
          } else {
            (missing[queue.topic] ??= {})[queue.partition] = OffsetSpec[queue.source.offsetReset ?? offsetReset];
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

  async #restore(opened: readonly RunningTask[], signal: AbortSignal): Promise<void> {
    const { settings } = this.#options;
    const restorations = opened.flatMap(({ positions, task }) =>
      Array.from(task.plan.changelogs, ([name, topic]): Restoration => {
        const source = task.queues.get(topic);
        return {
          store: task.stores.get(name)!,
          topic,
          partition: task.partition,
          fromOffset: -1,
          // A table's own topic is its changelog: what is behind the position is state, the rest is input.
          toOffset: source === undefined ? undefined : positions.get(source)!,
        };
      }),
    );
    await restoreStores(settings.client, restorations, { isolation: settings.isolation, signal });
  }
}

function queuesOf(list: readonly RunningTask[]): PartitionQueue[] {
  return list.flatMap(({ task }) => [...task.queues.values()]);
}
