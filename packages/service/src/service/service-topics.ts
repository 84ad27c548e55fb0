import { setTimeout as sleep } from 'node:timers/promises';
import { newTraceId } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import { createBackOff } from '@headwater/resilience';
import { reasonOf } from '../ask/http-asker.ts';
import {
  acceptedCorrelationId,
  correlationHeader,
  type RequestScope,
  requestScopes,
} from '../observe/request-scope.ts';
import type { ServiceMetrics } from '../observe/service-metrics.ts';
import { parseTraceParent, traceParent } from '../observe/trace-context.ts';
import type { Tracer } from '../observe/tracer.ts';
import type { TopicTypes } from '../topic-definitions.ts';
import type { TopicRecord } from '../topic-records.ts';
import type { ConsumeOptions, TypedConsumer } from '../typed-consumer.ts';
import type { ProduceObserver, TypedTopic } from '../typed-topic.ts';

export interface HandleOptions extends Omit<ConsumeOptions, 'signal'> {
  group: string;
  /**
   * What follows when the handler throws. `retry` (default): the same record again, with waits that grow to 10 s, so that none is lost and
   * order is kept; `skip`: it is logged and passed over; a function decides for each.
   */
  onError?: 'retry' | 'skip' | ((error: unknown, attempt: number) => 'retry' | 'skip');
}

export interface TopicsObservers {
  tracer: () => Tracer;
  metrics: ServiceMetrics;
  logger: Logger;
}

const closeWaitMs = 1_000;
const backOff = createBackOff({ firstMs: 100, maxMs: 10_000, jitter: 'equal' });

/** Records that are produced carry trace and correlation id of the work that they come from. */
export function produceObserver({ metrics, tracer }: TopicsObservers): ProduceObserver {
  return {
    headers(): Record<string, string> {
      const scope = requestScopes.getStore();
      if (scope === undefined) return {};
      return { traceparent: traceParent(scope.span.context), [correlationHeader]: scope.correlationId };
    },
    async produce(topic, records, send) {
      const scope = requestScopes.getStore();
      const span = tracer().start(`send ${topic}`, { kind: 'producer', parent: scope?.span.context });
      if (span.isRecording) {
        span.setAttributes({
          'messaging.system': 'kafka',
          'messaging.destination.name': topic,
          'messaging.batch.message_count': records,
        });
      }
      // Whoever reads the record goes on from the span that sent it.
      const within: RequestScope = scope
        ? { ...scope, span }
        : { span, correlationId: span.context.traceId, token: undefined, principal: undefined };
      try {
        const result = await requestScopes.run(within, send);
        metrics.produced(topic, records);
        return result;
      } catch (error) {
        span.fail(error);
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

/** How a consumer with a handler is doing. */
export interface HandlerState {
  topic: string;
  group: string;
  status: 'running' | 'retrying' | 'failed' | 'closed';
  handled: number;
  error: string | null;
}

/**
 * Gives each record of a topic to a handler, one after the other: the next one is read when the handler is done, so a slow handler slows the
 * reading and nothing piles up. Each runs in a span that continues the trace of whoever wrote the record.
 */
export class TopicHandler<T extends TopicTypes> {
  readonly state: HandlerState;
  /** Resolves when it has ended. */
  readonly finished: Promise<void>;
  readonly #consumer: TypedConsumer<T, boolean>;
  readonly #options: HandleOptions;
  readonly #observers: TopicsObservers;
  readonly #handler: (record: TopicRecord<T, boolean>) => unknown;
  readonly #stop = new AbortController();
  #inHand: Promise<unknown> = Promise.resolve();

  constructor(
    topic: TypedTopic<T>,
    options: HandleOptions,
    handler: (record: TopicRecord<T, boolean>) => unknown,
    observers: TopicsObservers,
  ) {
    this.#options = options;
    this.#observers = observers;
    this.#handler = handler;
    this.state = { topic: topic.name, group: options.group, status: 'running', handled: 0, error: null };
    // A topic that is created after its reader is found within moments.
    const consumer = { discoveryIntervalMs: 2_000, ...options.consumer };
    this.#consumer = topic.consume({ ...options, consumer }) as TypedConsumer<T, boolean>;
    this.finished = this.#run();
  }

  /** Waits for the record in hand, a second at most; the group goes on after it. May be called twice. */
  async close(): Promise<void> {
    this.#stop.abort();
    const patience = new AbortController();
    await Promise.race([this.#inHand, sleep(closeWaitMs, undefined, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    await this.#consumer.close();
    await this.finished;
  }

  async #run(): Promise<void> {
    const { group } = this.#options;
    const { logger, metrics } = this.#observers;
    try {
      for await (const record of this.#consumer) {
        metrics.consumed(record.topic, group, 1);
        const handling = this.#handle(record);
        this.#inHand = handling.catch(() => {});
        if (!(await handling)) break;
        this.state.handled += 1;
        this.#consumer.markDone();
        if (this.#stop.signal.aborted) break;
      }
      this.state.status = 'closed';
    } catch (error) {
      this.state.status = this.#stop.signal.aborted ? 'closed' : 'failed';
      if (this.#stop.signal.aborted) return;
      this.state.error = reasonOf(error);
      logger.error(
        { topic: this.state.topic, group, error: this.state.error, code: (error as { code?: unknown }).code },
        'a consumer has stopped',
      );
    }
  }

  async #handle(record: TopicRecord<T, boolean>): Promise<boolean> {
    const { logger, metrics, tracer } = this.#observers;
    const { group, onError = 'retry' } = this.#options;
    const headers = headersOf(record);
    const about = { topic: record.topic, partition: record.partition, offset: record.offset };
    for (let attempt = 1; ; attempt += 1) {
      const span = tracer().start(`process ${record.topic}`, {
        kind: 'consumer',
        parent: parseTraceParent(headers.get('traceparent')),
      });
      if (span.isRecording) {
        span.setAttributes({
          'messaging.system': 'kafka',
          'messaging.destination.name': record.topic,
          'messaging.destination.partition.id': String(record.partition),
          'messaging.kafka.offset': record.offset,
          'headwater.waited_ms': Math.max(0, Date.now() - record.timestamp),
          ...(typeof record.key === 'string' && { 'messaging.kafka.message.key': record.key.slice(0, 256) }),
          'messaging.consumer.group.name': group,
        });
      }
      const correlationId =
        acceptedCorrelationId(headers.get(correlationHeader)) ?? span.context.traceId ?? newTraceId();
      const startMs = performance.now();
      try {
        await requestScopes.run({ span, correlationId, token: undefined, principal: undefined }, () =>
          this.#handler(record),
        );
        metrics.handled(record.topic, group, true, (performance.now() - startMs) / 1_000);
        if (this.state.status === 'retrying') {
          this.state.status = 'running';
          this.state.error = null;
        }
        return true;
      } catch (error) {
        span.fail(error);
        metrics.handled(record.topic, group, false, (performance.now() - startMs) / 1_000);
        if (this.#stop.signal.aborted) return false;
        const decision = typeof onError === 'function' ? onError(error, attempt) : onError;
        if (decision === 'skip') {
          logger.error(
            { ...about, error: String((error as Error)?.stack ?? error) },
            'a record could not be handled, and is passed over',
          );
          return true;
        }
        this.state.status = 'retrying';
        this.state.error = reasonOf(error);
        const retryInMs = Math.round(backOff(attempt));
        logger.warn(
          { ...about, attempt, retryInMs, reason: this.state.error },
          'a record could not be handled, tries again',
        );
        await sleep(retryInMs, undefined, { signal: this.#stop.signal }).catch(() => {});
        if (this.#stop.signal.aborted) return false;
      } finally {
        span.end();
      }
    }
  }
}

function headersOf({
  headers,
}: {
  headers: readonly { key: string; value: Uint8Array | null }[];
}): Map<string, string> {
  const result = new Map<string, string>();
  for (const { key, value } of headers) {
    if (value !== null && value.length <= 1_024 && !result.has(key))
      result.set(key.toLowerCase(), Buffer.from(value).toString('latin1'));
  }
  return result;
}
