import type { Description } from '../define.ts';
import type { AggregateFunction, AggregateVariant, Aggregator, CallSite, Parameter, ReturnType } from '../function.ts';

export function aggregate(
  name: string,
  about: Omit<Description, 'category'>,
  ...variants: readonly AggregateVariant[]
): AggregateFunction {
  return { kind: 'aggregate', name, category: 'AGGREGATE', ...about, variants };
}

export function aggregateVariant(
  parameters: readonly Parameter[],
  returns: ReturnType,
  create: (site: CallSite) => Aggregator,
  literalsCount = 0,
): AggregateVariant {
  return { parameters, returns, create, literalsCount };
}

/** What the aggregator gives is its state. */
export function same(state: unknown): unknown {
  return state;
}
