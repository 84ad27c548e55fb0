import type { StateChanges } from '../engine/engine-state.ts';
import type { Statement } from '../syntax/ast/index.ts';
import type { SwapCommand } from './command.ts';
import type { CommandEffect } from './live-commands.ts';

/**
 * What a statement did.
 *
 * @param typeNames of the types that its text names
 * @param hasSource whether there is a source of the name now
 */
export function effectOf(
  statement: Statement,
  typeNames: ReadonlySet<string>,
  { paused, queries, rewinds, sources, types }: StateChanges,
  hasSource: (name: string) => boolean,
): CommandEffect {
  const reads = new Set([...typeNames].map((name) => `type:${name}`));
  const [makes, changes, ends] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const name of sources.put.keys()) {
    (statement.kind === 'alterSource' ? changes : makes).add(`source:${name}`);
  }
  for (const [id, query] of queries.put) {
    makes.add(`query:${id}`);
    for (const name of query.sourceNames) reads.add(`source:${name}`);
    if (query.kind === 'INSERT') reads.add(`source:${query.sinkName}`);
  }
  for (const name of types.put.keys()) makes.add(`type:${name}`);
  for (const id of paused.put.keys()) {
    makes.add(`pause:${id}`);
    reads.add(`query:${id}`);
  }
  for (const name of sources.gone.keys()) ends.add(`source:${name}`);
  for (const name of types.gone.keys()) ends.add(`type:${name}`);
  for (const id of paused.gone.keys()) ends.add(`pause:${id}`);
  for (const [runId, { previous }] of rewinds.put) {
    makes.add(`rewind:${runId}`);
    reads.add(`query:${previous.id}`);
  }
  for (const runId of rewinds.gone.keys()) ends.add(`rewind:${runId}`);
  for (const [id, { kind, sinkName }] of queries.gone) {
    ends.add(`query:${id}`);
    // What it made stays without it.
    if (kind !== 'INSERT' && hasSource(sinkName)) changes.add(`source:${sinkName}`);
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
