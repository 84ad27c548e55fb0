import { type KafkaClient, OffsetSpec } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { statementError } from '../../analyzer/statement-error.ts';
import { queryApplication, queryGroup } from '../../engine/query-group.ts';
import type { Rewind, RewindProgress, RewindRuntime, RewoundInput, StartOffsets } from '../../engine/rewind/rewind.ts';
import { startOffsets } from '../../engine/rewind/start-offsets.ts';
import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { RewindStart } from '../../syntax/ast/index.ts';
import type { StreamsQueries } from '../streams-queries.ts';
import { KafkaLogReader } from './kafka-log-reader.ts';
import { RewindRun } from './rewind-run.ts';
import type { SwapRecord } from './write-swap.ts';

export interface ClusterRewindsOptions {
  readonly client: KafkaClient;
  readonly queries: StreamsQueries;
  readonly logger: Logger;
  /** Known when the first query is rewound. */
  engine(): SqlEngine;
  /** The record of a swap, for who does the statements again after a restart. Default: nobody does. */
  swapRecord?(rewind: Rewind): SwapRecord;
  /** Names the producer of swaps, of all processes: a later one ends what an earlier one left open. */
  readonly transactionalId: string;
  /** How often it is looked how far a new generation is. */
  readonly lookMs: number;
  /** Of rows that are compared at a time. Default 256 MiB. */
  readonly memoryBytesMax?: number;
}

/** New generations of queries beside the old ones, on a cluster. */
export class ClusterRewinds implements RewindRuntime {
  readonly #options: ClusterRewindsOptions;
  readonly #log: KafkaLogReader;
  readonly #runs = new Map<string, RewindRun>();
  /** Of an earlier process: to go on, and those that were done. */
  readonly #gathered = new Map<string, Rewind>();
  readonly #swapped: Rewind[] = [];
  #isReleased = false;

  constructor(options: ClusterRewindsOptions) {
    this.#options = options;
    this.#log = new KafkaLogReader(options.client);
  }

  async starts(inputs: readonly RewoundInput[], to: RewindStart): Promise<StartOffsets> {
    const count = await this.#serversCount();
    if (count > 1)
      throw statementError(`REWIND needs a service of one server: ${count} run. Stop the others until it is done.`);
    return startOffsets(inputs, to, this.#log);
  }

  resultsTopicOf(runId: string): string {
    return `${this.#prefixOf(runId)}results`;
  }

  async isEmpty(topic: string): Promise<boolean> {
    const partitions = await this.#log.partitions(topic);
    return partitions.every(({ beginOffset, endOffset }) => beginOffset === endOffset);
  }

  async start(rewind: Rewind): Promise<StartOffsets | null> {
    if (!this.#isReleased) {
      this.#gathered.set(rewind.runId, rewind);
      return null;
    }
    const { client, engine, logger, lookMs, memoryBytesMax, queries, swapRecord, transactionalId } = this.#options;
    const { building, runId } = rewind;
    const starts = await this.#begin(rewind);
    await queries.start(building);
    const run = new RewindRun(rewind, starts, {
      engine: engine(),
      client,
      queries,
      logger,
      lookMs,
      transactionalId,
      swapRecord: swapRecord?.(rewind) ?? null,
      serversCount: () => this.#serversCount(),
      ...(memoryBytesMax !== undefined && { memoryBytesMax }),
    });
    this.#runs.set(runId, run);
    run.begin();
    return Object.fromEntries(Array.from(starts, ([topic, offsets]) => [topic, Object.fromEntries(offsets)]));
  }

  /** Ends the swap that a killed process was about to do: until then nobody could read behind it in the log of statements. */
  async recover(log: string): Promise<void> {
    const { client } = this.#options;
    const { topics } = await client.metadata([log]);
    if (topics[0]?.errorCode !== 0) return;
    const wanted = { 0: OffsetSpec.latest };
    const [all, committed] = await Promise.all([
      client.listOffsets(log, wanted),
      client.listOffsets(log, wanted, { isolation: 'read_committed' }),
    ]);
    if (all[0]!.offset !== committed[0]!.offset) await this.#endOpenSwap();
  }

  async #endOpenSwap(): Promise<void> {
    const { client, transactionalId } = this.#options;
    const producer = client.transactionalProducer({ transactionalId });
    await producer.init().finally(() => producer.close());
  }

  /** Until then rewinds are only gathered, as queries are: what is left of them is started now. */
  async release(): Promise<void> {
    this.#isReleased = true;
    const rewinds = [...this.#gathered.values()];
    this.#gathered.clear();
    const { logger } = this.#options;
    if (rewinds.length > 0) await this.#endOpenSwap();
    for (const rewind of rewinds) {
      await this.start(rewind).catch((error: unknown) =>
        logger.error({ error, queryId: rewind.runId }, 'a rewound query cannot go on being rebuilt'),
      );
    }
    for (const { previous, resultsTopic } of this.#swapped.splice(0)) {
      await this.#discard(previous.runId, [resultsTopic]).catch((error: unknown) =>
        logger.warn({ error, queryId: previous.runId }, 'not all is gone of a query that was rewound'),
      );
    }
  }

  /** Of this service: each is a member of the runtime's group. */
  async #serversCount(): Promise<number> {
    const { client, engine } = this.#options;
    const groupId = queryApplication(engine(), engine());
    const [group] = await client.describeGroups([groupId]);
    return group?.members.length ?? 0;
  }

  /** Its group has the offsets where it begins: it goes on with them, whoever runs it. */
  async #begin({ inputs, runId, starts, to }: Rewind): Promise<ReadonlyMap<string, ReadonlyMap<number, number>>> {
    const { client } = this.#options;
    const groupId = this.#groupOf(runId);
    const committed = await client.committedOffsets(groupId);
    const topics = new Set(inputs.map(({ topic }) => topic));
    const known = new Map<string, Map<number, number>>();
    for (const { offset, partition, topic } of committed) {
      if (topics.has(topic)) known.set(topic, (known.get(topic) ?? new Map()).set(partition, offset));
    }
    if (known.size > 0) return known;
    const offsets = starts ?? (await this.starts(inputs, to));
    await client.commitOffsets(groupId, offsets);
    return new Map(
      Object.entries(offsets).map(([topic, partitions]) => [
        topic,
        new Map(Object.entries(partitions).map(([partition, offset]) => [Number(partition), offset])),
      ]),
    );
  }

  async cancel({ query, resultsTopic, runId }: Rewind): Promise<void> {
    this.#gathered.delete(runId);
    this.#runs.get(runId)?.end();
    this.#runs.delete(runId);
    await this.#options.queries.stop(runId);
    await this.#discard(runId, [resultsTopic ?? query.plan.sink.topic]);
  }

  async takePlace(rewind: Rewind, swap: () => void): Promise<void> {
    const { client, engine, queries } = this.#options;
    const { previous, query, resultsTopic, runId } = rewind;
    if (!this.#isReleased) {
      this.#gathered.delete(runId);
      this.#swapped.push(rewind);
      await queries.supersede(query, runId, async () => swap());
      return;
    }
    this.#runs.get(runId)?.end();
    this.#runs.delete(runId);
    await queries.supersede(query, runId, () => {
      swap();
      return engine().readers.idle(previous.runId);
    });
    if (resultsTopic !== null) await client.deleteTopics([resultsTopic]);
  }

  progress(runId: string): RewindProgress | null {
    return this.#runs.get(runId)?.progress ?? null;
  }

  /** Takes away the topics and the group of what runs no more, as far as they are there. */
  async #discard(runId: string, own: readonly (string | null)[]): Promise<void> {
    const { client } = this.#options;
    const prefix = this.#prefixOf(runId);
    const { topics } = await client.metadata(null);
    const names = topics
      .map(({ name }) => name)
      .filter((name) => own.includes(name) || (name.startsWith(prefix) && /-(?:changelog|repartition)$/.test(name)));
    if (names.length > 0) await client.deleteTopics(names);
    await client.deleteGroups([this.#groupOf(runId)]).catch(() => {});
  }

  #groupOf(runId: string): string {
    const engine = this.#options.engine();
    // It has the guarantee, and so the runtime, of the query that it is to be.
    const query = engine.queries.get(runId.replace(/_G\d+$/, ''));
    return queryGroup(engine, { runId, settings: query?.settings ?? engine.settings });
  }

  #prefixOf(runId: string): string {
    return `${this.#groupOf(runId)}-`;
  }

  /** Follows none any more; queries run on. May be called twice. */
  async close(): Promise<void> {
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    await Promise.all(runs.map((run) => run.close()));
  }
}
