import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import { queryGroup } from '../../engine/query-group.ts';
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
  swapRecord?(runId: string): SwapRecord;
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

  constructor(options: ClusterRewindsOptions) {
    this.#options = options;
    this.#log = new KafkaLogReader(options.client);
  }

  starts(inputs: readonly RewoundInput[], to: RewindStart): Promise<StartOffsets> {
    return startOffsets(inputs, to, this.#log);
  }

  resultsTopicOf(runId: string): string {
    return `${this.#prefixOf(runId)}results`;
  }

  async start(rewind: Rewind): Promise<void> {
    const { client, engine, logger, lookMs, memoryBytesMax, queries, swapRecord } = this.#options;
    const { building, runId } = rewind;
    const starts = await this.#begin(rewind);
    await queries.start(building);
    const run = new RewindRun(rewind, starts, {
      engine: engine(),
      client,
      queries,
      logger,
      lookMs,
      transactionalId: `${this.#prefixOf(runId)}swap`,
      swapRecord: swapRecord?.(runId) ?? null,
      ...(memoryBytesMax !== undefined && { memoryBytesMax }),
    });
    this.#runs.set(runId, run);
    run.begin();
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

  async cancel({ resultsTopic, runId }: Rewind): Promise<void> {
    this.#runs.get(runId)?.end();
    this.#runs.delete(runId);
    await this.#options.queries.stop(runId);
    await this.#discard(runId, resultsTopic);
  }

  async takePlace({ previous, query, resultsTopic, runId }: Rewind, swap: () => void): Promise<void> {
    const { client, engine, queries } = this.#options;
    this.#runs.get(runId)?.end();
    this.#runs.delete(runId);
    await queries.supersede(query, runId, () => {
      swap();
      return engine().readers.idle(previous.runId);
    });
    if (resultsTopic !== null) await client.deleteTopics([resultsTopic]);
  }

  discardPrevious({ previous, resultsTopic }: Rewind): Promise<void> {
    return this.#discard(previous.runId, resultsTopic);
  }

  progress(runId: string): RewindProgress | null {
    return this.#runs.get(runId)?.progress ?? null;
  }

  /** Takes away the topics and the group of what runs no more, as far as they are there. */
  async #discard(runId: string, resultsTopic: string | null): Promise<void> {
    const { client } = this.#options;
    const prefix = this.#prefixOf(runId);
    const { topics } = await client.metadata(null);
    const names = topics
      .map(({ name }) => name)
      .filter((name) => name === resultsTopic || (name.startsWith(prefix) && /-(?:changelog|repartition)$/.test(name)));
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
