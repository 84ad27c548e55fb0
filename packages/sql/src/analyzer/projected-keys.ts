import type { Properties } from '../functions/function-registry.ts';
import { isTableStep, type Step } from '../plan/steps/step.ts';
import type { Expression, Query } from '../syntax/ast/index.ts';
import type { QuerySources } from './query-sources.ts';
import type { Selection } from './select-items.ts';

/**
 * With `ksql.new.query.planner.enabled` the projection of a plain select decides about the key: it is made of those columns of the source's key that are
 * selected, in the order of the projection; where none is, the results have no key.
 *
 * @returns what the rows are to be partitioned by; null where the key stays as it is
 */
export function projectedKeys(
  query: Query,
  { selection, sources, step }: { selection: Selection; sources: QuerySources; step: Step },
  properties: Properties,
): readonly Expression[] | null {
  if (properties.get('ksql.new.query.planner.enabled')?.toLowerCase() !== 'true') return null;
  if (sources.isJoin || isTableStep(step) || query.groupBy !== null) return null;
  const { alias, source } = sources.all[0]!;
  const { key } = source.schema;
  const column = (name: string): Expression => ({ kind: 'column', range: null, source: alias, name });
  const selected = selection.named.flatMap((item): readonly string[] => {
    if (item.kind === 'all') return key.map(({ name }) => name);
    if (item.kind !== 'column' || item.qualified.kind !== 'column') return [];
    const { name } = item.qualified;
    return key.some((each) => each.name === name) ? [name] : [];
  });
  if (selected.length === key.length && selected.every((name, at) => key[at]!.name === name)) return null;
  return selected.length === 0 ? [{ kind: 'null', range: null }] : selected.map(column);
}
