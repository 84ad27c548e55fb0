import { setImmediate } from 'node:timers/promises';
import type { Consumer, FetchedBatch, TopicPartition } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import { Backlog } from './backlog.ts';
import { ConnectError } from './connect-error.ts';
import { measure } from './metrics/connector-metrics.ts';
import { sinkFamilies } from './metrics/sink-metrics.ts';
import type { SinkOptions, SinkRecord } from './sink-options.ts';
import { type Entry, type Move, RefusedChunk, type SinkStore } from './sink-store.ts';
import { tracesOf } from './sink-traces.ts';

export type SinkState = 'starting' | 'active' | 'waiting' | 'stopped';

/** What a sink has done since it was opened. */
export interface SinkFigures {
  /** `waiting`: the last attempt at a write failed; the records wait in the log. */
  state: SinkState;
  /** Read from the log; those that are read again count again. */
  read: number;
  /** Records whose write has ended, those left out too. */
  records: number;
  /** Taken by the store, or there already. */
  sent: number;
  /** Found in the store already. */
  repeats: number;
  batches: number;
  /** Left out by the poison policy. */
  poisonous: number;
  /** Of these: written to the dead letter topic. */
  deadLettered: number;
  /** Failures after which it was tried again. */
  retries: number;
  /** Partitions that another instance had moved on. */
  fenced: number;
  /** Partition → the offset that the store says comes next. */
  positions: Readonly<Record<number, number>>;
  /** Records of its partitions that are not stored yet, as far as is known: by partition, and all. */
  lags: Readonly<Record<number, number>>;
  lag: number;
  lastError: string | null;
}

export interface RunningSink {
  readonly figures: SinkFigures;
  /** Resolves when the sink was closed; rejects when it had to stop. */
  readonly finished: Promise<void>;
  /** Ends the write at hand, and leaves the group. May be called twice. */
  close(): Promise<void>;
}

const idleWaitMs = 1_000;
const backOffMsMax = 2_000;
/** Records are mapped that long at a time: the other services of the thread have their turns between. */
const mapSliceMs = 4;

/** Moves a topic into a store: records and offsets in one write, and whoever comes after goes on from the store's offsets. */
export function runSink<Item>(options: SinkOptions<Item>, store: SinkStore<Item>): RunningSink {
  const sink = new Sink(options, store);
  const connector = options.name ?? options.groupId;
  const stopMeasuring =
    options.metrics &&
    measure(options.metrics, sinkFamilies, {
      labels: { connector, topic: options.topic },
      figures: () => sink.figures(),
    });
  const finished = sink.run().finally(() => stopMeasuring?.());
  finished.catch(() => {});
  return {
    get figures() {
      return sink.figures();
    },
    finished,
    async close() {
      sink.stopping.abort();
      await finished.catch(() => {});
    },
  };
}

class Sink<Item> {
  readonly stopping = new AbortController();
  readonly #options: SinkOptions<Item>;
  readonly #store: SinkStore<Item>;
  readonly #logger: Logger;
  readonly #backlog: Backlog;
  /** What the store holds for the partitions of this instance. */
  readonly #stored = new Map<number, number | null>();
  /** What records became, so that one is mapped, and its poison told, once. */
  readonly #mapped = new WeakMap<SinkRecord, { item: Item | null }>();
  readonly #counts = {
    records: 0,
    sent: 0,
    repeats: 0,
    batches: 0,
    poisonous: 0,
    deadLettered: 0,
    retries: 0,
    fenced: 0,
  };
  readonly #batchRecords: number;
  #consumer: Consumer | undefined;
  #state: SinkState = 'starting';
  #lastError: string | null = null;
  #failures = 0;
  /** Smaller while a record is looked for that the store refuses. */
  #chunkRecords: number;

  constructor(options: SinkOptions<Item>, store: SinkStore<Item>) {
    this.#options = options;
    this.#store = store;
    this.#logger = options.logger ?? silentLogger;
    this.#backlog = new Backlog(options.topic);
    this.#batchRecords = options.batchRecords ?? 500;
    this.#chunkRecords = this.#batchRecords;
    if (!(this.#batchRecords >= 1)) throw new ConnectError('HW_CONNECT_OPTION', 'batchRecords: give 1 or more');
  }

  figures(): SinkFigures {
    const positions: Record<number, number> = {};
    const lags: Record<number, number> = {};
    let lag = 0;
    for (const [partition, next] of this.#stored) {
      if (next !== null) positions[partition] = next;
      lag += lags[partition] = this.#lagOf(partition);
    }
    const { read } = this.#backlog;
    return { state: this.#state, read, ...this.#counts, positions, lags, lag, lastError: this.#lastError };
  }

  #lagOf(partition: number): number {
    const { topic } = this.#options;
    try {
      const { high } = this.#consumer!.watermarks(topic, partition);
      const read = this.#consumer!.positions()[topic]?.[partition];
      const first = this.#backlog.firstOffset(partition) ?? read;
      return high < 0 || first === undefined ? 0 : Math.max(0, high - first);
    } catch {
      return 0;
    }
  }

  async run(): Promise<void> {
    const { signal: given } = this.#options;
    const onAbort = (): void => this.stopping.abort();
    if (given?.aborted) onAbort();
    given?.addEventListener('abort', onAbort, { once: true });
    const { signal } = this.stopping;
    try {
      while (!signal.aborted) {
        try {
          await this.#readAndWrite(signal);
        } catch (error) {
          if (signal.aborted) break;
          if (this.#isFinal(error)) {
            this.#lastError = (error as Error).message;
            throw error;
          }
          // The consumer ended: a new one goes on from the store's offsets.
          await pause(this.#failed(error, 'cannot read'), signal);
        }
      }
    } finally {
      this.#state = 'stopped';
      given?.removeEventListener('abort', onAbort);
      await this.#store.close();
    }
  }

  /** What trying again does not mend. */
  #isFinal(error: unknown): boolean {
    return error instanceof ConnectError || this.#stop === error;
  }

  /** What the poison policy threw. */
  #stop: unknown = Symbol('none');

  async #readAndWrite(signal: AbortSignal): Promise<void> {
    const { client, groupId, groupInstanceId, sessionTimeoutMs = 10_000, topic } = this.#options;
    const consumer = client.consumer({
      groupId,
      topics: [topic],
      isolation: 'read_committed',
      autoOffsetReset: 'earliest',
      autoCommit: false,
      sessionTimeoutMs,
      heartbeatIntervalMs: Math.min(3_000, sessionTimeoutMs / 3),
      ...(groupInstanceId !== undefined && { groupInstanceId }),
      onPartitionsAssigned: (list) => this.#take(list, signal),
      onPartitionsRevoked: (list) => this.#give(list),
      onPartitionsLost: (list) => this.#give(list),
    });
    this.#consumer = consumer;
    this.#backlog.drop([...this.#backlog.partitions.keys()]);
    this.#stored.clear();
    try {
      await this.#loop(consumer, signal);
    } finally {
      await consumer.close({ timeoutMs: 2_000 }).catch(() => {});
    }
  }

  async #loop(consumer: Consumer, signal: AbortSignal): Promise<void> {
    const { batchBytes = 1024 * 1024, lingerMs = 100 } = this.#options;
    const backlog = this.#backlog;
    /** Writes begin so far apart: what comes to a quiet topic is written at once. */
    let writeAtMs = 0;
    let retryAtMs = 0;
    while (!signal.aborted) {
      const nowMs = performance.now();
      const isFull = backlog.records >= this.#batchRecords || backlog.bytes >= batchBytes;
      const dueMs = Math.max(retryAtMs, isFull ? 0 : writeAtMs);
      if (!backlog.isEmpty && nowMs >= dueMs) {
        writeAtMs = nowMs + lingerMs;
        retryAtMs = await this.#write(consumer, signal);
        continue;
      }
      // While a write waits for its next attempt nothing more is read, but the group goes on: partitions may move.
      if (isFull) consumer.pause(consumer.assignment());
      const maxWaitMs = backlog.isEmpty ? idleWaitMs : Math.max(1, dueMs - nowMs);
      const batches = await consumer.poll({ maxWaitMs, maxBytes: batchBytes, signal });
      // A consumer that was closed from outside, with its client say, has nothing any more, at once.
      if (consumer.stopped.aborted) throw consumer.stopped.reason;
      if (isFull) consumer.resume(consumer.paused());
      for (const batch of batches)
        if (!this.#isStored(batch)) backlog.add(batch, this.#stored.get(batch.partition) ?? 0);
    }
  }

  /** Goes on where the store says. A failure is tried again for as long as it takes: nothing can be read before. */
  async #take(list: readonly TopicPartition[], signal: AbortSignal): Promise<void> {
    const { groupId, topic } = this.#options;
    const partitions = list.map(({ partition }) => partition);
    this.#backlog.drop(partitions);
    if (partitions.length === 0) {
      // Others have them all: it stands by, and nothing is wrong.
      if (this.#stored.size === 0) this.#worked();
      return;
    }
    const consumer = this.#consumer!;
    while (!signal.aborted && !consumer.stopped.aborted) {
      try {
        const positions = await this.#store.positions(topic, partitions);
        const held = new Set(consumer.assignment().map(({ partition }) => partition));
        for (const partition of partitions) {
          // The group may have moved it meanwhile: while no batch is in hand it need not wait for this.
          if (!held.has(partition)) continue;
          const next = positions.get(partition);
          this.#stored.set(partition, next ?? null);
          if (next !== undefined) consumer.seek(topic, partition, next);
        }
        this.#worked();
        this.#logger.info({ groupId, topic, positions: Object.fromEntries(positions) }, 'partitions assigned');
        return;
      } catch (error) {
        if (this.#isFinal(error)) throw error;
        await pause(this.#failed(error, 'cannot ask the store for its offsets'), signal);
      }
    }
  }

  /**
   * A batch may come again: its partition went and came back while it was written. Where the log ends before what is stored, offsets mean other
   * records than those in the store.
   */
  #isStored({ highWatermark, nextOffset, partition, topic }: FetchedBatch): boolean {
    const stored = this.#stored.get(partition) ?? 0;
    if (nextOffset > stored) return false;
    if (highWatermark >= stored) return true;
    throw new ConnectError(
      'HW_CONNECT_TOPIC_ANEW',
      `partition ${partition} of ${topic}: the store has it up to offset ${stored}, and the log ends at ${highWatermark}. ` +
        'The topic was deleted and created anew, most likely: give the sink another name and an empty table or index, or the topic another name',
    );
  }

  #give(list: readonly TopicPartition[]): void {
    this.#backlog.drop(list.map(({ partition }) => partition));
    for (const { partition } of list) this.#stored.delete(partition);
  }

  /** Writes the next of the backlog; returns when (of `performance.now()`) to come again. */
  async #write(consumer: Consumer, signal: AbortSignal): Promise<number> {
    const { prepare, topic } = this.#options;
    const { ends, records } = this.#backlog.first(this.#chunkRecords);
    let traces: ReturnType<typeof tracesOf<Item>> | undefined;
    try {
      await prepare?.(records);
      const { entries, passedOver } = await this.#map(records);
      const moves = new Map<number, Move>();
      for (const [partition, to] of ends) moves.set(partition, { from: this.#stored.get(partition) ?? null, to });
      traces = tracesOf(this.#options, this.#store, entries);
      const { fenced, repeats } = await this.#store.write({ topic, entries, moves });
      for (const partition of fenced) ends.delete(partition);
      this.#backlog.done(ends);
      for (const [partition, end] of ends) if (this.#stored.has(partition)) this.#stored.set(partition, end);
      traces.stored();
      this.#counts.batches += 1;
      this.#counts.records += records.length;
      for (const { record } of entries) if (ends.has(record.partition)) this.#counts.sent += 1;
      for (const { partition } of passedOver) if (ends.has(partition)) this.#counts.sent += 1;
      this.#counts.repeats += repeats;
      this.#chunkRecords = Math.min(this.#batchRecords, this.#chunkRecords * 2);
      this.#worked();
      if (fenced.length > 0) await this.#fence(fenced, signal);
      await this.#commit(consumer, ends, signal);
      return 0;
    } catch (error) {
      traces?.failed(error);
      if (signal.aborted || this.#isFinal(error)) throw error;
      if (error instanceof RefusedChunk) {
        if (records.length > 1) this.#chunkRecords = Math.ceil(records.length / 2);
        else await this.#poison(records[0]!, error.message);
        return 0;
      }
      return performance.now() + this.#failed(error, 'cannot write');
    }
  }

  /** What is to be stored, each where the newest of its name stood, and the records that a newer one makes needless. */
  async #map(records: readonly SinkRecord[]): Promise<{ entries: Entry<Item>[]; passedOver: SinkRecord[] }> {
    const { newestOf } = this.#options;
    const names = newestOf && records.map((record) => newestOf(record));
    const newest = new Map(names?.map((name, i) => [name, i]));
    const entries: Entry<Item>[] = [];
    const passedOver: SinkRecord[] = [];
    let sliceEndMs = performance.now() + mapSliceMs;
    for (const [i, record] of records.entries()) {
      if (performance.now() >= sliceEndMs) {
        await setImmediate();
        sliceEndMs = performance.now() + mapSliceMs;
      }
      const name = names?.[i] ?? null;
      if (name !== null && newest.get(name) !== i) {
        passedOver.push(record);
        continue;
      }
      let entry = await this.#entryOf(record);
      // One that becomes nothing does not hide those before it.
      for (let at = i - 1; entry === undefined && name !== null && at >= 0; at--) {
        if (names![at] !== name) continue;
        entry = await this.#entryOf(records[at]!);
        if (entry !== undefined) passedOver.splice(passedOver.indexOf(entry.record), 1);
      }
      if (entry !== undefined) entries.push(entry);
    }
    return { entries, passedOver };
  }

  async #entryOf(record: SinkRecord): Promise<Entry<Item> | undefined> {
    let mapped = this.#mapped.get(record);
    if (mapped === undefined) {
      try {
        mapped = { item: this.#options.map(record) };
        this.#mapped.set(record, mapped);
      } catch (error) {
        await this.#poison(record, (error as Error).message);
        return undefined;
      }
    }
    return mapped.item === null ? undefined : { record, item: mapped.item };
  }

  /** Deals with a record that can never be stored; from then on it is nothing. */
  async #poison(record: SinkRecord, reason: string): Promise<void> {
    const { client, onPoison, poison = 'skip' } = this.#options;
    const { key, offset, partition, topic, value } = record;
    const place = { topic, partition, offset };
    if (onPoison !== undefined) {
      try {
        onPoison(record, reason);
      } catch (error) {
        this.#stop = error;
        throw error;
      }
    }
    if (poison === 'stop') {
      throw new ConnectError(
        'HW_CONNECT_POISON',
        `record ${offset} of ${topic}, partition ${partition}, cannot be stored: ${reason}. Give another poison policy, or move the offset`,
      );
    }
    if (poison !== 'skip') {
      const own = {
        'headwater.dead-letter.place': `${topic}:${partition}:${offset}`,
        'headwater.dead-letter.reason': reason,
      };
      const added = Object.entries(own).map(([name, text]) => ({ key: name, value: Buffer.from(text) }));
      const headers = [...record.headers, ...added];
      await client.produce({ topic: poison.deadLetterTopic, records: [{ key, value, headers }] });
      this.#counts.deadLettered += 1;
    }
    if (onPoison === undefined) this.#logger.error({ ...place, reason }, 'record cannot be stored: left out');
    this.#counts.poisonous += 1;
    this.#mapped.set(record, { item: null });
  }

  /** Others have written these partitions: what is here of them is theirs, or comes again from where they are. */
  async #fence(partitions: readonly number[], signal: AbortSignal): Promise<void> {
    this.#counts.fenced += partitions.length;
    const { topic } = this.#options;
    this.#logger.warn({ topic, partitions }, 'another instance has moved on: goes on from there');
    await this.#take(
      partitions.map((partition) => ({ topic, partition })),
      signal,
    );
  }

  /** For those who look at the group; the store's offsets are the ones that count. */
  async #commit(consumer: Consumer, ends: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
    const { groupId, topic } = this.#options;
    const read = this.#backlog.isEmpty ? consumer.positions()[topic] : undefined;
    const offsets = Object.fromEntries(
      [...ends].map(([partition, end]) => [partition, { offset: Math.max(end, read?.[partition] ?? 0) }]),
    );
    await consumer.commit({ [topic]: offsets }, { signal }).catch((error: unknown) => {
      this.#logger.debug({ groupId, topic, reason: (error as Error).message }, 'cannot commit to the group');
    });
  }

  #worked(): void {
    this.#failures = 0;
    this.#state = 'active';
    this.#lastError = null;
  }

  /** Returns how long to wait, in ms: longer each time, with some chance in it. */
  #failed(error: unknown, what: string): number {
    const retryInMs = Math.round(Math.min(backOffMsMax, 100 * 2 ** this.#failures) * (0.75 + Math.random() * 0.5));
    this.#failures = Math.min(10, this.#failures + 1);
    this.#counts.retries += 1;
    this.#state = 'waiting';
    this.#lastError = (error as Error).message;
    const { groupId, topic } = this.#options;
    this.#logger.warn({ groupId, topic, retryInMs, reason: this.#lastError }, `${what}, tries again`);
    return retryInMs;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish, { once: true });
  });
}
