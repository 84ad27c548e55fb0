import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { MetricsRegistry } from './metrics/connector-metrics.ts';

/** A record as a sink gets it. Keys and values are views: copy what is kept. */
export interface SinkRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

/** A span, or none. */
interface SinkSpan {
  fail(error: unknown): void;
  end(): void;
}

/** `service.records` of @headwater/service, by its shape. */
export interface SinkTracer {
  receive(
    record: SinkRecord,
    options: { group?: string },
  ): {
    readonly isSampled: boolean;
    run<R>(work: () => R): R;
    child(name: string, kind: 'client', attributes?: Record<string, string | number | boolean>): SinkSpan | null;
    end(error?: unknown): void;
  };
}

export interface SinkOptions<Item> {
  /** Not closed by the sink. */
  client: KafkaClient;
  /** Shares the partitions out among the sink's instances, and shows its lag. Its offsets do not count: those in the store do. */
  groupId: string;
  /** Makes a static member: its next life goes on at once after `kill -9`. */
  groupInstanceId?: string | undefined;
  topic: string;
  /** Under which the store keeps the offsets. Default: `groupId`. */
  name?: string | undefined;
  /** Awaited before records are mapped, for what they need (schemas of a registry); a failure is tried again. */
  prepare?: ((records: readonly SinkRecord[]) => Promise<void> | undefined) | undefined;
  /** What a record becomes; null: nothing. What it throws makes the record a poisonous one. */
  map: (record: SinkRecord) => Item | null;
  /**
   * Of the records of a batch with the same name only the last that becomes something is mapped and stored; null: a record without one is stored.
   * Default: all are.
   *
   * @example
   * newestOf: ({ key }) => key && key.toString(),
   */
  newestOf?: ((record: SinkRecord) => string | null) | undefined;
  /** For a record that can never be stored: `skip` (default), `stop`, or write it to a topic (with its place and the reason as headers) and go on. */
  poison?: 'skip' | 'stop' | { deadLetterTopic: string } | undefined;
  /** Told of each such record, instead of a log line; what it throws stops the sink. */
  onPoison?: ((record: SinkRecord, reason: string) => void) | undefined;
  /** Records of one write, at most. Default 500. */
  batchRecords?: number | undefined;
  /** Bytes (as they are in the log) that are gathered for a write. Default 1 MiB; a batch of the log is not divided. */
  batchBytes?: number | undefined;
  /** Writes begin at least so far apart, so that a busy topic comes in fewer, larger ones; what comes to a quiet one is written at once. Default 100. */
  lingerMs?: number | undefined;
  /** Default 10,000. */
  sessionTimeoutMs?: number | undefined;
  tracer?: SinkTracer | undefined;
  /** Where its figures are shown, as long as it runs: `service.metrics` of @headwater/service, or another registry of prom-client. */
  metrics?: MetricsRegistry | undefined;
  /** Called within the trace of each recorded record that was stored. */
  onStored?: ((record: SinkRecord, item: Item) => void) | undefined;
  /** Closes the sink. */
  signal?: AbortSignal | undefined;
  logger?: Logger | undefined;
}
