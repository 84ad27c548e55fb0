import type { DataSource } from '../catalog/data-source.ts';
import type { PersistentQuery } from '../engine/engine-services.ts';
import type { Rewind } from '../engine/rewind/rewind.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';
import type { Statement } from '../syntax/ast/index.ts';
import type { SwapCommand } from './command.ts';
import type { CommandEffect } from './live-commands.ts';

/** What of the catalogue is compared before and after a command. */
export interface CatalogState {
  readonly sources: ReadonlyMap<string, DataSource>;
  readonly queries: ReadonlyMap<string, PersistentQuery>;
  readonly paused: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
  readonly rewinds: ReadonlyMap<string, Rewind>;
}

export function catalogState({ catalog, paused, queries, rewinds }: SqlEngine): CatalogState {
  return {
    sources: new Map(catalog.sources.map((source) => [source.name, source])),
    queries: new Map(queries),
    paused: new Set(paused),
    types: new Set(catalog.types.keys()),
    rewinds: new Map(rewinds),
  };
}

/**
 * What a statement did, by what is other than before.
 *
 * @param typeNames of the types that its text names
 */
export function effectOf(
  statement: Statement,
  typeNames: ReadonlySet<string>,
  before: CatalogState,
  after: CatalogState,
): CommandEffect {
  const reads = new Set([...typeNames].map((name) => `type:${name}`));
  const [makes, changes, ends] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const isNew = <Value>(was: ReadonlyMap<string, Value>, is: ReadonlyMap<string, Value>) =>
    is.entries().filter(([name, value]) => was.get(name) !== value);
  const isGone = (was: Iterable<string>, is: { has(name: string): boolean }) =>
    Iterator.from(was).filter((name) => !is.has(name));
  for (const [name] of isNew(before.sources, after.sources)) {
    (statement.kind === 'alterSource' ? changes : makes).add(`source:${name}`);
  }
  for (const [id, query] of isNew(before.queries, after.queries)) {
    makes.add(`query:${id}`);
    for (const name of query.sourceNames) reads.add(`source:${name}`);
    if (query.kind === 'INSERT') reads.add(`source:${query.sinkName}`);
  }
  for (const name of isGone(after.types, before.types)) makes.add(`type:${name}`);
  for (const id of isGone(after.paused, before.paused)) {
    makes.add(`pause:${id}`);
    reads.add(`query:${id}`);
  }
  for (const name of isGone(before.sources.keys(), after.sources)) ends.add(`source:${name}`);
  for (const name of isGone(before.types, after.types)) ends.add(`type:${name}`);
  for (const id of isGone(before.paused, after.paused)) ends.add(`pause:${id}`);
  for (const [runId, { previous }] of isNew(before.rewinds, after.rewinds)) {
    makes.add(`rewind:${runId}`);
    reads.add(`query:${previous.id}`);
  }
  for (const runId of isGone(before.rewinds.keys(), after.rewinds)) ends.add(`rewind:${runId}`);
  for (const id of isGone(before.queries.keys(), after.queries)) {
    ends.add(`query:${id}`);
    const { kind, sinkName } = before.queries.get(id)!;
    // What it made stays without it.
    if (kind !== 'INSERT' && after.sources.has(sinkName)) changes.add(`source:${sinkName}`);
  }
  return { reads: [...reads], makes: [...makes], changes: [...changes], ends: [...ends] };
}

/** Of a swap: the query is what made it, rewound. */
export function swapEffect({ queryId, runId, sinkName }: SwapCommand): CommandEffect {
  return {
    reads: [`rewind:${runId}`],
    makes: [],
    changes: [`query:${queryId}`, `source:${sinkName}`],
    ends: [`rewind:${runId}`],
  };
}
