import type { KafkaClient } from '@headwater/client';
import { tablesAfter, userOf } from './statements.ts';

/** What has been committed to the topics of the queries, read as it comes. */
export class Results {
  readonly #closers: (() => Promise<void>)[] = [];
  /** By topic: how often each event came. */
  readonly #seen = new Map<string, Map<number, number>>();
  readonly #counts = new Map<string, string>();
  readonly #windows = new Map<string, string>();
  #wrong = 0;

  constructor(client: KafkaClient) {
    for (const topic of ['EVEN', 'ODD', 'JOINED']) {
      const seen = new Map<number, number>();
      this.#seen.set(topic, seen);
      this.#read(client, topic, (key, value) => {
        const { N, NAME } = JSON.parse(value.toString()) as { N: number; NAME?: string };
        seen.set(N, (seen.get(N) ?? 0) + 1);
        if (topic === 'JOINED' && (NAME !== `name of ${userOf(N)}` || key.toString() !== userOf(N))) this.#wrong++;
      });
    }
    this.#read(client, 'COUNTS', (key, value) => {
      const { N, TOTAL } = JSON.parse(value.toString()) as { N: number; TOTAL: number };
      this.#counts.set(key.toString(), `${N}/${TOTAL}`);
    });
    this.#read(client, 'WINDOWS', (key, value) => {
      const at = key.length - 8;
      const { N } = JSON.parse(value.toString()) as { N: number };
      this.#windows.set(`${key.subarray(0, at)}@${key.readBigInt64BE(at)}`, String(N));
    });
  }

  #read(client: KafkaClient, topic: string, take: (key: Buffer, value: Buffer) => void): void {
    const tail = client.tail({ topics: [topic], from: 'earliest', isolation: 'read_committed' });
    this.#closers.push(() => tail.close());
    void (async () => {
      for await (const batch of tail) {
        for (const { key, value } of batch.records()) if (key !== null && value !== null) take(key, value);
      }
    })().catch(() => {});
  }

  /** What is missing or wrong after so many events; empty: nothing. */
  judge(events: number): string[] {
    const wrong: string[] = this.#wrong > 0 ? [`${this.#wrong} were joined with another user`] : [];
    for (const [topic, seen] of this.#seen) {
      const isWanted = (n: number) => topic === 'JOINED' || (n % 2 === 0) === (topic === 'EVEN');
      for (let n = 0; n < events; n++) {
        const times = seen.get(n) ?? 0;
        if (times !== (isWanted(n) ? 1 : 0)) wrong.push(`${topic}: event ${n} is there ${times} times`);
      }
    }
    const tables = tablesAfter(events);
    wrong.push(...differences('COUNTS', this.#counts, tables.counts));
    wrong.push(...differences('WINDOWS', this.#windows, tables.windows));
    return wrong;
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.map((close) => close()));
  }
}

export function differences(
  what: string,
  actual: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): string[] {
  const keys = new Set([...actual.keys(), ...expected.keys()]);
  return [...keys]
    .filter((key) => actual.get(key) !== expected.get(key))
    .map((key) => `${what}: ${key} is ${actual.get(key)}, not ${expected.get(key)}`);
}
