import { StreamsBuilder } from '@headwater/streams';
import { eachColumn } from '../../expressions/walk.ts';
import { rowCodec } from '../../formats/row-codec.ts';
import type { Expression } from '../../syntax/ast/index.ts';
import type { JoinStep } from '../steps/join-step.ts';
import type { SourceStep } from '../steps/source-step.ts';
import { columnOf, type Step, sourcesOf } from '../steps/step.ts';
import { aggregateFlow } from './aggregate-flow.ts';
import { filterFlow } from './filter-flow.ts';
import { flatMapFlow } from './flat-map-flow.ts';
import type { Flow } from './flow.ts';
import { joinGlobalFlow } from './global-join-flow.ts';
import { joinFlow } from './join-flow.ts';
import { partitionByFlow } from './partition-by-flow.ts';
import { newQueryContext, type QueryContext, type QueryOptions } from './query-context.ts';
import { formatKey, type RowKey } from './row-key.ts';
import { SharedTopics } from './shared-topics.ts';
import { sourceCodecSpec, sourceFlow } from './source-flow.ts';

/** The flow of all steps, and the context that they were built with. `needed`: the columns that what comes behind reads. */
export function buildSteps(
  step: Step,
  needed: ReadonlySet<string>,
  options: QueryOptions,
): { readonly context: QueryContext; readonly flow: Flow } {
  let shared = SharedTopics.of(step);
  if (shared !== null) {
    buildStep(step, needed, newQueryContext(new StreamsBuilder(), options, shared));
    shared = shared.again();
  }
  const context = newQueryContext(new StreamsBuilder(), options, shared);
  return { context, flow: buildStep(step, needed, context) };
}

/**
 * Puts steps onto streams. `needed`: the columns that what comes behind reads; no others are read, kept or sent.
 *
 * @param key how a new key travels, where the step changes it for a join
 * @param isKeyKept whether what comes behind has the same key; else it is read only where a column of it is needed
 */
export function buildStep(
  step: Step,
  needed: ReadonlySet<string>,
  context: QueryContext,
  key?: RowKey,
  isKeyKept = true,
): Flow {
  switch (step.kind) {
    case 'source':
      return sourceFlow(step, needed, context, isKeyKept);
    case 'filter': {
      const columns = withColumns(needed, [step.predicate]);
      return filterFlow(step, buildStep(step.input, columns, context, undefined, isKeyKept), context);
    }
    case 'partitionBy': {
      const known = new Set([...needed].filter((name) => columnOf(step.input.schema, name) !== undefined));
      const input = buildStep(step.input, withColumns(known, step.expressions), context, undefined, false);
      return partitionByFlow(step, input, context, key);
    }
    case 'flatMap': {
      const known = new Set([...needed].filter((name) => columnOf(step.input.schema, name) !== undefined));
      const calls = step.functions.map(({ call }) => call);
      const input = buildStep(step.input, withColumns(known, calls), context, undefined, isKeyKept);
      return flatMapFlow(step, input, needed, context);
    }
    case 'aggregate': {
      const calls = step.functions.map(({ call }) => call);
      const columns = withColumns(new Set(), [...step.groupBy, ...calls]);
      return aggregateFlow(step, buildStep(step.input, columns, context, undefined, false), context);
    }
    case 'join':
      return buildJoin(step, needed, context);
    case 'project':
      throw new Error('a projection is the last step, and belongs to the sink');
  }
}

function buildJoin(step: JoinStep, needed: ReadonlySet<string>, context: QueryContext): Flow {
  const { foreignKey, globalKey, left, right } = step;
  const by = foreignKey ?? globalKey;
  const columns = by === null ? needed : withColumns(needed, [by]);
  const of = (side: Step) => new Set([...columns].filter((name) => columnOf(side.schema, name) !== undefined));
  if (globalKey !== null) {
    const table = right as SourceStep;
    return joinGlobalFlow(step, globalKey, buildStep(left, of(left), context), { table, needed: of(right) }, context);
  }
  const key = joinKey(step, context);
  return joinFlow(
    step,
    buildStep(left, of(left), context, key),
    buildStep(right, of(right), context, key),
    needed,
    key,
    context,
  );
}

/** By the format of the first side whose topic stays as it is, else of the first that has one: keys of both sides must have equal bytes. */
function joinKey(step: JoinStep, context: QueryContext): RowKey {
  const sources = sourcesOf(step);
  const source =
    sources.find((each) => isTopicKept(step, each)) ??
    sources.find((each) => each.source.keyFormat.format.name !== 'NONE') ??
    sources[0]!;
  const { schema } = step;
  const format = source.source.keyFormat.format;
  const spec = sourceCodecSpec(source.source, 'key', context);
  const isRepartitioned = step.left.kind === 'partitionBy' || step.right.kind === 'partitionBy';
  // Other keys than the topic's are no matter of its subject in the registry, nor of the schema that it was given.
  const properties = new Map([...format.properties].filter(([name]) => !isRepartitioned || name !== 'schemaId'));
  const codec = rowCodec({
    ...spec,
    topic: isRepartitioned ? `${spec.topic}-repartition` : spec.topic,
    columns: schema.key,
    format: format.name === 'NONE' ? { name: 'KAFKA', properties: new Map() } : { name: format.name, properties },
  });
  if (isRepartitioned) context.writers.push(codec);
  return formatKey(schema.key, source.source.keyFormat.window, codec);
}

function isTopicKept(step: Step, wanted: Step): boolean {
  if (step === wanted) return true;
  if (step.kind === 'join') return isTopicKept(step.left, wanted) || isTopicKept(step.right, wanted);
  return step.kind === 'filter' && isTopicKept(step.input, wanted);
}

export function withColumns(names: ReadonlySet<string>, expressions: readonly Expression[]): Set<string> {
  const all = new Set(names);
  for (const expression of expressions) eachColumn(expression, ({ name }) => all.add(name));
  return all;
}
