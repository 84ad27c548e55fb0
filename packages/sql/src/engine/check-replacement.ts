import { statementError } from '../analyzer/statement-error.ts';
import type { DataSource, ValueFormat } from '../catalog/data-source.ts';
import { eachColumn, expressionKey } from '../expressions/walk.ts';
import type { QueryPlan } from '../plan/query-plan.ts';
import { isTableStep, type Step } from '../plan/steps/step.ts';
import type { Column } from '../schema/column.ts';
import { columnsText } from '../schema/schema-text.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { isSameType, quotedName } from '../types/sql-type.ts';

/** CREATE OR REPLACE: columns of a source may only be added, behind those of the value. @throws SqlError in ksqlDB's words */
export function checkReplacedSource(before: DataSource, after: DataSource): void {
  const refused = (reason: string) =>
    statementError(`Cannot replace ${before.kind.toLowerCase()} '${before.name}': ${reason}`);
  if (before.kind !== after.kind)
    throw refused(`(a ${before.kind.toLowerCase()} cannot become a ${after.kind.toLowerCase()})`);
  if (before.topic !== after.topic) throw refused(`(topics must be identical: ${before.topic}, ${after.topic})`);
  for (const part of ['keyFormat', 'valueFormat'] as const) {
    const [one, other] = [formatText(before[part]), formatText(after[part])];
    if (one !== other) throw refused(`(formats must be identical: ${one}, ${other})`);
  }
  const [time, newTime] = [timestampText(before), timestampText(after)];
  if (time !== newTime) throw refused(`(timestamp columns must be identical: ${time}, ${newTime})`);
  const keys = changedColumns(before.schema.key, after.schema.key);
  if (keys.length > 0 || before.schema.key.length !== after.schema.key.length) {
    throw refused(
      `(Key columns must be identical. The following key columns are changed, missing or reordered: [${columnsText(keys, ' KEY')}])`,
    );
  }
  const values = changedColumns(before.schema.value, after.schema.value);
  if (values.length > 0) {
    throw refused(`(The following columns are changed, missing or reordered: [${columnsText(values)}])`);
  }
}

function formatText({ features, format }: ValueFormat): string {
  const properties = Array.from(format.properties, ([name, value]) => `${name}=${value}`).sort();
  return [format.name, ...properties, ...features].join(' ');
}

function timestampText({ timestamp }: DataSource): string {
  return timestamp === null
    ? 'none'
    : [timestamp.name, ...(timestamp.format === null ? [] : [timestamp.format])].join(' ');
}

function changedColumns(before: readonly Column[], after: readonly Column[]): readonly Column[] {
  return before.filter(({ name, type }, at) => {
    const other = after[at];
    return other === undefined || other.name !== name || !isSameType(other.type, type);
  });
}

/**
 * CREATE OR REPLACE of a running query: it goes on with its state and its offsets, so what the state is made of has to stay.
 *
 * @throws SqlError in ksqlDB's words
 */
export function checkReplacedQuery(before: QueryPlan, after: QueryPlan, isPlain: boolean): void {
  checkReplacedSource(before.sink, after.sink);
  checkSteps(before.step, after.step);
  if (isPlain) checkReadColumns(before.step, after.step);
}

/** ksqlDB keeps with a group all columns that its query reads, those of WHERE too. */
function checkReadColumns(before: Step, after: Step): void {
  const [one, other] = [columnsRead(before), columnsRead(after)];
  if (one === null || other === null) return;
  if (one.size === other.size && [...one].every((name) => other.has(name))) return;
  const text = (names: ReadonlySet<string>) => `[${Array.from(names, quotedName).join(', ')}]`;
  throw statementError(
    `Query is not upgradeable. Plan step of type StreamAggregate must have matching columns not part of aggregate. Values differ: ${text(one)} vs. ${text(other)}`,
  );
}

/** Null where nothing is aggregated. */
function columnsRead(step: Step): ReadonlySet<string> | null {
  let at: Step = step;
  while (at.kind === 'filter' || at.kind === 'project') at = at.input;
  if (at.kind !== 'aggregate') return null;
  const names = new Set<string>();
  const read = (expression: Expression) => eachColumn(expression, ({ name }) => names.add(name));
  for (const each of at.groupBy) read(each);
  for (const { call } of at.functions) {
    // COUNT(*) counts the rows that have a time.
    if (call.arguments.length === 0) names.add('ROWTIME');
    for (const each of call.arguments) read(each);
  }
  for (let below = at.input; below.kind === 'filter'; below = below.input) read(below.predicate);
  return names;
}

function checkSteps(before: Step, after: Step): void {
  const [one, other] = [withoutFilter(before), withoutFilter(after)];
  if (one.kind !== other.kind)
    throw statementError(`Upgrades not yet supported: ${one.kind} cannot become ${other.kind}`);
  switch (one.kind) {
    case 'source':
      if (other.kind === 'source' && one.source.name === other.source.name) return;
      throw statementError('Upgrades not yet supported: the query would read another source');
    case 'join':
      throw statementError(`Upgrades not yet supported for ${joinName(one)}`);
    case 'aggregate':
      if (one.window !== null || (other.kind === 'aggregate' && other.window !== null)) {
        throw statementError('Upgrades not yet supported for StreamWindowedAggregate');
      }
      if (isTableStep(one.input)) throw statementError('Upgrades not yet supported for TableAggregate');
      if (other.kind === 'aggregate') checkAggregates(one, other);
      break;
  }
  if (other.kind !== 'source' && other.kind !== 'join') checkSteps(one.input, other.input);
}

/** Filters come and go. */
function withoutFilter(step: Step): Exclude<Step, { kind: 'filter' }> {
  return step.kind === 'filter' ? withoutFilter(step.input) : step;
}

function joinName({ left, right }: Extract<Step, { kind: 'join' }>): string {
  const kind = (step: Step) => (isTableStep(step) ? 'Table' : 'Stream');
  return `${kind(left)}${kind(right)}Join`;
}

/** A group's state is those aggregates, in that order. */
function checkAggregates(
  before: Extract<Step, { kind: 'aggregate' }>,
  after: Extract<Step, { kind: 'aggregate' }>,
): void {
  const texts = ({ functions, groupBy }: typeof before) =>
    [...groupBy, ...functions.map(({ call }) => call)].map((each) => expressionKey(each)).join();
  if (texts(before) === texts(after)) return;
  throw statementError('Upgrades not yet supported: StreamAggregate must have the same groups and aggregates');
}
