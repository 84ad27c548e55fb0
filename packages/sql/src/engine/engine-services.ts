import type { RecordHeader } from '@headwater/protocol';
import type { Topology } from '@headwater/streams';
import type { TableView } from '../plan/physical/build-query.ts';
import type { QueryPlan } from '../plan/query-plan.ts';

export interface TopicDescription {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
}

export interface NewTopic extends TopicDescription {
  readonly configs: ReadonlyMap<string, string>;
}

export interface ProducedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly RecordHeader[];
  /** Default: by the key. */
  readonly partition?: number;
}

/** A record as the log has it. */
export interface TopicRecord extends ProducedRecord {
  readonly partition: number;
  readonly offset: number;
}

/** The cluster's topics, as far as statements have to do with them. */
export interface Topics {
  /** All that there are, hidden ones too. */
  list(): Promise<readonly TopicDescription[]>;
  /** Undefined where there is none of the name. */
  describe(name: string): Promise<TopicDescription | undefined>;
  create(topic: NewTopic): Promise<void>;
  delete(name: string): Promise<void>;
  produce(topic: string, record: ProducedRecord): Promise<void>;
  /** From the beginning to where it ends now, partition by partition; of transactions what was committed. */
  records(topic: string): AsyncIterable<TopicRecord>;
}

/** Where a group stands in a partition, and what there is to read. */
export interface PartitionOffsets {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  /** 0 where the group has committed none. */
  readonly consumerOffset: number;
}

/** Who reads a topic at present. */
export interface TopicReaders {
  readonly consumers: number;
  readonly groups: number;
}

/** The cluster's consumer groups, for those who look. */
export interface ConsumerGroups {
  /** By topic: all partitions of those that the group has committed offsets of. */
  offsetsOf(groupId: string): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>>;
  /** By topic; topics that nobody reads are left out. */
  readers(): Promise<ReadonlyMap<string, TopicReaders>>;
}

/** What a query has done on this server, with a topic that it reads or writes. */
export interface QueryStatistics {
  /** Records that it has worked on, and those that it could not. */
  readonly recordsIn: number;
  readonly recordsFailed: number;
  /** Those of them that went to its topic of dead letters. */
  readonly recordsDeadLettered: number;
  readonly recordsOut: number;
  /** Of the newest record, epoch milliseconds; null before the first. */
  readonly newestTimestampMs: number | null;
}

/** A query that runs until it is terminated. */
export interface PersistentQuery {
  readonly id: string;
  /** Names what runs: its topology, group, stores and internal topics. The id, until the query is rewound: then each generation has its own. */
  readonly runId: string;
  readonly kind: 'CREATE_AS' | 'INSERT' | 'CREATE_SOURCE';
  readonly statement: string;
  readonly plan: QueryPlan;
  readonly sourceNames: readonly string[];
  readonly sinkName: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Where its results can be looked up; null: of a stream. */
  readonly view: TableView | null;
  /** The topology, made anew for who runs it, when its schemas are registered. */
  build(): Promise<Topology>;
}

/** As ksqlDB calls them. */
export type QueryState = 'RUNNING' | 'PAUSED' | 'ERROR' | 'NOT_RUNNING';

/** Where persistent queries run. */
export interface QueryRuntime {
  start(query: PersistentQuery): Promise<void>;
  /** In the place of a query of the same id, with its state and its offsets. */
  replace(query: PersistentQuery): Promise<void>;
  /** It is gone for good: nothing that is its own remains. */
  stop(id: string): Promise<void>;
  /** Since it was started here; undefined where it does not run, or where nothing is counted. */
  statistics?(id: string): QueryStatistics | undefined;
  /** No record is worked on until it is resumed. */
  pause(id: string): Promise<void>;
  resume(id: string): Promise<void>;
  /** Left out by those that run nothing. */
  stateOf?(id: string): QueryState;
  /** Why a query is in the state ERROR; null: it is not. */
  errorOf?(id: string): unknown;
}
