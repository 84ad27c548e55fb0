import { hostname } from 'node:os';
import { EventTopic } from '@headwater/events';
import type { Logger } from '@headwater/logger';
import { recordSchemas } from '../events/record-schemas.ts';
import { type LifecycleRecord, monitorTopics } from '../events/records.ts';

export interface LifecycleTopicOptions {
  bootstrap: string;
  registryUrl?: string | undefined;
  clientId: string;
  logger?: Logger;
}

/** What a supervisor knows of a process; what is left out is null. */
export type LifecycleFacts = Pick<LifecycleRecord, 'service' | 'event' | 'pid'> & Partial<LifecycleRecord>;

/**
 * Where supervisors tell of the processes that they run: the monitor makes a crash of an exit that nobody asked for, at once and with its code.
 *
 * @example
 * const lifecycle = new LifecycleTopic({ bootstrap: '127.0.0.1:9092', clientId: 'my-supervisor' });
 * lifecycle.tell({ service: 'orders', event: 'exit', pid: 4711, exitCode: 1, lastLines: ['out of memory'] });
 * await lifecycle.close();
 */
export class LifecycleTopic {
  readonly #topic: EventTopic;

  constructor({ bootstrap, clientId, logger, registryUrl }: LifecycleTopicOptions) {
    this.#topic = new EventTopic({
      topic: monitorTopics.lifecycle,
      bootstrap,
      clientId,
      registryUrl,
      schema: recordSchemas.lifecycle,
      ...(logger && { logger }),
    });
  }

  /** Neither waits nor fails. */
  tell(facts: LifecycleFacts): void {
    const record = lifecycleRecord(facts);
    this.#topic.tell(record.service, record, { timestampMs: record.timestampMs });
  }

  /** May be called twice. */
  close(): Promise<void> {
    return this.#topic.close();
  }
}

export function lifecycleRecord(facts: LifecycleFacts): LifecycleRecord {
  return {
    timestampMs: Date.now(),
    instance: null,
    host: hostname(),
    restarts: 0,
    exitCode: null,
    signal: null,
    uptimeMs: null,
    isExpected: false,
    lastLines: [],
    ...facts,
  };
}
