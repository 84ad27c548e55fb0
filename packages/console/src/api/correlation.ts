import type { RecordData } from './types.ts';

/** What `GET /api/correlate` answers, as far as the panel shows it: see packages/rest/README.md. */
export interface Correlation {
  ids: { traceId: string | null; correlationId: string | null; isSampled: boolean | null };
  record: CorrelatedRecord | null;
  trace: {
    id: string;
    exists: boolean;
    services: string[];
    spans: number;
    startMs: number | null;
    durationMs: number | null;
  } | null;
  logs: {
    count: number;
    lines: { timestamp: unknown; service: unknown; level: unknown; message: unknown; spanId: unknown }[];
  } | null;
  upstream: CorrelatedRecord[];
  downstream: CorrelatedRecord[];
  documents: { index: string; id: string; foundBy: string }[];
  rows: {
    table: string | null;
    /** Of a row that a sink wrote: the database of PostgreSQL; the key is the row's id. */
    database: string | null;
    topic: string;
    partition: number;
    offset: number;
    key: RecordData | null;
    value: RecordData | null;
  }[];
  searched: {
    what: string;
    where: string;
    found: number;
    isComplete: boolean;
    scannedRecords?: number;
    problem?: string;
    tookMs: number;
  }[];
  isComplete: boolean;
  tookMs: number;
}

export interface CorrelatedRecord {
  topic: string;
  partition: number;
  offset: number;
  timestamp: number;
  key: RecordData | null;
  value: RecordData | null;
  foundBy: 'trace' | 'headers' | 'place' | 'key';
  isGone?: boolean;
}
