import { EventTopic } from '@headwater/events';
import type { Logger } from '@headwater/logger';
import { recordSchemas } from '../events/record-schemas.ts';
import { type MonitorKind, type MonitorRecords, monitorTopics } from '../events/records.ts';

export interface EventWriterOptions {
  bootstrap: string;
  registryUrl?: string | undefined;
  clientId: string;
  /** Told in a header of each record: who wrote it finds its own again. */
  runId?: string;
  logger: Logger;
}

/** The header that names a writer and counts its records. */
export const originHeader = 'headwater-monitor-origin';

/** Puts records on their topics, in the background; a topic is made with its first record. */
export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #topics = new Map<MonitorKind, EventTopic>();
  /** Records that were told so far. */
  sequence = 0;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  get state(): { sent: number; waiting: number; dropped: number; error: string | null } {
    const state = { sent: 0, waiting: 0, dropped: 0, error: null as string | null };
    for (const topic of this.#topics.values()) {
      state.sent += topic.sent;
      state.waiting += topic.waiting;
      state.dropped += topic.dropped;
      state.error ??= topic.error;
    }
    return state;
  }

  tell<K extends MonitorKind>(kind: K, record: MonitorRecords[K]): void {
    const { runId } = this.#options;
    this.sequence += 1;
    const headers = runId === undefined ? [] : [{ key: originHeader, value: `${runId}:${this.sequence}` }];
    this.#topic(kind).tell(record.service, record, { timestampMs: record.timestampMs, headers });
  }

  /** Whether what was told of a kind is on its topic, waited for as long as `timeoutMs`. */
  async settled(kind: MonitorKind, timeoutMs: number): Promise<boolean> {
    return (await this.#topics.get(kind)?.settled(timeoutMs)) ?? true;
  }

  /** Sends what waits, within a bound of time. May be called twice. */
  async close(): Promise<void> {
    await Promise.all([...this.#topics.values()].map((topic) => topic.close()));
  }

  #topic(kind: MonitorKind): EventTopic {
    let topic = this.#topics.get(kind);
    if (topic === undefined) {
      const { bootstrap, clientId, logger, registryUrl } = this.#options;
      topic = new EventTopic({
        topic: monitorTopics[kind],
        bootstrap,
        clientId,
        schema: recordSchemas[kind],
        registryUrl,
        logger,
      });
      this.#topics.set(kind, topic);
    }
    return topic;
  }
}
