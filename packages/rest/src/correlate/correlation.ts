import type { Subject } from './subject.ts';

/** By what records, logs and spans of one path are known. */
export interface Ids {
  traceId: string | null;
  correlationId: string | null;
  /** Whether services make spans of it; null: not known. */
  isSampled: boolean | null;
}

/** A part of a record, as `/api/consume` with `format=text` shows it: every digit, cut at 64 KiB. */
export interface ShownBytes {
  text?: string;
  base64?: string;
  sizeBytes: number;
  truncated: boolean;
}

/** A record as `/api/consume` with `format=text` shows it. */
export interface CorrelatedRecord {
  topic: string;
  partition: number;
  offset: number;
  /** Epoch milliseconds. */
  timestamp: number;
  key: ShownBytes | null;
  value: ShownBytes | null;
  headers: { key: string; value: ShownBytes | null }[];
  /** How it was found: `trace` (a span names its place), `headers` (it has the same ids), `place` (asked for, or named by a document), `key`. */
  foundBy: 'trace' | 'headers' | 'place' | 'key';
  /** It is in the log no more, or was taken out of a compacted one: only its place is known. */
  isGone?: boolean;
}

export interface CorrelatedTrace {
  id: string;
  /** Whether the trace store has it. */
  exists: boolean;
  services: string[];
  spans: number;
  /** Epoch milliseconds of the first span; null: it has none. */
  startMs: number | null;
  durationMs: number | null;
}

export interface CorrelatedLogs {
  /** Lines that the query store has; at most 10,000 are counted. */
  count: number;
  /** What to send to `POST /INDEX/_search` for all of them. */
  index: string;
  query: unknown;
  /** The first of them. */
  lines: {
    timestamp: unknown;
    service: unknown;
    level: unknown;
    message: unknown;
    traceId: unknown;
    spanId: unknown;
  }[];
}

export interface CorrelatedDocument {
  index: string;
  id: string;
  /** `trace`: a span names it; `record`: it names a record; `place`: it was asked for. */
  foundBy: 'trace' | 'record' | 'place';
  /** The record that it names; null: none. */
  record: { topic: string; partition: number; offset: number } | null;
}

/** The newest value of a key of a SQL table or of a compacted topic; or a row that a sink wrote for the record at this place. */
export interface CorrelatedRow {
  /** The table; null: none is known of this topic. */
  table: string | null;
  /** Of a sink's row: the database of PostgreSQL. Then the key is the row's id, and the value the whole row as JSON. */
  database: string | null;
  topic: string;
  partition: number;
  offset: number;
  key: ShownBytes | null;
  value: ShownBytes | null;
}

/** What was looked at, and whether that was all. */
export interface Searched {
  what: 'record' | 'trace' | 'logs' | 'records' | 'documents' | 'rows';
  /** Topics, an index, an address' path: for people. */
  where: string;
  found: number;
  isComplete: boolean;
  /** Records that were looked at. */
  scannedRecords?: number;
  /** Why it is not complete. */
  problem?: string;
  tookMs: number;
}

/** The answer of `GET /api/correlate`. */
export interface Correlation {
  subject: Subject;
  ids: Ids;
  /** The record that was asked for, or that the document or row is of. */
  record: CorrelatedRecord | null;
  trace: CorrelatedTrace | null;
  logs: CorrelatedLogs | null;
  /** Records that it came of, the nearest last. */
  upstream: CorrelatedRecord[];
  /** Records that came of it; of a trace or correlation id all records. */
  downstream: CorrelatedRecord[];
  /** Of the same path, neither before nor after it: the other words of a tweet, seen from the count of one. */
  related: CorrelatedRecord[];
  documents: CorrelatedDocument[];
  rows: CorrelatedRow[];
  searched: Searched[];
  /** All that was searched is complete. */
  isComplete: boolean;
  tookMs: number;
}
