import { setTimeout as sleep } from 'node:timers/promises';
import { type Consumer, createClient, type FetchedBatch, type KafkaClient, OffsetSpec } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { PipelineDefinition } from '@headwater/pipeline';
import { parseObject } from '../decode/line.ts';
import type { LogRecord } from '../log-record.ts';
import { documentLines } from './log-document.ts';
import { LogIndices, LogStoreError } from './log-indices.ts';
import { RecordProcessor } from './process-record.ts';
import { SelfGuard } from './self-guard.ts';

export interface LogIndexerOptions {
  bootstrap: string;
  topic: string;
  /** The query store; user and password may stand in it. */
  searchUrl: string;
  /** Default `headwater-logs-index`. */
  groupId?: string;
  /** What is made of a record before it is indexed, in the shape of Elasticsearch's ingest pipelines. Default: nothing but the template of its message. */
  pipeline?: PipelineDefinition | undefined;
  /** Days that stay in the query store. Default 7. */
  daysMax?: number;
  /** Beyond them the oldest days go. Default 10,000,000. */
  documentsMax?: number;
  /** Whose lines are indexed at most 50 a second, since indexing causes some. Default logs, search, kafka. */
  selfServices?: readonly string[];
  logger: Logger;
}

const bulkBytesMax = 1024 * 1024;
const bulkDocumentsMax = 1_000;
const pollBytesMax = 1024 * 1024;
const retryMinMs = 250;
const retryMaxMs = 15_000;
/** After a bulk the platform has the time to itself for half as long as it took, at most this. */
const pauseMsMax = 250;
const lagEveryMs = 5_000;
const deleteEveryMs = 3_600_000;
const lookAgainMs = 60_000;
const pollIntervalMaxMs = 3_600_000;

/**
 * Writes the topic of logs into the query store, in the background: in batches, one at a time, offsets committed when the store has answered. While the
 * store is away it waits; what it repeats after a kill replaces itself.
 */
export class LogIndexer {
  /** Documents that the store has taken. */
  documents = 0;
  /** Refused by the store for good, by its error's type. */
  readonly failed = new Map<string, number>();
  /** Left out by the pipeline, or no records of logs. */
  leftOut = 0;
  lagRecords = 0;
  /** Age of the last indexed record while there is a lag, milliseconds. */
  lagMs = 0;
  /** Why the store does not take them; undefined: it does. */
  error: string | undefined;
  readonly #options: LogIndexerOptions;
  readonly #stopping = new AbortController();
  readonly #indices: LogIndices;
  readonly #guard: SelfGuard;
  readonly #processor: RecordProcessor;
  readonly #next = new Map<number, number>();
  #running: Promise<void> | undefined;
  #client: KafkaClient | undefined;
  #lagTimer: NodeJS.Timeout | undefined;
  #lookedMs = 0;
  #deletedMs = 0;

  constructor(options: LogIndexerOptions) {
    this.#options = options;
    this.#indices = new LogIndices({ url: options.searchUrl, signal: this.#stopping.signal });
    this.#processor = new RecordProcessor(options.pipeline);
    const services = options.selfServices ?? ['logs', 'search', 'kafka'];
    this.#guard = new SelfGuard({ services, perSecond: 50, burst: 1_000 });
  }

  /** Lines of the parts that indexing itself uses, beyond their rate. */
  get skipped(): number {
    return this.#guard.skipped;
  }

  get pipelineFailed(): number {
    return this.#processor.failed;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#lagTimer);
    await this.#running;
    await this.#client?.close();
  }

  async #run(): Promise<void> {
    const { bootstrap, groupId = 'headwater-logs-index', logger, topic } = this.#options;
    const { signal } = this.#stopping;
    const client = createClient({ bootstrap, clientId: 'headwater-logs-index', logger });
    this.#client = client;
    this.#lagTimer = setInterval(() => void this.#measureLag(client), lagEveryMs);
    this.#lagTimer.unref();
    for (let delayMs = retryMinMs; !signal.aborted; delayMs = Math.min(delayMs * 2, retryMaxMs)) {
      const consumer = client.consumer({
        groupId,
        topics: [topic],
        autoCommit: false,
        autoOffsetReset: 'earliest',
        maxPollIntervalMs: pollIntervalMaxMs,
        maxBufferedBytes: 4 * pollBytesMax,
        sessionTimeoutMs: 10_000,
        onPartitionsRevoked: () => this.#next.clear(),
      });
      try {
        for (;;) {
          const batches = await consumer.poll({ maxWaitMs: 1_000, maxBytes: pollBytesMax, signal });
          if (batches.length > 0) await this.#index(batches, consumer);
          delayMs = retryMinMs;
        }
      } catch (error) {
        if (!signal.aborted) {
          logger.debug({ topic, reason: (error as Error).message }, 'the indexer of logs begins again');
          await sleep(delayMs, undefined, { signal }).catch(() => {});
        }
      } finally {
        await consumer.close().catch(() => {});
      }
    }
  }

  async #index(batches: readonly FetchedBatch[], consumer: Consumer): Promise<void> {
    const { topic } = this.#options;
    let lines: string[] = [];
    let bytes = 0;
    /** By partition, behind what is in `lines`. */
    const next = new Map<number, number>();
    const nowMs = Date.now();
    for (const batch of batches) {
      const { partition } = batch;
      for (const { offset, timestamp, value } of batch.records()) {
        const record = recordOf(value);
        const processed = record === undefined ? null : this.#processor.process(record);
        if (processed === null) {
          this.leftOut += 1;
          continue;
        }
        if (!this.#guard.takes(processed.service, nowMs)) continue;
        // The record's own time is this machine's where the sender's clock is wrong: no index for the year 3000.
        const index = this.#indices.indexOf(Number(timestamp));
        const line = documentLines(index, processed, { topic, partition, offset: Number(offset) });
        lines.push(index, line);
        bytes += line.length;
        next.set(partition, Number(offset) + 1);
        if (bytes < bulkBytesMax && lines.length < 2 * bulkDocumentsMax) continue;
        await this.#send(lines);
        for (const [of, offset] of next) this.#next.set(of, offset);
        this.lagMs = Math.max(0, Date.now() - Number(timestamp));
        lines = [];
        bytes = 0;
      }
    }
    if (lines.length > 0) await this.#send(lines);
    await consumer.commit();
    const lastOf = new Map(batches.map((batch) => [batch.partition, batch]));
    let lag = 0;
    for (const [partition, { highWatermark, nextOffset }] of lastOf) {
      this.#next.set(partition, nextOffset);
      lag += Math.max(0, highWatermark - nextOffset);
    }
    this.lagRecords = lag;
    this.lagMs = lag === 0 ? 0 : Math.max(0, nowMs - Number(batches.at(-1)!.header.maxTimestamp));
    await this.#deleteOld();
  }

  /** @param pairs index, line, index, line … */
  async #send(pairs: readonly string[]): Promise<void> {
    const { signal } = this.#stopping;
    let left = pairs;
    for (let delayMs = retryMinMs; left.length > 0; delayMs = Math.min(delayMs * 2, retryMaxMs)) {
      const startedMs = performance.now();
      try {
        left = await this.#sendOnce(left);
        if (left.length === 0) this.#tellBack();
      } catch (error) {
        if (signal.aborted) throw error;
        // A request that the store finds wrong as a whole would be wrong again: its documents one by one.
        if (error instanceof LogStoreError && error.status === 400 && left.length > 2) {
          for (let i = 0; i < left.length; i += 2) await this.#send(left.slice(i, i + 2));
          return;
        }
        if (error instanceof LogStoreError && error.status === 400) {
          this.#fail('bad_request');
          return;
        }
        this.#tellAway(error as Error);
        this.#indices.forget();
        await sleep(delayMs, undefined, { signal });
        continue;
      }
      if (left.length > 0) await sleep(delayMs, undefined, { signal });
      else await sleep(Math.min((performance.now() - startedMs) / 2, pauseMsMax), undefined, { signal });
    }
  }

  /** @returns what the store had no room for */
  async #sendOnce(pairs: readonly string[]): Promise<string[]> {
    if (Date.now() - this.#lookedMs > lookAgainMs) {
      this.#indices.forget();
      this.#lookedMs = Date.now();
    }
    let body = '';
    let ensured = '';
    for (let i = 0; i < pairs.length; i += 2) {
      if (pairs[i] !== ensured) await this.#indices.ensure((ensured = pairs[i]!));
      body += pairs[i + 1];
    }
    const outcomes = await this.#indices.bulk(body);
    const again: string[] = [];
    for (const [i, { status, type = 'unknown' }] of outcomes.entries()) {
      if (status < 300) this.documents += 1;
      else if (status === 429 || status >= 500) again.push(pairs[2 * i]!, pairs[2 * i + 1]!);
      else this.#fail(type);
    }
    return again;
  }

  #fail(type: string): void {
    this.failed.set(type, (this.failed.get(type) ?? 0) + 1);
  }

  async #deleteOld(): Promise<void> {
    const { daysMax = 7, documentsMax = 10_000_000, logger } = this.#options;
    const nowMs = Date.now();
    if (nowMs - this.#deletedMs < deleteEveryMs) return;
    this.#deletedMs = nowMs;
    try {
      const deleted = await this.#indices.deleteOld(nowMs - daysMax * 86_400_000, documentsMax);
      if (deleted.length > 0) logger.info({ deleted }, 'old days of logs are deleted from the query store');
    } catch (error) {
      logger.debug({ reason: (error as Error).message }, 'old days of logs are not deleted now');
    }
  }

  async #measureLag(client: KafkaClient): Promise<void> {
    if (this.#next.size === 0 || this.#stopping.signal.aborted) return;
    const wanted = Object.fromEntries([...this.#next.keys()].map((partition) => [partition, OffsetSpec.latest]));
    try {
      const ends = await client.listOffsets(this.#options.topic, wanted);
      let lag = 0;
      for (const [partition, next] of this.#next) lag += Math.max(0, Number(ends[partition]?.offset ?? next) - next);
      this.lagRecords = lag;
      if (lag === 0) this.lagMs = 0;
    } catch {
      // The event store is away: what is known stays.
    }
  }

  #tellAway(error: Error): void {
    // Once for each time, never for each batch: these lines come to be indexed too.
    if (this.error === undefined)
      this.#options.logger.warn({ reason: error.message }, 'log records wait: the query store does not take them');
    this.error = error.message;
  }

  #tellBack(): void {
    if (this.error === undefined) return;
    this.error = undefined;
    this.#options.logger.info({}, 'log records are indexed again');
  }
}

function recordOf(value: Buffer | null): LogRecord | undefined {
  if (value === null) return undefined;
  const record = parseObject(value.toString('utf8')) as Partial<LogRecord> | undefined;
  const isRecord =
    typeof record?.message === 'string' &&
    typeof record.service === 'string' &&
    Number.isFinite(record.timestampMs) &&
    Number.isFinite(record.receivedMs);
  return isRecord ? (record as LogRecord) : undefined;
}
