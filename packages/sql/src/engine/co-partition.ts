import { statementError } from '../analyzer/statement-error.ts';
import { isPlainKsql } from '../dialect.ts';
import type { JoinStep } from '../plan/steps/join-step.ts';
import { isTableStep, type Step, sourcesOf } from '../plan/steps/step.ts';
import type { SqlEngine } from './sql-engine.ts';
import type { StatementInputs } from './statement-inputs.ts';

interface Partitioned {
  readonly step: Step;
  /** Null: as many as what it is joined with. */
  readonly count: number | null;
}

type CountOf = (topic: string) => number;

/**
 * The sides of joins with equal partitions: a stream of another number than what it is joined with goes through a topic of the query's own.
 *
 * @throws SqlError where tables differ; in ksqlDB's dialect wherever something does
 */
export async function coPartitioned<Of extends Step>(
  step: Of,
  engine: Pick<SqlEngine, 'topics'>,
  settings: ReadonlyMap<string, string>,
  inputs?: StatementInputs,
): Promise<Of> {
  const sources = sourcesOf(step);
  if (sources.length === 1) return step;
  const counts = new Map<string, number>();
  for (const { source } of sources) {
    if (counts.has(source.topic)) continue;
    const given = inputs?.partitions.get(source.topic);
    const count = given ?? (await engine.topics.describe(source.topic))?.partitions ?? 1;
    counts.set(source.topic, count);
    inputs?.partitions.set(source.topic, count);
  }
  if (new Set(counts.values()).size === 1) return step;
  const countOf = (topic: string) => counts.get(topic)!;
  if (isPlainKsql(settings)) checkEqual(step, countOf);
  return evened(step, countOf).step as Of;
}

function evened(step: Step, countOf: CountOf): Partitioned {
  switch (step.kind) {
    case 'source':
      return { step, count: countOf(step.source.topic) };
    case 'join':
      return evenedJoin(step, countOf);
    default: {
      const input = evened(step.input, countOf);
      const isSame = input.step === step.input;
      return {
        step: isSame ? step : { ...step, input: input.step },
        count: step.kind === 'partitionBy' ? null : input.count,
      };
    }
  }
}

function evenedJoin(step: JoinStep, countOf: CountOf): Partitioned {
  const left = evened(step.left, countOf);
  if (step.globalKey !== null) return { step: { ...step, left: left.step }, count: left.count };
  const right = evened(step.right, countOf);
  const joined = (one: Step, other: Step): JoinStep => ({ ...step, left: one, right: other });
  if (step.foreignKey !== null) return { step: joined(left.step, right.step), count: left.count };
  if (left.count === null || right.count === null || left.count === right.count) {
    return { step: joined(left.step, right.step), count: left.count ?? right.count };
  }
  const isLeftMoved = !isTableStep(left.step) && (isTableStep(right.step) || left.count < right.count);
  if (isLeftMoved) return { step: joined(byOwnKey(left.step), right.step), count: right.count };
  if (!isTableStep(right.step)) return { step: joined(left.step, byOwnKey(right.step)), count: left.count };
  const [one, other] = [sourcesOf(left.step)[0]!, sourcesOf(right.step)[0]!];
  throw statementError(
    `${unequal(one.alias, left.count, other.alias, right.count)} Tables are not repartitioned by themselves. Write one of them anew with as many partitions: CREATE TABLE … WITH (PARTITIONS=${left.count}) AS SELECT * FROM ${other.source.name}, and join that.`,
  );
}

/** Through a topic that brings each row to the partition of the key that it has. */
function byOwnKey(input: Step): Step {
  const windowed = sourcesOf(input).find(({ source }) => source.keyFormat.window !== null);
  if (windowed !== undefined) {
    throw statementError(
      `The partitions of ${windowed.alias}, which is windowed, are not as many as those of what it is joined with, and windowed sources are not repartitioned. Give their topics the same number of partitions.`,
    );
  }
  const { schema } = input;
  const expressions = schema.key.map(({ name }) => ({ kind: 'column', range: null, source: null, name }) as const);
  return { kind: 'partitionBy', input, expressions, schema };
}

/** As ksqlDB has it: topics of both sides of a join have as many partitions, unless it is by a foreign key. */
function checkEqual(step: Step, countOf: CountOf): void {
  if (step.kind === 'source') return;
  if (step.kind !== 'join') {
    checkEqual(step.input, countOf);
    return;
  }
  if (step.foreignKey === null) {
    const [first, ...others] = sourcesOf(step).map(({ alias, source }) => ({ alias, count: countOf(source.topic) }));
    const different = others.find(({ count }) => count !== first!.count);
    if (different !== undefined) {
      throw statementError(
        `${unequal(first!.alias, first!.count, different.alias, different.count)} Please repartition either one so that the number of partitions match.`,
      );
    }
  }
  checkEqual(step.left, countOf);
  checkEqual(step.right, countOf);
}

function unequal(one: string, count: number, other: string, otherCount: number): string {
  return `Can't join \`${one}\` with \`${other}\` since the number of partitions don't match. \`${one}\` partitions = ${count}; \`${other}\` partitions = ${otherCount}.`;
}
