/** A topology in JSON, from which the same is made here and by Kafka Streams (java/TopologyMaker.java). */
export interface Step {
  /** Under this name later steps find it: `from`, `with`. The streams of a `branch` are `ID.0`, `ID.1`, … */
  id: string;
  op: string;
  from?: string;
  with?: string;
  topic?: string;
  /** A function by its name; see functions.ts. */
  fn?: string;
  fns?: string[];
  /** A value function that makes a key. */
  key?: string;
  foreignKey?: string;
  name?: string;
  store?: string;
  /** `value`: a record's time is the number that its value is. */
  time?: 'value';
  sizeMs?: number;
  advanceMs?: number;
  gapMs?: number;
  graceMs?: number;
  withinMs?: number;
  beforeMs?: number;
  afterMs?: number;
  retentionMs?: number;
  limitMs?: number;
  recordsMax?: number;
  partitions?: number;
  emit?: 'final';
}

/** Topic, key, value, timestamp. An empty topic: the wall clock goes on by `timestamp`. */
export type InputRecord = readonly [topic: string, key: string | null, value: string | null, timestamp: number];

export interface Job {
  steps: readonly Step[];
  /** Kafka Streams' stores are its own on disk (RocksDB), else those in memory. */
  onDisk?: boolean;
  records: readonly InputRecord[];
  /** Input records have headers (see `inputHeader`). */
  hasHeaders: boolean;
}

/** Which input record it came of, and key, value (a character a byte) and timestamp; without one the clock's counts. Then its headers, `key=value` each. */
export type OutputRecord = readonly [
  index: number,
  key: string | null,
  value: string | null,
  timestamp: number | null,
  headers: string,
];

/** The header of an input record, by its index: its number, and none for some. */
export function inputHeader(index: number): string | null {
  return index % 4 === 3 ? null : String(index);
}

export interface Outcome {
  /** `Topology.describe()` of Kafka Streams, or ours in its form. */
  description: string;
  /** All that was written, changelogs and repartition topics too. */
  topics: Record<string, OutputRecord[]>;
  error?: string;
}
