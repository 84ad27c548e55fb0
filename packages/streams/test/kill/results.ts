import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaClient, Tail } from '@headwater/client';
import { serdes, timeWindowedSerde } from '../../index.ts';
import { topicsOf, windowMs } from './instance.ts';
import type { expectedOf } from './kill-run.ts';

type Expected = ReturnType<typeof expectedOf>;

const { long, string } = serdes;
const windowed = timeWindowedSerde(string, windowMs);
const endMark = 'the end';

/** What the application has written, as it is committed. */
export class Results {
  readonly #client: KafkaClient;
  readonly #applicationId: string;
  readonly #tail: Tail;
  readonly #reading: Promise<void>;
  readonly #counts = new Map<string, number>();
  readonly #windows = new Map<string, number>();
  /** By the event's number: each joined record. */
  readonly #joined = new Map<number, string[]>();
  #ends = 0;
  #failure: unknown = null;

  constructor(client: KafkaClient, applicationId: string) {
    this.#client = client;
    this.#applicationId = applicationId;
    const { counts, joined, windows } = topicsOf(applicationId);
    this.#tail = client.tail({ topics: [counts, windows, joined], from: 'earliest', isolation: 'read_committed' });
    this.#reading = this.#read().catch((error) => {
      this.#failure = error;
    });
  }

  async #read(): Promise<void> {
    const { counts, windows } = topicsOf(this.#applicationId);
    for await (const batch of this.#tail) {
      for (const { key, value } of batch.records()) {
        if (key === null || String(key) === endMark) this.#ends++;
        else if (batch.topic === counts) this.#counts.set(String(key), long.decode(value!, 0, value!.length, ''));
        else if (batch.topic === windows) {
          const { key: word, window } = windowed.decode(key, 0, key.length, '');
          this.#windows.set(`${word}@${window.startMs}`, long.decode(value!, 0, value!.length, ''));
        } else {
          const [n, user] = String(value).split(':');
          const list = this.#joined.get(Number(n)) ?? [];
          this.#joined.set(Number(n), list);
          list.push(user!);
        }
      }
    }
  }

  get joinedCount(): number {
    return this.#joined.size;
  }

  /** More than one record of an event. */
  get doubledCount(): number {
    return [...this.#joined.values()].filter((list) => list.length > 1).length;
  }

  /** Until everything that is expected has come, the time is up, or there is no hope. */
  async wait(expected: Expected, events: number, timeoutMs: number, isHopeless: () => boolean): Promise<void> {
    const untilMs = performance.now() + timeoutMs;
    while (performance.now() < untilMs && !isHopeless() && this.#failure === null) {
      const isWhole = this.#joined.size >= events && differences(expected, this.#counts, this.#windows).length === 0;
      if (isWhole) return;
      await delay(50);
    }
  }

  /** Reads on to the end, and says what is not as it should be. */
  async judge(expected: Expected, events: number): Promise<string[]> {
    const { counts, joined, windows } = topicsOf(this.#applicationId);
    const { topics } = await this.#client.metadata([counts, windows, joined]);
    let marks = 0;
    for (const { name, partitions } of topics) {
      for (const { partition } of partitions) {
        await this.#client.produce({ topic: name, partition, records: [{ key: endMark, value: null }] });
        marks++;
      }
    }
    const untilMs = performance.now() + 60_000;
    while (this.#ends < marks && performance.now() < untilMs && this.#failure === null) await delay(20);
    const wrong = differences(expected, this.#counts, this.#windows);
    if (this.#failure !== null) wrong.push(`the results cannot be read: ${String(this.#failure)}`);
    if (this.#ends < marks) wrong.push(`only ${this.#ends} of ${marks} partitions could be read to their end`);
    for (let n = 0; n < events; n++) {
      const list = this.#joined.get(n) ?? [];
      if (list.length !== 1) wrong.push(`event ${n} was joined ${list.length} times`);
      else if (list[0] !== expected.userOf(n)) wrong.push(`event ${n} was joined with ${list[0]}`);
    }
    return wrong;
  }

  async close(): Promise<void> {
    await this.#tail.close();
    await this.#reading;
  }
}

function differences(
  { counts, windows }: Expected,
  foundCounts: Map<string, number>,
  foundWindows: Map<string, number>,
) {
  const wrong: string[] = [];
  const compare = (wanted: Map<string, number>, found: Map<string, number>, what: string) => {
    for (const key of new Set([...wanted.keys(), ...found.keys()])) {
      const [is, should] = [found.get(key) ?? 0, wanted.get(key) ?? 0];
      if (is !== should) wrong.push(`${what} of ${key} is ${is}, not ${should}`);
    }
  };
  compare(counts, foundCounts, 'the count');
  compare(windows, foundWindows, 'the windowed count');
  return wrong;
}
