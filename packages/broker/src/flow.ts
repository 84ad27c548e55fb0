/** Who moves what: counters for each client and topic, made for a picture of the whole, at the cost of a map look-up a batch. */
export interface FlowClient {
  clientId: string;
  groupId: string | null;
  topic: string;
  direction: 'produce' | 'fetch';
  /** Both count since the broker started. */
  records: number;
  bytes: number;
  /** Epoch milliseconds. */
  lastAt: number;
}

export interface FlowTopic {
  topic: string;
  partitions: number;
  recordsIn: number;
  bytesIn: number;
  recordsOut: number;
  bytesOut: number;
}

export interface FlowSnapshot {
  at: number;
  clients: FlowClient[];
  topics: FlowTopic[];
  /** Entries that made room for others since the start. */
  droppedClients: number;
}

interface Counter {
  clientId: string;
  topic: string;
  direction: 'produce' | 'fetch';
  records: number;
  bytes: number;
  lastAt: number;
}

interface TopicCounter {
  recordsIn: number;
  bytesIn: number;
  recordsOut: number;
  bytesOut: number;
  /** Batches, and answers with records. */
  batchesIn: number;
  refusedIn: number;
  fetches: number;
}

const maxClients = 1_000;

const noTraffic: TopicCounter = {
  recordsIn: 0,
  bytesIn: 0,
  recordsOut: 0,
  bytesOut: 0,
  batchesIn: 0,
  refusedIn: 0,
  fetches: 0,
};

function addTo(sum: TopicCounter, counter: TopicCounter): void {
  for (const field of Object.keys(noTraffic) as (keyof TopicCounter)[]) sum[field] += counter[field];
}

export class Flow {
  readonly #now: () => number;
  readonly #counters = new Map<string, Counter>();
  readonly #topics = new Map<string, TopicCounter>();
  readonly #gone: TopicCounter = { ...noTraffic };
  #dropped = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  produced(clientId: string | null, topic: string, records: number, bytes: number): void {
    this.#count(clientId ?? '', topic, 'produce', records, bytes);
    const counter = this.#topic(topic);
    counter.recordsIn += records;
    counter.bytesIn += bytes;
    counter.batchesIn++;
  }

  fetched(clientId: string | null, topic: string, records: number, bytes: number): void {
    this.#count(clientId ?? '', topic, 'fetch', records, bytes);
    const counter = this.#topic(topic);
    counter.recordsOut += records;
    counter.bytesOut += bytes;
    counter.fetches++;
  }

  /** A batch for a topic that there is was not taken. */
  refused(topic: string): void {
    this.#topic(topic).refusedIn++;
  }

  topicDeleted(topic: string): void {
    addTo(this.#gone, this.#topics.get(topic) ?? noTraffic);
    this.#topics.delete(topic);
    for (const [key, counter] of this.#counters) if (counter.topic === topic) this.#counters.delete(key);
  }

  /** `groupOf` finds the group in which a client reads a topic: a fetch itself does not say. */
  snapshot(
    topics: readonly { name: string; partitions: number }[],
    groupOf: (clientId: string, topic: string) => string | null,
  ): FlowSnapshot {
    const clients = Array.from(this.#counters.values(), (counter) => ({
      ...counter,
      groupId: counter.direction === 'fetch' ? groupOf(counter.clientId, counter.topic) : null,
    }));
    return {
      at: this.#now(),
      clients,
      topics: topics.map(({ name, partitions }) => {
        const { bytesIn, bytesOut, recordsIn, recordsOut } = this.#topics.get(name) ?? noTraffic;
        return { topic: name, partitions, recordsIn, bytesIn, recordsOut, bytesOut };
      }),
      droppedClients: this.#dropped,
    };
  }

  /** Sums over all topics, those too that are gone, for metrics. */
  totals(): Readonly<TopicCounter> {
    const sum = { ...this.#gone };
    for (const counter of this.#topics.values()) addTo(sum, counter);
    return sum;
  }

  topics(): ReadonlyMap<string, Readonly<TopicCounter>> {
    return this.#topics;
  }

  #count(clientId: string, topic: string, direction: 'produce' | 'fetch', records: number, bytes: number): void {
    // A topic's name has no slash, so the key cannot be made to collide.
    const key = `${direction === 'produce' ? 'p' : 'f'}${topic}/${clientId}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      if (this.#counters.size >= maxClients) this.#dropOldest();
      counter = { clientId, topic, direction, records: 0, bytes: 0, lastAt: 0 };
      this.#counters.set(key, counter);
    }
    counter.records += records;
    counter.bytes += bytes;
    counter.lastAt = this.#now();
  }

  #topic(topic: string): TopicCounter {
    let counter = this.#topics.get(topic);
    if (counter === undefined) {
      counter = { ...noTraffic };
      this.#topics.set(topic, counter);
    }
    return counter;
  }

  #dropOldest(): void {
    let oldestKey = '';
    let oldestAt = Infinity;
    for (const [key, { lastAt }] of this.#counters) {
      if (lastAt >= oldestAt) continue;
      oldestKey = key;
      oldestAt = lastAt;
    }
    this.#counters.delete(oldestKey);
    this.#dropped++;
  }
}

/** Batches in a buffer of whole ones are skipped over by their length; each says how many records it has. */
export function countRecords(batches: Buffer): number {
  let records = 0;
  for (let offset = 0; offset + 61 <= batches.length; ) {
    records += batches.readInt32BE(offset + 57);
    offset += 12 + batches.readInt32BE(offset + 8);
  }
  return records;
}
