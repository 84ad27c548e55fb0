import { murmur2Partition } from '@headwater/protocol';
import type { RunningTask } from '../runtime/running-task.ts';
import type { TopologyInstance } from '../runtime/topology-instance.ts';
import { bufferOf } from '../stores/bytes.ts';
import type { StateStore, StoreSpec } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';

/** A store by its name, over all partitions. */
export interface QueryableStore {
  readonly spec: StoreSpec;
  /** What its serdes are told. */
  readonly topic: string;
  /** By partition. */
  readonly taskNames: readonly string[];
}

export interface QueryOptions {
  /** Of the topology that has the store. Default: the first that has one of the name. */
  topology?: string;
  /** Only rows of this partition, keys too: for topics whose keys are not placed by their bytes in the store. Default: all that are here. */
  partition?: number;
  /** Most records of its input that a task may not have worked on yet. Default: any number. */
  maxLagRecords?: number;
}

export interface LocalStoresOptions {
  readonly topologies: ReadonlyMap<string, TopologyInstance>;
  /** Those that run here, by name. */
  tasks(): ReadonlyMap<string, RunningTask>;
  /** Whether it runs here or is on its way to it. */
  isClaimed(taskName: string): boolean;
}

/** Finds the stores of the tasks that run here. */
export class LocalStores {
  readonly #options: LocalStoresOptions;
  /** What was found, by the layout that it was found in: another one has its own. */
  readonly #known = new WeakMap<object, Map<string, QueryableStore>>();

  constructor(options: LocalStoresOptions) {
    this.#options = options;
  }

  /** @throws StreamsError HW_STREAMS_NO_STORE */
  find(name: string, topologyName?: string): QueryableStore {
    const { topologies } = this.#options;
    if (topologyName !== undefined) {
      const topology = topologies.get(topologyName);
      const found = topology === undefined ? undefined : this.#storeOf(topology, name);
      if (found !== undefined) return found;
    } else {
      for (const topology of topologies.values()) {
        const found = this.#storeOf(topology, name);
        if (found !== undefined) return found;
      }
    }
    throw new StreamsError('HW_STREAMS_NO_STORE', `No topology has a store ${name}; name it with { store: '${name}' }`);
  }

  #storeOf(topology: TopologyInstance, name: string): QueryableStore | undefined {
    const { layout } = topology;
    if (layout === null) return undefined;
    let stores = this.#known.get(layout);
    if (stores === undefined) {
      stores = new Map();
      this.#known.set(layout, stores);
    }
    const known = stores.get(name);
    if (known !== undefined) return known;
    for (const { plan, tasksCount } of layout.subtopologies) {
      const spec = plan.stores.find((each) => each.name === name);
      if (spec === undefined) continue;
      const topic = plan.changelogs.get(name) ?? `${topology.plan.applicationId}-${name}-changelog`;
      const taskNames = Array.from(
        { length: tasksCount },
        (_, partition) => `${topology.name}/${plan.id}_${partition}`,
      );
      const found = { spec, topic, taskNames };
      stores.set(name, found);
      return found;
    }
    return undefined;
  }

  /** Names of all stores that there are. */
  names(): string[] {
    const plans = [...this.#options.topologies.values()].flatMap(({ layout }) => layout?.subtopologies ?? []);
    return [...new Set(plans.flatMap(({ plan }) => plan.stores.map(({ name }) => name)))];
  }

  /** Where a key is, as the default partitioner has it. */
  partitionOf({ spec, taskNames, topic }: QueryableStore, key: unknown): number {
    if (spec.serdes === undefined) {
      const message = `The store ${spec.name} is not asked by key: its spec has no serdes`;
      throw new StreamsError('HW_STREAMS_NO_STORE', message);
    }
    return murmur2Partition(bufferOf(spec.serdes.key.encode(key, topic)), taskNames.length);
  }

  /** The part of a store that has the key. @throws StreamsError HW_STREAMS_STORE_MOVED, HW_STREAMS_STORE_NOT_READY */
  ofKey<S extends StateStore>(store: QueryableStore, key: unknown, options: QueryOptions): S {
    const partition = options.partition ?? this.partitionOf(store, key);
    return this.#of<S>(store, store.taskNames[partition]!, options);
  }

  /** All parts that are here. @throws StreamsError HW_STREAMS_STORE_MOVED when none is, HW_STREAMS_STORE_NOT_READY */
  all<S extends StateStore>(store: QueryableStore, options: QueryOptions): S[] {
    const { partition } = options;
    const names = store.taskNames.filter(
      (name, index) => this.#options.isClaimed(name) && (partition === undefined || index === partition),
    );
    if (names.length === 0) throw moved(`No part of ${store.spec.name} is on this instance`);
    return names.map((name) => this.#of<S>(store, name, options));
  }

  #of<S extends StateStore>({ spec }: QueryableStore, taskName: string, { maxLagRecords }: QueryOptions): S {
    const running = this.#options.tasks().get(taskName);
    if (running === undefined) {
      if (!this.#options.isClaimed(taskName)) {
        throw moved(`The part of ${spec.name} in task ${taskName} is on another instance`);
      }
      throw notReady(`The part of ${spec.name} in task ${taskName} is being restored`);
    }
    if (maxLagRecords !== undefined) {
      const lag = lagRecordsOf(running);
      if (lag > maxLagRecords) {
        throw notReady(`Task ${taskName} is ${lag} records behind its input, and ${maxLagRecords} are allowed`);
      }
    }
    return running.task.stores.get(spec.name) as S;
  }
}

/** Records of its input that a task has not worked on yet; infinite while it does not know. */
export function lagRecordsOf({ positions, task }: RunningTask): number {
  let lag = 0;
  for (const queue of task.queues.values()) {
    if (queue.endOffset === -1) return Number.POSITIVE_INFINITY;
    const position = queue.nextOffset >= 0 ? queue.nextOffset : (positions.get(queue) ?? 0);
    lag += Math.max(0, queue.endOffset - position);
  }
  return lag;
}

function moved(message: string): StreamsError {
  return new StreamsError(
    'HW_STREAMS_STORE_MOVED',
    `${message}; ask the one that metadataForKey() tells, or again later`,
  );
}

function notReady(message: string): StreamsError {
  return new StreamsError('HW_STREAMS_STORE_NOT_READY', `${message}; ask again later`);
}
