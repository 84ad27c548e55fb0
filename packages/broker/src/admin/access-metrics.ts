import type { BrokerContext } from '../context.ts';
import type { ClientQuotaKey } from '../quotas/quota-keys.ts';
import type { PrometheusText } from './prometheus.ts';

const clientsMax = 1_000;

/** Kafka's names of what is measured for each quota. */
const quotaMetrics: Readonly<Record<ClientQuotaKey, { group: string; rate: string; help: string }>> = {
  producer_byte_rate: { group: 'produce', rate: 'byte_rate', help: 'Bytes a second of who has a quota for it.' },
  consumer_byte_rate: { group: 'fetch', rate: 'byte_rate', help: 'Bytes a second of who has a quota for it.' },
  request_percentage: { group: 'request', rate: 'request_time', help: 'Percents of the time of one thread.' },
  controller_mutation_rate: { group: 'controllermutation', rate: 'tokens', help: 'Changes of topics that are left.' },
};

/** What the authorizer and the quotas have decided. */
export function accessMetrics(text: PrometheusText, { authorizer, clock, quotas }: BrokerContext): void {
  if (authorizer.acls !== null) {
    const { allowed, denied } = authorizer.stats();
    text.metric('kafka_server_authorizer_metrics_acls_total_count', 'gauge', 'ACLs.');
    text.sample('kafka_server_authorizer_metrics_acls_total_count', authorizer.acls.index.size);
    text.metric('kafka_server_authorizer_metrics_authorization_total', 'counter', 'Decisions of the authorizer.');
    text.sample('kafka_server_authorizer_metrics_authorization_total', allowed, { result: 'allowed' });
    text.sample('kafka_server_authorizer_metrics_authorization_total', denied, { result: 'denied' });
  }
  const totals = [...quotas.totals()];
  if (totals.length > 0) {
    text.metric(
      'headwater_kafka_throttled_requests_total',
      'counter',
      'Requests whose client had to wait for its quota.',
    );
    for (const [quota, { throttles }] of totals) {
      text.sample('headwater_kafka_throttled_requests_total', throttles, { quota });
    }
    text.metric('headwater_kafka_throttle_milliseconds_total', 'counter', 'How long clients were made to wait in all.');
    for (const [quota, { throttledMs }] of totals) {
      text.sample('headwater_kafka_throttle_milliseconds_total', throttledMs, { quota });
    }
  }
  const trackers = [...quotas.trackers()].slice(-clientsMax);
  const nowMs = clock.monotonicMs();
  for (const [key, { group, rate, help }] of Object.entries(quotaMetrics)) {
    const tracked = trackers.filter((tracker) => tracker.key === key);
    if (tracked.length === 0) continue;
    text.metric(`kafka_server_${group}_${rate}`, 'gauge', help);
    for (const { user, clientId, limit, bucket, rate: measured } of tracked) {
      const value = rate === 'tokens' ? bucket.tokens(limit, nowMs) : measured.rate(nowMs);
      text.sample(`kafka_server_${group}_${rate}`, value, { user, client_id: clientId });
    }
    text.metric(`kafka_server_${group}_throttle_time`, 'gauge', 'Mean wait of a request that had to, milliseconds.');
    for (const { user, clientId, throttles, throttledMs } of tracked) {
      const mean = throttles === 0 ? 0 : throttledMs / throttles;
      text.sample(`kafka_server_${group}_throttle_time`, mean, { user, client_id: clientId });
    }
  }
}
