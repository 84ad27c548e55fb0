import type { PrometheusText } from '@headwater/http';
import type { QueryCounter } from './http/query-routes.ts';
import type { RemoteWriteCounter } from './remote/remote-write-route.ts';
import type { AlertSender } from './rules/alert-sender.ts';
import type { RuleEngine } from './rules/rule-engine.ts';
import type { Scraper } from './scrape/scraper.ts';
import type { SampleStore } from './store/sample-store.ts';
import type { MetricsTopic } from './topic/metrics-topic.ts';

const bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** What this part counts of itself. */
export class OwnMetrics implements QueryCounter, RemoteWriteCounter {
  readonly #queries = { instant: new Uint32Array(bounds.length + 1), range: new Uint32Array(bounds.length + 1) };
  readonly #seconds = { instant: 0, range: 0 };
  #queryErrors = 0;
  #remoteAdded = 0;
  #remoteRefused = 0;
  readonly #refused = new Map<string, number>();

  query(kind: 'instant' | 'range', seconds: number, isError: boolean): void {
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket += 1;
    this.#queries[kind][bucket]! += 1;
    this.#seconds[kind] += seconds;
    if (isError) this.#queryErrors += 1;
  }

  remoteWrite(added: number, refused: number): void {
    this.#remoteAdded += added;
    this.#remoteRefused += refused;
  }

  refused(reason: string, samples: number): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + samples);
  }

  write(
    text: PrometheusText,
    of: {
      store: SampleStore;
      scraper: Scraper | undefined;
      engine: RuleEngine;
      sender: AlertSender;
      topic: MetricsTopic | undefined;
    },
  ): void {
    const { engine, scraper, sender, store, topic } = of;
    const stats = store.stats();
    text
      .gauge('headwater_metrics_series', 'Series that are held.', stats.series)
      .gauge('headwater_metrics_samples', 'Samples that are held.', stats.samples)
      .gauge('headwater_metrics_stored_bytes', 'Bytes of closed chunks.', stats.storedBytes)
      .gauge('headwater_metrics_memory_bytes', 'Bytes that series and chunks take in memory, about.', stats.memoryBytes)
      .counter(
        'headwater_metrics_series_refused_total',
        'Series that were refused, as there are too many.',
        stats.refusedSeries,
      )
      .counter(
        'headwater_metrics_out_of_order_samples_total',
        'Samples that were not newer than what was there.',
        stats.outOfOrder,
      )
      .counter('headwater_metrics_write_errors_total', 'Writes to the disk that failed.', stats.writeErrors)
      .metric(
        'headwater_metrics_samples_refused_total',
        'counter',
        'Samples of targets that were not kept, by reason.',
      );
    for (const [reason, samples] of this.#refused)
      text.sample('headwater_metrics_samples_refused_total', { reason }, samples);
    const targets = scraper?.targets() ?? [];
    text.metric('headwater_metrics_targets', 'gauge', 'What is scraped, by health.');
    for (const health of ['up', 'down', 'unknown'])
      text.sample('headwater_metrics_targets', { health }, targets.filter((target) => target.health === health).length);
    text
      .counter(
        'headwater_metrics_scrapes_skipped_total',
        'Scrapes that were left out, as the one before was still under way.',
        scraper?.skipped ?? 0,
      )
      .metric('headwater_metrics_query_duration_seconds', 'histogram', 'Queries, by kind.');
    for (const kind of ['instant', 'range'] as const)
      text.histogram(
        'headwater_metrics_query_duration_seconds',
        { kind },
        bounds,
        this.#queries[kind],
        this.#seconds[kind],
      );
    text
      .counter('headwater_metrics_query_errors_total', 'Queries that failed.', this.#queryErrors)
      .counter('headwater_metrics_rule_evaluations_total', 'Evaluations of rules.', engine.evaluations)
      .counter('headwater_metrics_rule_failures_total', 'Evaluations of rules that failed.', engine.failures)
      .counter(
        'headwater_metrics_rule_evaluations_missed_total',
        'Evaluations of groups that came too late.',
        engine.missed,
      )
      .counter('headwater_metrics_alerts_sent_total', 'Alerts that were sent, each time anew.', sender.sent)
      .counter(
        'headwater_metrics_alerts_dropped_total',
        'Alerts that were dropped, as too many waited.',
        sender.dropped,
      )
      .counter('headwater_metrics_alert_errors_total', 'Attempts to send alerts that failed.', sender.errors)
      .counter('headwater_metrics_remote_write_samples_total', 'Samples that came by remote write.', this.#remoteAdded)
      .counter(
        'headwater_metrics_remote_write_refused_total',
        'Samples that came by remote write and were refused.',
        this.#remoteRefused,
      );
    if (topic === undefined) return;
    text
      .counter('headwater_metrics_topic_written_total', 'Samples that were put on the topic.', topic.written)
      .counter('headwater_metrics_topic_dropped_total', 'Samples that were not, as too many waited.', topic.dropped)
      .counter('headwater_metrics_topic_read_total', 'Samples of OTLP that were read from the topic.', topic.read)
      .counter('headwater_metrics_topic_damaged_total', 'Records of the topic that are no samples.', topic.damaged)
      .gauge('headwater_metrics_topic_waiting', 'Samples that wait to be put on the topic.', topic.waiting);
  }
}
