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
  text(): string {
    const lines = [
      '# HELP headwater_otlp_received_total Spans, data points and log records that came by OTLP.',
      '# TYPE headwater_otlp_received_total counter',
    ];
    for (const signal of signals) {
      const accepted = this.#accepted.get(signal) ?? 0;
      const rejected = this.#rejected.get(signal) ?? 0;
      lines.push(`headwater_otlp_received_total{signal="${signal}",outcome="accepted"} ${accepted}`);
      lines.push(`headwater_otlp_received_total{signal="${signal}",outcome="rejected"} ${rejected}`);
    }
    lines.push(
      '# HELP headwater_otlp_truncated_total Log records of which parts were cut.',
      '# TYPE headwater_otlp_truncated_total counter',
      `headwater_otlp_truncated_total ${this.truncated}`,
    );
    return `${lines.join('\n')}\n`;
  }
}
