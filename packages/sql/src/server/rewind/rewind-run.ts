import { setTimeout as delay } from 'node:timers/promises';
import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { TopologyHandle } from '@headwater/streams';
import type { Rewind, RewindProgress, RewindState } from '../../engine/rewind/rewind.ts';
import { takePlace } from '../../engine/rewind/rewind-query.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { StreamsQueries } from '../streams-queries.ts';
import { TableDifference } from './table-difference.ts';
import { type SwapRecord, writeSwap } from './write-swap.ts';

export interface RewindRunOptions {
  readonly engine: SqlEngine;
  readonly client: KafkaClient;
  readonly queries: StreamsQueries;
  readonly logger: Logger;
  /** Names the producer that writes differences: begun anew, it ends what it left open. */
  readonly transactionalId: string;
  /** The record that says that the swap was done, for the processes after this one; null: nobody is told. */
  readonly swapRecord: SwapRecord | null;
  /** How many servers the service has: a swap is one server's work. */
  serversCount(): Promise<number>;
  /** How often it is looked how far the new generation is. */
  readonly lookMs: number;
  /** Default 256 MiB. */
  readonly memoryBytesMax?: number;
}

/** How often a swap is tried that does not succeed. */
const attemptsMax = 5;
/** How long the new generation may need for what the old one has had before it is tried again later. */
const reachMsMax = 60_000;

/** By topic and partition. */
type Positions = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Follows a new generation until it has caught up with the log, and has it take the old one's place. */
export class RewindRun {
  readonly #rewind: Rewind;
  readonly #options: RewindRunOptions;
  readonly #ending = new AbortController();
  readonly #sinceMs: number;
  #state: RewindState = 'rewinding';
  #error: string | null = null;
  /** Where it began, by topic and partition. */
  readonly #starts: Positions;
  #recordsTotal = 0;
  #recordsLeft = 0;
  #done: Promise<void> = Promise.resolve();
  /** The old one rested before it was held. */
  #wasPaused = false;

  constructor(rewind: Rewind, starts: Positions, options: RewindRunOptions) {
    this.#rewind = rewind;
    this.#starts = starts;
    this.#options = options;
    this.#sinceMs = Date.now();
  }

  get progress(): RewindProgress {
    const recordsTotal = this.#recordsTotal;
    const recordsLeft = this.#recordsLeft;
    const passedMs = Date.now() - this.#sinceMs;
    const done = recordsTotal - recordsLeft;
    return {
      state: this.#state,
      recordsTotal,
      recordsLeft,
      sinceMs: this.#sinceMs,
      etaMs: done <= 0 ? null : Math.round((recordsLeft * passedMs) / done),
      error: this.#error,
    };
  }

  begin(): void {
    this.#done = this.#follow().catch((error: unknown) => {
      if (this.#ending.signal.aborted) return;
      this.#state = 'failed';
      this.#error = error instanceof Error ? error.message : String(error);
      this.#options.logger.error({ error, queryId: this.#rewind.runId }, 'a rewound query cannot take its place');
    });
  }

  /** It is no longer followed. Not waited for: it may wait for whoever ends it. */
  end(): void {
    this.#ending.abort(new Error('the rewind was ended'));
  }

  /** Resolves when nothing of it is under way. */
  async close(): Promise<void> {
    this.end();
    await this.#done;
  }

  async #follow(): Promise<void> {
    const { logger, lookMs } = this.#options;
    const { runId } = this.#rewind;
    const { signal } = this.#ending;
    let endsBefore: Positions | null = null;
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      const { ends, positions } = await this.#look(signal);
      if (endsBefore !== null && isReached(positions, endsBefore)) {
        try {
          if (await this.#swap(signal)) return;
        } catch (error) {
          signal.throwIfAborted();
          if (++failures === attemptsMax) throw error;
          logger.warn({ error, queryId: runId, failures }, 'a rewound query could not take its place; trying on');
          await delay(lookMs * 2 ** failures, undefined, { signal });
        }
      }
      endsBefore = ends;
      await delay(lookMs, undefined, { signal });
    }
  }

  async #look(signal: AbortSignal): Promise<{ readonly ends: Positions; readonly positions: Positions }> {
    const handle = this.#running(this.#rewind.runId);
    const positions = positionsOf(handle);
    const ends = await this.#ends([...this.#starts.keys()], signal);
    let [total, left] = [0, 0];
    for (const [topic, offsets] of ends) {
      for (const [partition, end] of offsets) {
        const start = this.#starts.get(topic)?.get(partition) ?? end;
        total += Math.max(0, end - start);
        left += Math.max(0, end - (positions.get(topic)?.get(partition) ?? start));
      }
    }
    this.#recordsTotal = total;
    this.#recordsLeft = left;
    return { ends, positions };
  }

  /** False: the new generation did not get as far as the old one in time; the old one goes on. */
  #swap(signal: AbortSignal): Promise<boolean> {
    const { client, engine, logger, memoryBytesMax, swapRecord, transactionalId } = this.#options;
    const { previous, resultsTopic, runId } = this.#rewind;
    const { serversCount } = this.#options;
    const difference =
      resultsTopic === null
        ? null
        : new TableDifference({
            client,
            before: previous.plan.sink.topic,
            after: resultsTopic,
            ...(memoryBytesMax !== undefined && { memoryBytesMax }),
          });
    return (async () => {
      const count = await serversCount();
      this.#error = count > 1 ? `it waits until one server runs: ${count} do` : null;
      if (count > 1) return false;
      // Most of it is read while both go on.
      await difference?.advance(signal);
      const offsets = resultsTopic === null ? await this.#handover(signal) : {};
      return engine.exclusive(async () => {
        signal.throwIfAborted();
        if (!(await this.#hold(signal))) return false;
        this.#state = 'swapping';
        try {
          if (difference !== null) await this.#options.queries.suspend(runId);
          const { topic } = previous.plan.sink;
          await writeSwap({ client, transactionalId, topic, difference, swapRecord, signal });
        } catch (error) {
          await this.#goOnAsBefore();
          throw error;
        }
        await takePlace(engine, runId, offsets).catch((error: unknown) => {
          logger.error(
            { error, queryId: previous.id, runId },
            'a rewound query took its place, and something of that failed',
          );
        });
        return true;
      });
    })();
  }

  /**
   * Where those go on in a stream's new topic who have read the old one to its end. What is behind it there is made of records that the old one
   * had not had by then, or hardly: nothing is missed, and what is told twice is what the old one was ahead.
   */
  async #handover(signal: AbortSignal): Promise<Readonly<Record<number, number>>> {
    const { lookMs, queries } = this.#options;
    const { building, previous, runId } = this.#rewind;
    await this.#running(runId).commit();
    const { topic } = building.plan.sink;
    const ends = (await this.#ends([topic], signal)).get(topic);
    const had = this.#inputsOf(this.#running(runId));
    // Until the old one has had what these results are made of.
    const untilMs = performance.now() + reachMsMax;
    for (;;) {
      const old = queries.handle(previous.id);
      if (old === undefined || old.state !== 'running' || old.isPaused || isReached(positionsOf(old), had)) break;
      if (performance.now() > untilMs) throw new Error(`${previous.id} does not get as far as ${runId}`);
      await delay(Math.min(lookMs, 20), undefined, { signal });
    }
    return Object.fromEntries(ends ?? []);
  }

  #inputsOf(handle: TopologyHandle): Positions {
    return new Map([...positionsOf(handle)].filter(([topic]) => this.#starts.has(topic)));
  }

  /** The old one rests, and the new one has worked on all that the old one has had: so nobody sees a row go back. */
  async #hold(signal: AbortSignal): Promise<boolean> {
    const old = this.#options.queries.handle(this.#rewind.previous.id);
    // One that has failed has had what it has had.
    if (old === undefined || old.state !== 'running') return true;
    this.#wasPaused = old.isPaused;
    old.pause();
    try {
      await old.commit();
      const isReachedInTime = await this.#reach(this.#inputsOf(old), signal);
      if (!isReachedInTime) this.#release();
      return isReachedInTime;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Until the new generation has worked on all before the positions, its own repartition topics too. */
  async #reach(wanted: Positions, signal: AbortSignal): Promise<boolean> {
    const { lookMs } = this.#options;
    const untilMs = performance.now() + reachMsMax;
    const inputs = new Set(this.#starts.keys());
    let goal = wanted;
    const { runId } = this.#rewind;
    const repartitions = [...positionsOf(this.#running(runId)).keys()].filter((topic) => !inputs.has(topic));
    // What goes through several repartition topics is in the last one when it was looked at so often.
    for (let rounds = 0; ; rounds++) {
      while (!isReached(positionsOf(this.#running(runId)), goal)) {
        if (performance.now() > untilMs) return false;
        await delay(Math.min(lookMs, 20), undefined, { signal });
      }
      if (rounds === repartitions.length) return true;
      await this.#running(runId).commit();
      goal = await this.#ends(repartitions, signal);
    }
  }

  #release(): void {
    if (!this.#wasPaused) this.#options.queries.handle(this.#rewind.previous.id)?.resume();
  }

  async #goOnAsBefore(): Promise<void> {
    const { logger, queries } = this.#options;
    const { building, runId } = this.#rewind;
    this.#state = 'rewinding';
    this.#release();
    if (queries.handle(runId) !== undefined) return;
    await queries.start(building).catch((error: unknown) => logger.warn({ error, queryId: runId }, 'it cannot go on'));
  }

  #running(id: string): TopologyHandle {
    const handle = this.#options.queries.handle(id);
    if (handle?.state === 'failed') throw handle.failure;
    if (handle === undefined) throw new Error(`Query ${id} does not run`);
    return handle;
  }

  async #ends(topics: readonly string[], signal: AbortSignal): Promise<Positions> {
    const { client } = this.#options;
    if (topics.length === 0) return new Map();
    const { topics: found } = await client.metadata(topics, { signal });
    const wanted = Object.fromEntries(
      found.map(({ name, partitions }) => [
        name,
        Object.fromEntries(partitions.map(({ partition }) => [partition, OffsetSpec.latest])),
      ]),
    );
    const ends = await client.listOffsetsOf(wanted, { isolation: 'read_committed', signal });
    return new Map(
      Object.entries(ends).map(([topic, partitions]) => [
        topic,
        new Map(Object.entries(partitions).map(([partition, { offset }]) => [Number(partition), offset])),
      ]),
    );
  }
}

/** Where its inputs go on, of its tasks on this server. */
function positionsOf(handle: TopologyHandle): Positions {
  const positions = new Map<string, Map<number, number>>();
  for (const { inputs } of handle.metrics) {
    for (const { offset, partition, topic } of inputs) {
      let partitions = positions.get(topic);
      if (partitions === undefined) positions.set(topic, (partitions = new Map()));
      partitions.set(partition, Math.max(offset, partitions.get(partition) ?? -1));
    }
  }
  return positions;
}

function isReached(positions: Positions, wanted: Positions): boolean {
  for (const [topic, partitions] of wanted) {
    for (const [partition, offset] of partitions) {
      if ((positions.get(topic)?.get(partition) ?? -1) < offset) return false;
    }
  }
  return true;
}
