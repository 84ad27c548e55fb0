import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@headwater/logger';
import { TopicWriter } from '../topic/topic-writer.ts';
import { type Span, serviceOf } from './span.ts';
import { spanSchema } from './span-schema.ts';

export interface SpanLogOptions {
  bootstrap: string;
  topic: string;
  /** Partitions of the topic where it is made. */
  partitions: number;
  /** How long the topic keeps them, where it is made. */
  retentionMs: number;
  /** Where the schema of spans is registered. */
  registryUrl?: string | undefined;
  logger: Logger;
}

const retryMaxMs = 5_000;
/** Records of one turn: what is read must not hold up what else this thread does. */
const spansOfTurn = 2_000;

/**
 * Spans on a topic, one a record, keyed by service: written by every server that receives them, read by every one that answers for them. So
 * they all know the same, and a restart finds what was there.
 */
export class SpanLog {
  readonly #options: SpanLogOptions;
  readonly #writer: TopicWriter;
  readonly #stopping = new AbortController();
  #reading: Promise<void> | undefined;
  #damaged = 0;
  #isReading = false;

  constructor(options: SpanLogOptions) {
    this.#options = options;
    this.#writer = new TopicWriter({ ...options, schema: spanSchema, signal: this.#stopping.signal });
  }

  /** Whether the log is being followed now, and how many of its records were no spans. */
  get state(): { isReading: boolean; damagedRecords: number } {
    return { isReading: this.#isReading, damagedRecords: this.#damaged };
  }

  /**
   * Begins to read. An event store that is away is waited for, without end.
   *
   * @param sinceMs how far back, in milliseconds
   * @param onSpans gets every span that is on the log, this one's own too; once each while this runs
   */
  follow(sinceMs: number, onSpans: (spans: Span[]) => void): void {
    this.#reading ??= this.#read(sinceMs, onSpans);
  }

  /** Resolves when all of them are on the log. @throws HttpError 503 when that takes too long */
  async write(spans: readonly Span[]): Promise<void> {
    const records = spans.map((span) => ({
      key: serviceOf(span) ?? null,
      value: JSON.stringify(span),
    }));
    await this.#writer.writeOrRefuse(records, 'spans');
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#writer.close();
    await this.#reading;
  }

  async #read(sinceMs: number, onSpans: (spans: Span[]) => void): Promise<void> {
    const { logger, topic } = this.#options;
    const { signal } = this.#stopping;
    let from: { timestamp: number } | { offsets: Record<string, Record<number, number>>; otherwise: 'earliest' } = {
      timestamp: Date.now() - sinceMs,
    };
    const next: Record<number, number> = {};
    for (let delayMs = 100; !signal.aborted; delayMs = Math.min(delayMs * 2, retryMaxMs)) {
      try {
        await this.#writer.ensureTopic();
        this.#isReading = true;
        for await (const batch of this.#writer.client.tail({ topics: [topic], from, signal })) {
          delayMs = 100;
          let spans: Span[] = [];
          for (const record of batch.records()) {
            const span = this.#spanOf(record.value);
            if (span !== undefined) spans.push(span);
            if (spans.length < spansOfTurn) continue;
            onSpans(spans);
            spans = [];
            await sleep(0, undefined, { signal });
          }
          onSpans(spans);
          next[batch.partition] = batch.nextOffset;
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ topic, error: (error as Error).message }, 'spans on the log cannot be read now: trying again');
      }
      this.#isReading = false;
      from = { offsets: { [topic]: { ...next } }, otherwise: 'earliest' };
      await sleep(delayMs, undefined, { signal }).catch(() => {});
    }
  }

  #spanOf(value: Buffer | null): Span | undefined {
    if (value === null) return undefined;
    try {
      const span = JSON.parse(value.toString('utf8')) as Span;
      if (typeof span.traceId === 'string' && typeof span.id === 'string') return span;
    } catch {}
    this.#damaged += 1;
    return undefined;
  }
}
