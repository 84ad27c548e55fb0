/** What the parts answer, as far as the console reads it. */

/** `GET /api/kafka/flow`: who produces to and fetches from which topic; counters run from the broker's start. */
export interface KafkaFlow {
  at: number;
  clients: KafkaFlowClient[];
  topics: {
    topic: string;
    partitions: number;
    recordsIn: number;
    bytesIn: number;
    recordsOut: number;
    bytesOut: number;
  }[];
}

export interface KafkaFlowClient {
  clientId: string;
  groupId: string | null;
  topic: string;
  direction: 'produce' | 'fetch';
  records: number;
  bytes: number;
  lastAt: number;
}

/** `topics` events of `GET /api/topics/_live`, once a second. */
export interface TopicsLive {
  at: number;
  topics: { name: string; partitions: number; records: number; recordsPerSecond: number }[];
  groups: {
    groupId: string;
    state: string;
    members: string[];
    topics: { topic: string; lagRecords: number; recordsPerSecond: number }[];
  }[];
}

/** `GET /api/search/_headwater/flow`: who indexes into and searches which index. */
export interface SearchFlow {
  at: number;
  clients: {
    client: string;
    index: string;
    direction: 'index' | 'search';
    documents: number;
    requests: number;
    lastAt: number;
  }[];
  indices: { index: string; documents: number; indexedTotal: number; searchesTotal: number }[];
}

/** `GET /api/postgres/flow`: who asks which database of the analytics store; counters run from its start. */
export interface DatabaseFlow {
  at: number;
  clients: { client: string; database: string; statements: number; lastAt: number }[];
  databases: { database: string; isRunning: boolean; sessions: number }[];
}

/** Who calls which service, as the callers count it in their metrics. */
export interface CallFlow {
  at: number;
  calls: {
    from: string;
    to: string;
    /** Since the callers started. */
    total: number;
    perSecond: number;
  }[];
}

/** A key, value or header value of a record in `format=text`. */
export interface RecordData {
  text?: string;
  base64?: string;
  /** Of a key that is a number in Kafka's binary form; the text is then its digits. */
  format?: 'int32' | 'int64';
  sizeBytes: number;
  truncated?: boolean;
  /** The registered schema that it was written by; the text is then its JSON. */
  schema?: { id: number | string; type: string; subject?: string; version?: number };
  /** Why the bytes cannot be read by their schema. */
  error?: string;
}

export interface LogRecord {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  timestampType: string;
  key: RecordData | null;
  value: RecordData | null;
  headers: { key: string; value: RecordData | null }[];
}

export interface ConsumePage {
  topic: string;
  records: LogRecord[];
  /** The newer end of the page, as `partition:offset,…`: ascending goes on from here. */
  cursor: string;
  /** Its older end: descending goes on below it. */
  previousCursor: string;
  scannedRecords: number;
  partitions: { partition: number; earliest: number; latest: number }[];
}

export interface TopicList {
  total: number;
  page: number;
  pageSize: number;
  topics: TopicSummary[];
}

export interface TopicSummary {
  name: string;
  internal: boolean;
  partitions: number;
  replicationFactor: number;
  records: number;
  groups: { groupId: string; lagRecords: number }[];
}

export interface TopicDetail {
  name: string;
  topicId: string;
  internal: boolean;
  partitions: { partition: number; leader: number; earliest: number; latest: number; records: number }[];
  configs: { name: string; value: string | null; isDefault: boolean }[];
  groups: TopicGroup[];
}

export interface TopicGroup {
  groupId: string;
  state: string;
  lagRecords: number;
  partitions: { partition: number; committed: number | null; latest: number; lagRecords: number }[];
}

export interface GroupSummary {
  groupId: string;
  state: string;
  protocolType: string;
  members: number;
  topics: string[];
  lagRecords: number;
}

export interface GroupDetail {
  groupId: string;
  state: string;
  protocolType: string;
  members: {
    memberId: string;
    clientId: string;
    host: string;
    assignments: { topic: string; partitions: number[] }[];
  }[];
  offsets: {
    topic: string;
    partition: number;
    committed: number | null;
    latest: number;
    lagRecords: number;
  }[];
}
