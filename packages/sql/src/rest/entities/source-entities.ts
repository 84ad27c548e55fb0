import type { EntityHead, FieldInfo } from './entity.ts';

/** A line of SHOW STREAMS or TABLES. */
export interface SourceLine {
  readonly type: 'STREAM' | 'TABLE';
  readonly name: string;
  readonly topic: string;
  readonly keyFormat: string;
  readonly valueFormat: string;
  readonly isWindowed: boolean;
}

export interface StreamList extends EntityHead {
  readonly '@type': 'streams';
  readonly streams: readonly SourceLine[];
}

export interface TableList extends EntityHead {
  readonly '@type': 'tables';
  readonly tables: readonly SourceLine[];
}

export interface SourceDescription {
  readonly name: string;
  readonly windowType: string | null;
  readonly readQueries: readonly RunningQueryLine[];
  readonly writeQueries: readonly RunningQueryLine[];
  readonly fields: readonly FieldInfo[];
  readonly type: 'STREAM' | 'TABLE';
  readonly timestamp: string;
  readonly statistics: string;
  readonly errorStats: string;
  readonly extended: boolean;
  readonly keyFormat: string;
  readonly valueFormat: string;
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  readonly statement: string;
  readonly queryOffsetSummaries: readonly QueryOffsetSummary[];
  /** Sources made of this one: they have to be dropped before it. */
  readonly sourceConstraints: readonly string[];
  readonly clusterStatistics: readonly HostStatistic[];
  readonly clusterErrorStats: readonly HostStatistic[];
}

/** How far a query has come in the topics that it reads. */
export interface QueryOffsetSummary {
  readonly groupId: string;
  readonly topicSummaries: readonly {
    readonly kafkaTopic: string;
    readonly offsets: readonly {
      readonly partition: number;
      readonly logStartOffset: number;
      readonly logEndOffset: number;
      readonly consumerOffset: number;
    }[];
  }[];
}

/** What a server has counted of a topic. */
export interface HostStatistic {
  readonly host: string;
  readonly name: string;
  readonly value: number;
  /** Of the newest record, epoch milliseconds; 0 before the first. */
  readonly timestamp: number;
}

export interface SourceDescriptionEntity extends EntityHead {
  readonly '@type': 'sourceDescription';
  readonly sourceDescription: SourceDescription;
}

export interface SourceDescriptionList extends EntityHead {
  readonly '@type': 'source_descriptions';
  readonly sourceDescriptions: readonly SourceDescription[];
}

/** Beyond ksqlDB: of a query's new generation, which is rebuilt beside the one that runs. */
export interface RewindInfo {
  /** The id of the query whose place it is to take. */
  readonly of: string;
  readonly statement: string;
  readonly state: 'rewinding' | 'swapping' | 'failed';
  /** 0 to 100. */
  readonly percent: number;
  /** Both about. */
  readonly recordsTotal: number;
  readonly recordsLeft: number;
  readonly etaMs: number | null;
  readonly error: string | null;
}

/** A line of SHOW QUERIES. */
export interface RunningQueryLine {
  readonly queryString: string;
  readonly sinks: readonly string[];
  readonly sinkKafkaTopics: readonly string[];
  readonly id: string;
  readonly statusCount: Readonly<Record<string, number>>;
  readonly queryType: 'PERSISTENT' | 'PUSH' | 'CREATE_SOURCE';
  readonly state: string;
  readonly rewind?: RewindInfo;
}

export interface QueryList extends EntityHead {
  readonly '@type': 'queries';
  readonly queries: readonly RunningQueryLine[];
}

export interface QueryDescription {
  readonly id: string;
  readonly statementText: string;
  readonly windowType: string | null;
  readonly fields: readonly FieldInfo[];
  readonly sources: readonly string[];
  readonly sinks: readonly string[];
  readonly topology: string;
  readonly executionPlan: string;
  readonly overriddenProperties: Readonly<Record<string, unknown>>;
  readonly ksqlHostQueryStatus: Readonly<Record<string, string>>;
  readonly queryType: string;
  readonly queryErrors: readonly unknown[];
  readonly tasksMetadata: readonly unknown[];
  readonly consumerGroupId: string | null;
  readonly state: string | null;
  readonly rewind?: RewindInfo;
}

export interface QueryDescriptionEntity extends EntityHead {
  readonly '@type': 'queryDescription';
  readonly queryDescription: QueryDescription;
}

export interface QueryDescriptionList extends EntityHead {
  readonly '@type': 'query_descriptions';
  readonly queryDescriptions: readonly QueryDescription[];
}
