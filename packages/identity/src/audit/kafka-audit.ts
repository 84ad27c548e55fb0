import { setTimeout as setTimeoutAsync } from 'node:timers/promises';
import { createClient, type KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { AuditEvent, AuditSink } from './audit-log.ts';

export const auditTopic = 'headwater-audit';

const maxWaiting = 10_000;
const batchRecords = 500;
const retryMs = 2_000;
const closeMs = 1_000;

/**
 * Audit lines as records on `headwater-audit`, kept for seven days. Nobody waits for it: lines queue, up to 10,000 while Kafka is away; then
 * the oldest are dropped, and the log says how many.
 */
export class KafkaAudit implements AuditSink {
  readonly #bootstrap: string;
  readonly #logger: Logger;
  readonly #waiting: AuditEvent[] = [];
  readonly #closing = new AbortController();
  #client: KafkaClient | undefined;
  #isThere = false;
  #writing: Promise<void> | undefined;
  #dropped = 0;

  constructor(bootstrap: string, logger: Logger) {
    this.#bootstrap = bootstrap;
    this.#logger = logger;
  }

  write(event: AuditEvent): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.push(event);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** Waits a second at most for what is under way. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const timer = setTimeout(() => this.#closing.abort(), closeMs);
    await this.#writing;
    clearTimeout(timer);
    this.#closing.abort();
    if (this.#waiting.length > 0) {
      this.#logger.warn({ lines: this.#waiting.length }, 'audit lines were not written: Kafka did not take them');
    }
    await this.#client?.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closing.signal.aborted) {
      const lines = this.#waiting.slice(0, batchRecords);
      try {
        await this.#send(lines);
        // What was dropped meanwhile was at the front too.
        const last = lines.at(-1)!;
        this.#waiting.splice(0, this.#waiting.indexOf(last) + 1);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        this.#logger.warn(
          { error: (error as Error).message, waiting: this.#waiting.length },
          'audit lines wait for Kafka',
        );
        await setTimeoutAsync(retryMs, undefined, { signal: this.#closing.signal }).catch(() => {});
      }
    }
    if (this.#dropped > 0) {
      this.#logger.error({ dropped: this.#dropped }, 'audit lines were dropped: Kafka was away for too long');
      this.#dropped = 0;
    }
  }

  async #send(lines: readonly AuditEvent[]): Promise<void> {
    const { signal } = this.#closing;
    this.#client ??= createClient({ bootstrap: this.#bootstrap, clientId: 'headwater-identity' });
    if (!this.#isThere) {
      const configs = { 'retention.ms': 7 * 24 * 3_600_000 };
      const [result] = await this.#client.createTopics([{ name: auditTopic, partitions: 1, configs }], { signal });
      if (result?.error && !/exists/i.test(result.error.message)) throw result.error;
      this.#isThere = true;
    }
    const records = lines.map((line) => ({
      key: 'identity',
      value: JSON.stringify(line),
      timestamp: line.timestampMs,
    }));
    await this.#client.produce({ topic: auditTopic, records, signal });
  }
}
