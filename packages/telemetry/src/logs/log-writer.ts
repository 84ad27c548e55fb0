import { setTimeout as sleep } from 'node:timers/promises';
import { ClientError } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { type KeyedValue, TopicWriter } from '../topic/topic-writer.ts';
import { recordText } from './decode/bounds.ts';
import type { LogCounters } from './log-counters.ts';
import type { LogRecord, LogSource } from './log-record.ts';
import { logRecordSchema } from './log-record-schema.ts';

export interface LogWriterOptions {
  bootstrap: string;
  topic: string;
  registryUrl?: string;
  /** Of the topic, where it is made. */
  partitions: number;
  /** Of the topic, where it is made. */
  retentionMs: number;
  /** Accepted and not on the log yet: who can wait is to wait when it is passed. */
  queueBytesMax: number;
  /** A time further back is told as skewed, in milliseconds. */
  pastMsMax: number;
  counters: LogCounters;
  logger: Logger;
}

export interface LogBatch {
  source: LogSource;
  records: KeyedValue[];
  /** About what they take in memory. */
  bytes: number;
}

const retryMinMs = 100;
const retryMaxMs = 5_000;
/** A time further ahead is told as skewed. */
const aheadMsMax = 10 * 60_000;
const warnEveryMs = 60_000;
/** Their senders have not been told that it was taken, or files are read again from there: nothing is lost when this closes. */
const comingAgain: ReadonlySet<LogSource> = new Set(['beats', 'http', 'file', 'container']);
/** What the event store says of records that it will never take. */
const refusals = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'CORRUPT_MESSAGE',
]);

/** Puts records on the topic of logs: in batches, in their order by service, trying again until they are there. */
export class LogWriter {
  /** Bytes accepted and not on the log yet. */
  queuedBytes = 0;
  /** Why the last attempt failed; undefined: it did not. */
  error: string | undefined;
  readonly #options: LogWriterOptions;
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #writes = new Set<Promise<void>>();
  readonly #topic: TopicWriter;
  #warnedMs = 0;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    const { bootstrap, logger, partitions, registryUrl, retentionMs, topic } = options;
    const { signal } = this.#stopping;
    const schema = logRecordSchema;
    this.#topic = new TopicWriter({ bootstrap, topic, partitions, retentionMs, schema, registryUrl, logger, signal });
  }

  get isFull(): boolean {
    return this.queuedBytes >= this.#options.queueBytesMax;
  }

  /** Makes records ready to be written; nothing is kept of them. */
  batch(source: LogSource, records: readonly LogRecord[]): LogBatch {
    const counters = this.#options.counters.of(source);
    let bytes = 0;
    const encoded = records.map((record): KeyedValue => {
      const { receivedMs, timestampMs } = record;
      const isSkewed = timestampMs > receivedMs + aheadMsMax || timestampMs < receivedMs - this.#options.pastMsMax;
      if (isSkewed) counters.skewed += 1;
      const value = recordText(record);
      bytes += value.length + 64;
      // A record from the year 3000 would keep its segment until then, and one from 1970 would take its own away at once.
      return { key: record.service, value, timestamp: isSkewed ? receivedMs : timestampMs };
    });
    counters.received += records.length;
    return { source, records: encoded, bytes };
  }

  /**
   * Resolves when all of them are on the log, or were refused by it for good and counted. While it is away this tries again, without end.
   * Rejects when `signal` aborts and when this closes: what became of them is then not known.
   */
  write(batch: LogBatch, signal?: AbortSignal): Promise<void> {
    const writing = this.#write(batch, signal);
    this.#writes.add(writing);
    const done = (): void => {
      this.#writes.delete(writing);
    };
    writing.then(done, done);
    return writing;
  }

  /** Resolves when there is room in the queue. */
  async room(): Promise<void> {
    while (this.isFull && !this.#stopping.signal.aborted)
      await new Promise<void>((resolve) => void this.#waiting.add(resolve));
  }

  /** Has the topic made; tries until it is there. */
  async prepare(): Promise<void> {
    for (let delayMs = retryMinMs; !this.#stopping.signal.aborted; delayMs = Math.min(delayMs * 2, retryMaxMs)) {
      try {
        return await this.#topic.ensureTopic();
      } catch (error) {
        this.#tellAway(error as Error);
        await sleep(delayMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      }
    }
  }

  /** What is under way has `waitMs` to reach the log. May be called twice. */
  async close(waitMs = 1_500): Promise<void> {
    if (!this.#stopping.signal.aborted && this.#writes.size > 0) {
      const limit = new AbortController();
      await Promise.race([
        Promise.allSettled(this.#writes),
        sleep(waitMs, undefined, { signal: limit.signal, ref: false }).catch(() => {}),
      ]);
      limit.abort();
    }
    this.#stopping.abort();
    this.#wake();
    await this.#topic.close();
    await Promise.allSettled(this.#writes);
  }

  async #write(batch: LogBatch, signal: AbortSignal | undefined): Promise<void> {
    const { counters } = this.#options;
    const stopping = this.#stopping.signal;
    this.queuedBytes += batch.bytes;
    try {
      for (let delayMs = retryMinMs; ; delayMs = Math.min(delayMs * 2, retryMaxMs)) {
        try {
          await this.#topic.write(batch.records);
          counters.of(batch.source).written += batch.records.length;
          this.#tellBack();
          return;
        } catch (error) {
          if (signal?.aborted) throw error;
          if (stopping.aborted) {
            if (!comingAgain.has(batch.source)) counters.drop(batch.source, 'closing', batch.records.length);
            throw error;
          }
          if (error instanceof ClientError && refusals.has(error.kafkaName ?? '')) return await this.#writeEach(batch);
          this.#tellAway(error as Error);
          await sleep(delayMs, undefined, { signal: stopping }).catch(() => {});
        }
      }
    } finally {
      this.queuedBytes -= batch.bytes;
      if (!this.isFull) this.#wake();
    }
  }

  /** One was refused: the others are not to go with it. */
  async #writeEach({ records, source }: LogBatch): Promise<void> {
    const { counters, logger, topic } = this.#options;
    let refused = 0;
    let reason = '';
    for (const record of records) {
      try {
        await this.#topic.write([record]);
        counters.of(source).written += 1;
      } catch (error) {
        refused += 1;
        reason = (error as Error).message;
      }
    }
    if (refused === 0) return;
    counters.drop(source, 'refused', refused);
    logger.warn({ topic, refused, reason }, 'the event store refuses log records: they are left out');
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #tellAway(error: Error): void {
    const { logger, topic } = this.#options;
    this.error = error.message;
    if (Date.now() - this.#warnedMs < warnEveryMs || this.#stopping.signal.aborted) return;
    this.#warnedMs = Date.now();
    logger.warn(
      { topic, reason: error.message, queuedBytes: this.queuedBytes },
      'log records wait: the event store does not take them',
    );
  }

  #tellBack(): void {
    if (this.error === undefined) return;
    this.error = undefined;
    this.#options.logger.info({ topic: this.#options.topic }, 'log records are written again');
  }
}
