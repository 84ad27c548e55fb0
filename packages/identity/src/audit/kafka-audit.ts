import { EventTopic } from '@headwater/events';
import type { Logger } from '@headwater/logger';
import type { AuditSink } from './audit-log.ts';

export const auditTopic = 'headwater-audit';

/** Audit lines as records on `headwater-audit`, kept for seven days. Nobody waits for it: lines queue while Kafka is away. */
export function kafkaAudit(bootstrap: string, logger: Logger): AuditSink {
  const topic = new EventTopic({ topic: auditTopic, bootstrap, clientId: 'headwater-identity', logger });
  return {
    write: (event) => topic.tell('identity', event, { timestampMs: event.timestampMs }),
    close: () => topic.close(),
  };
}
