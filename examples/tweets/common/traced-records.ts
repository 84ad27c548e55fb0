import type { SendingRecord } from '@headwater/service';
import type { OutRecord } from './kafka.ts';
import type { Environment } from './settings.ts';
import { decimal } from './settings.ts';

/** Traces that begin with a tweet, a second. More would fill the trace store: a tweet makes a span in each service, and one for each of its words. */
export function tracesPerSecond(env: Environment): number {
  return decimal(env, 'HEADWATER_TWEETS_TRACES_PER_SECOND', 1, 0, 1_000);
}

const names = new Map<string, Buffer>();

/** The headers of a record to be sent, as this client takes them: those that it has, then trace and correlation id. */
export function tracedHeaders(sending: SendingRecord, own?: ReadonlyMap<Buffer, Buffer>): Map<Buffer, Buffer> {
  const headers = new Map(own);
  for (const [name, value] of Object.entries(sending.headers)) {
    let key = names.get(name);
    if (key === undefined) names.set(name, (key = Buffer.from(name)));
    headers.set(key, Buffer.from(value, 'latin1'));
  }
  return headers;
}

/** The records of a request whose traces are recorded, and what became of each of its partitions. */
export class SampledSends {
  readonly #sends = new Map<OutRecord, SendingRecord>();

  add(record: OutRecord, sending: SendingRecord): void {
    if (sending.isSampled) this.#sends.set(record, sending);
  }

  /** Records of one request were acknowledged: those of a partition have consecutive offsets. */
  sent(
    records: readonly OutRecord[],
    offsets: readonly { partition: number; offset: bigint }[] | undefined,
    tell: (record: OutRecord, sending: SendingRecord, place: { partition: number; offset?: bigint }) => void,
  ): void {
    if (this.#sends.size === 0) return;
    const next = new Map(offsets?.map(({ offset, partition }) => [partition, offset]));
    for (const record of records) {
      const partition = record.partition!;
      const offset = next.get(partition);
      if (offset !== undefined) next.set(partition, offset + 1n);
      const sending = this.#sends.get(record);
      if (sending === undefined) continue;
      this.#sends.delete(record);
      const place = { partition, ...(offset !== undefined && { offset }) };
      tell(record, sending, place);
      sending.sent(place);
    }
  }

  /** Those that are still open were not acknowledged. */
  close(): void {
    for (const sending of this.#sends.values())
      sending.failed(new Error('the service stopped before it was acknowledged'));
    this.#sends.clear();
  }
}
