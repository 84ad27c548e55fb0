import { murmur2Partition } from '@headwater/protocol';
import type { StorePlace, Streams } from '@headwater/streams';
import type { PersistentQuery } from '../engine/engine-services.ts';
import type { QueryContext } from '../plan/physical/query-context.ts';
import { sourceKey } from '../plan/physical/source-flow.ts';
import { sourcesOf } from '../plan/steps/step.ts';
import { ApiError, errorCodes } from '../rest/api-error.ts';
import type { ResultRow } from '../rest/sql-service.ts';
import { type PeerQuestion, peerRows } from './peer-rows.ts';

export interface AllServersQuestion {
  /** Partitions that other servers have. */
  readonly away: readonly StorePlace[];
  /** Where the only key that is wanted most likely is; null: any number of keys. */
  readonly first: readonly number[] | null;
  readonly limit: number;
  readonly question: Pick<PeerQuestion, 'query' | 'settings' | 'signal'>;
  readonly table: string;
}

/**
 * Rows of this server, then those of the others. One key is asked of those who most likely have it, and of the rest only when they do not; else
 * all are asked at once. Who cannot be asked makes the whole answer fail: an answer in part is none.
 */
export async function* rowsOfAll(
  local: Iterable<readonly ResultRow[]>,
  { away, first, limit, question, table }: AllServersQuestion,
): AsyncIterableIterator<readonly ResultRow[]> {
  let left = limit;
  let isFound = false;
  const cut = (rows: readonly ResultRow[]) => {
    const taken = rows.length > left ? rows.slice(0, left) : rows;
    left -= taken.length;
    isFound ||= taken.length > 0;
    return taken;
  };
  for (const rows of local) yield cut(rows);
  const isLikely = ({ partition }: StorePlace) => first === null || first.includes(partition);
  const rounds = [away.filter(isLikely), away.filter((each) => !isLikely(each))];
  for (const places of rounds) {
    if (left <= 0 || (first !== null && isFound)) return;
    const answers = byAddress(places, table).map(([address, partitions]) =>
      peerRows({ ...question, address, partitions }),
    );
    // All work at the same time; what fails is told where it is waited for.
    const begun = answers.map((answer) => answer.next());
    for (const each of begun) each.catch(() => {});
    try {
      for (const [at, answer] of answers.entries()) {
        for (let next = await begun[at]!; next.done !== true && left > 0; next = await answer.next()) {
          yield cut(next.value);
        }
      }
    } finally {
      for (const answer of answers) void answer.return?.().catch(() => {});
    }
  }
}

function byAddress(places: readonly StorePlace[], table: string): [string, number[]][] {
  const found = new Map<string, number[]>();
  for (const { address, partition } of places) {
    if (address === null) {
      throw new ApiError(
        errorCodes.notReady,
        `Unable to execute pull query: nobody has partition ${partition} of ${table} now, or its server does not tell its address (ksql.advertised.listener). Ask again`,
      );
    }
    found.set(address, [...(found.get(address) ?? []), partition]);
  }
  return [...found];
}

/** By the bytes that a store's keys have, and by those in the topic that it is made of: one of both is where the key is, as a rule. */
export function likelyPartitions(streams: Streams, { plan, runId, view }: PersistentQuery, key: unknown): number[] {
  const count = streams.metadataForStore(view!.store, { topology: runId }).length;
  const found = new Set<number>();
  try {
    found.add(streams.metadataForKey(view!.store, key, { topology: runId }).partition);
    const { source } = sourcesOf(plan.step)[0]!;
    const { serde } = sourceKey(source, { registry: null } as unknown as QueryContext);
    const bytes = source.keyFormat.window === null ? serde.encode(key, source.topic) : null;
    if (bytes !== null) found.add(murmur2Partition(Buffer.from(bytes as Buffer), count));
  } catch {
    // The key of the table is none of the topic's.
  }
  return [...found];
}
