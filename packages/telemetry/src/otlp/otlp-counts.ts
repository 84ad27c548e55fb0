import { PrometheusText } from '@headwater/http';

export type OtlpSignal = 'spans' | 'data_points' | 'log_records';

const signals: readonly OtlpSignal[] = ['spans', 'data_points', 'log_records'];

/** How many of each came, and what became of them. */
export class OtlpCounts {
  /** Log records some of whose parts were cut. */
  truncated = 0;
  readonly #accepted = new Map<OtlpSignal, number>();
  readonly #rejected = new Map<OtlpSignal, number>();

  add(signal: OtlpSignal, accepted: number, rejected: number): void {
    this.#accepted.set(signal, (this.#accepted.get(signal) ?? 0) + accepted);
    this.#rejected.set(signal, (this.#rejected.get(signal) ?? 0) + rejected);
  }

  /** In Prometheus' text format. */
  text(forwarded?: { sent: number; dropped: number }): string {
    const received = 'headwater_otlp_received_total';
    const help = 'Spans, data points and log records that came by OTLP.';
    const text = new PrometheusText().metric(received, 'counter', help);
    for (const signal of signals) {
      text.sample(received, { signal, outcome: 'accepted' }, this.#accepted.get(signal) ?? 0);
      text.sample(received, { signal, outcome: 'rejected' }, this.#rejected.get(signal) ?? 0);
    }
    text.counter('headwater_otlp_truncated_total', 'Log records of which parts were cut.', this.truncated);
    if (forwarded !== undefined) {
      const name = 'headwater_otlp_forwarded_total';
      text.metric(
        name,
        'counter',
        'Spans that were sent on to a Zipkin elsewhere, or dropped as it did not take them.',
      );
      text.sample(name, { outcome: 'sent' }, forwarded.sent);
      text.sample(name, { outcome: 'dropped' }, forwarded.dropped);
    }
    return text.toString();
  }
}
