import type { RecordResult } from '@headwater/client';
import type { SendingRecord } from '@headwater/service';
import type { OutHeader, OutRecord } from './kafka.ts';
import type { Environment } from './settings.ts';
import { decimal } from './settings.ts';

/** Traces that begin with a tweet, a second. More would fill the trace store: a tweet makes a span in each service, and one for each of its words. */
export function tracesPerSecond(env: Environment): number {
  return decimal(env, 'HEADWATER_TWEETS_TRACES_PER_SECOND', 1, 0, 1_000);
}

/** The headers of a record to be sent: those that it has, then trace and correlation id. */
export function tracedHeaders(sending: SendingRecord, own: readonly OutHeader[]): OutHeader[] {
  const headers = [...own];
  for (const [key, value] of Object.entries(sending.headers))
    headers.push({ key, value: Buffer.from(value, 'latin1') });
  return headers;
}

/** The records of a request whose traces are recorded, and what became of each of its partitions. */
export class SampledSends {
  readonly #sends = new Map<OutRecord, SendingRecord>();

  add(record: OutRecord, sending: SendingRecord): void {
    if (sending.isSampled) this.#sends.set(record, sending);
  }

  /** Records were acknowledged, each with its place. */
  sent(
    records: readonly OutRecord[],
    places: readonly Pick<RecordResult, 'partition' | 'offset'>[],
    tell: (record: OutRecord, sending: SendingRecord, place: { partition: number; offset: number }) => void,
  ): void {
    if (this.#sends.size === 0) return;
    for (const [i, record] of records.entries()) {
      const sending = this.#sends.get(record);
      if (sending === undefined) continue;
      this.#sends.delete(record);
      const { offset, partition } = places[i]!;
      tell(record, sending, { partition, offset });
      sending.sent({ partition, offset });
    }
  }

  /** Those that are still open were not acknowledged. */
  close(): void {
    for (const sending of this.#sends.values())
      sending.failed(new Error('the service stopped before it was acknowledged'));
    this.#sends.clear();
  }
}
