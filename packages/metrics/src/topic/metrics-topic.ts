import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type KafkaClient, type Producer } from '@headwater/client';
import { metricSampleSchema, metricSamplesTopic, type sampleSources, TopicSchema } from '@headwater/events';
import type { Logger } from '@headwater/logger';
import { LabelSet, nameLabel } from '../labels/label-set.ts';
import type { SampleStore } from '../store/sample-store.ts';
import type { Series } from '../store/series.ts';

export interface MetricsTopicOptions {
  bootstrap: string;
  topic: string;
  /** Where it is remembered what was read. Default: nowhere, and a start reads the last hour. */
  directory?: string;
  /** Where the schema of the samples is registered, and then named by each record. Default: nowhere. */
  registryUrl?: string | undefined;
  logger: Logger;
}

export type SampleSource = Exclude<(typeof sampleSources)[number], 'otlp'>;

const waitingMax = 50_000;
const batchMax = 2_000;
const flushMs = 250;
const retryMaxMs = 10_000;
const rememberMs = 10_000;
const firstReadMs = 3_600_000;
const otlpMark = Buffer.from('"source":"otlp"');

interface Waiting {
  key: string;
  value: string;
  timestamp: number;
}

/**
 * Samples on a topic, one a record: what is scraped, received and worked out is put there for others to read, and what others put there from
 * OTLP is read into the store.
 */
export class MetricsTopic {
  written = 0;
  dropped = 0;
  read = 0;
  damaged = 0;
  readonly #options: MetricsTopicOptions;
  readonly #store: SampleStore;
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  readonly #schema: TopicSchema;
  readonly #stopping = new AbortController();
  readonly #heads = new WeakMap<Series, { key: string; head: string }>();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #reading: Promise<void> | undefined;
  #topicMade: Promise<void> | undefined;
  #retryMs = flushMs;
  #isTold = false;
  #next: Record<number, number> = {};

  constructor(options: MetricsTopicOptions, store: SampleStore) {
    this.#options = options;
    this.#store = store;
    const { bootstrap, logger, registryUrl, topic } = options;
    this.#schema = new TopicSchema({ topic, schema: metricSampleSchema, registryUrl, logger });
    this.#client = createClient({ bootstrap, clientId: 'headwater-metrics', logger, signal: this.#stopping.signal });
    this.#producer = this.#client.producer({
      lingerMs: 5,
      compression: 'lz4',
      deliveryTimeoutMs: 10_000,
      allowAutoTopicCreation: false,
    });
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Neither waits nor fails: what does not fit is counted. */
  tell(series: Series, type: string, timeMs: number, value: number, source: SampleSource): void {
    if (this.#stopping.signal.aborted || this.#waiting.length >= waitingMax) {
      this.dropped += 1;
      return;
    }
    const { head, key } = this.#headOf(series, type, source);
    const told = Number.isFinite(value) ? String(value) : `null,"special":"${specialOf(value)}"`;
    this.#waiting.push({ key, value: `{"timestampMs":${timeMs},"value":${told},${head}`, timestamp: timeMs });
    this.#timer ??= this.#wait(flushMs);
  }

  /** Begins to read what others put there. */
  follow(): void {
    this.#reading ??= this.#follow();
  }

  /** What waits has a second and a half. May be called twice. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#stopping.signal.aborted && this.#waiting.length > 0)
      await Promise.race([this.#flush(), sleep(1_500, undefined, { ref: false })]);
    this.#stopping.abort();
    this.#remember();
    this.#schema.close();
    await this.#client.close();
    await this.#reading;
  }

  #headOf(series: Series, type: string, source: SampleSource): { key: string; head: string } {
    let known = this.#heads.get(series);
    if (known === undefined) {
      const { labels } = series;
      const service =
        labels.get('service') ||
        labels.get('application') ||
        (labels.get('part') && `headwater-${labels.get('part')}`) ||
        labels.get('job') ||
        'unknown';
      const instance = labels.get('instance');
      const rest = {
        service,
        ...(instance !== '' && { instance }),
        name: labels.name,
        type: ['counter', 'gauge', 'histogram', 'summary'].includes(type) ? type : 'untyped',
        labels: labels.withoutName().toObject(),
        source,
      };
      this.#heads.set(series, (known = { key: service, head: JSON.stringify(rest).slice(1) }));
    }
    return known;
  }

  #wait(ms: number): NodeJS.Timeout {
    const timer = setTimeout(() => {
      void this.#flush().then(() => {
        this.#timer = undefined;
        if (this.#waiting.length > 0 && !this.#stopping.signal.aborted) this.#timer = this.#wait(this.#retryMs);
      });
    }, ms);
    timer.unref();
    return timer;
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#send().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #send(): Promise<void> {
    const { logger, topic } = this.#options;
    try {
      await this.#ensureTopic();
      while (this.#waiting.length > 0) {
        const batch = this.#waiting.slice(0, batchMax);
        const { headers } = this.#schema;
        const records = headers.length === 0 ? batch : batch.map((record) => ({ ...record, headers }));
        await this.#producer.send({ topic, records });
        this.#waiting.splice(0, batch.length);
        this.written += batch.length;
      }
      this.#retryMs = flushMs;
      this.#isTold = false;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!this.#isTold)
        logger.warn({ topic, reason: (error as Error).message }, 'samples wait: the event store does not take them');
      this.#isTold = true;
      this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    }
  }

  #ensureTopic(): Promise<void> {
    this.#topicMade ??= (async () => {
      const { partitions, retentionBytes, retentionMs } = metricSamplesTopic;
      const configs = { 'retention.ms': retentionMs, 'retention.bytes': retentionBytes };
      const [made] = await this.#client.createTopics([{ name: this.#options.topic, partitions, configs }]);
      const error = made?.error ?? null;
      if (error !== null && error.kafkaName !== 'TOPIC_ALREADY_EXISTS') throw error;
    })().catch((error: unknown) => {
      this.#topicMade = undefined;
      throw error;
    });
    return this.#topicMade;
  }

  async #follow(): Promise<void> {
    const { logger, topic } = this.#options;
    const { signal } = this.#stopping;
    this.#next = this.#remembered();
    let rememberedMs = Date.now();
    for (let delayMs = 100; !signal.aborted; delayMs = Math.min(delayMs * 2, 5_000)) {
      const from =
        Object.keys(this.#next).length > 0
          ? { offsets: { [topic]: { ...this.#next } }, otherwise: 'latest' as const }
          : { timestamp: Date.now() - firstReadMs };
      try {
        await this.#ensureTopic();
        for await (const batch of this.#client.tail({ topics: [topic], from, signal })) {
          delayMs = 100;
          let added = 0;
          // Most are our own: they are let go without being read.
          for (const { value } of batch.records()) if (value?.includes(otlpMark)) added += this.#take(value);
          if (added > 0) this.#store.flush();
          this.#next[batch.partition] = Number(batch.nextOffset);
          if (Date.now() - rememberedMs < rememberMs) continue;
          rememberedMs = Date.now();
          this.#remember();
        }
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ topic, reason: (error as Error).message }, 'samples of others cannot be read now: trying again');
      }
      await sleep(delayMs, undefined, { signal }).catch(() => {});
    }
  }

  #take(value: Buffer): number {
    try {
      const sample = JSON.parse(value.toString('utf8')) as {
        timestampMs: number;
        service?: string;
        instance?: string;
        name: string;
        value: number | null;
        special?: string;
        labels?: Record<string, string>;
      };
      const { instance, labels = {}, name, service, special, timestampMs } = sample;
      const set = LabelSet.of({
        ...(service !== undefined && { job: service, service }),
        ...(instance !== undefined && { instance }),
        ...labels,
        [nameLabel]: name,
      });
      const series = this.#store.series(set);
      const number =
        sample.value ??
        (special === '+Inf' ? Number.POSITIVE_INFINITY : special === '-Inf' ? Number.NEGATIVE_INFINITY : Number.NaN);
      if (series === undefined || this.#store.append(series, timestampMs, number) !== 'added') return 0;
      this.read += 1;
      return 1;
    } catch {
      this.damaged += 1;
      return 0;
    }
  }

  #path(): string | undefined {
    return this.#options.directory === undefined ? undefined : join(this.#options.directory, 'read-offsets.json');
  }

  #remembered(): Record<number, number> {
    const path = this.#path();
    try {
      return path === undefined ? {} : (JSON.parse(readFileSync(path, 'utf8')) as Record<number, number>);
    } catch {
      return {};
    }
  }

  #remember(): void {
    const path = this.#path();
    if (path === undefined || Object.keys(this.#next).length === 0) return;
    try {
      writeFileSync(`${path}.new`, JSON.stringify(this.#next));
      renameSync(`${path}.new`, path);
    } catch {
      // The next start reads an hour again, of which nothing is added twice.
    }
  }
}

function specialOf(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
