import { CodeModule } from '../../expressions/code-module.ts';
import { columnReference } from '../../expressions/walk.ts';
import { windowInfo } from '../../plan/physical/aggregate-flow.ts';
import { type Aggregation, aggregationOf } from '../../plan/physical/aggregation.ts';
import type { Row } from '../../plan/physical/flow.ts';
import type { AggregateStep } from '../../plan/steps/aggregate-step.ts';
import type { Step } from '../../plan/steps/step.ts';
import type { Column } from '../../schema/column.ts';
import { windowBounds } from '../../schema/system-columns.ts';
import type { WindowClause } from '../../syntax/ast/index.ts';
import { columnsAt, type Evaluation, identityFunction, inBatches, type Rows, rowFunction } from './rows.ts';

interface Group {
  readonly key: Row;
  readonly startMs: number;
  readonly endMs: number;
  state: Row;
}

/** A row for each group, once all rows are there: its aggregates, its key, and the bounds of its window. */
export function grouped(step: AggregateStep, input: Rows, evaluation: Evaluation): Rows {
  const { context } = evaluation;
  const module = new CodeModule();
  // No row is ever taken back, so that all aggregates can be had of tables too.
  const aggregation = aggregationOf(step, { kind: 'stream', columns: input.columns }, module, context);
  const toArguments = module.link<(row: Row) => Row>(
    `function (v) { const k = null, t = 0, c = null; return [${aggregation.arguments.map(({ code }) => code).join(', ')}]; }`,
  );
  const toKey = rowFunction(step.groupBy, input.columns, context);
  const results: Column[] = aggregation.results.map(({ name, type }) => ({ name, type }));
  const columns = [...results, ...step.schema.key, ...(step.window === null ? [] : windowBounds)];
  const time = step.window === null ? [] : [columnReference(timeColumn(step.input))];
  const times = rowFunction(time, input.columns, context);
  const grouping = new Grouping(step, aggregation, { toArguments, toKey, timeOf: (row) => Number(times(row)[0]) });
  return { columns: columnsAt(columns), batches: grouping.batches(input, evaluation) };
}

interface Readers {
  toArguments(row: Row): Row;
  toKey(row: Row): Row;
  timeOf(row: Row): number;
}

class Grouping {
  readonly #step: AggregateStep;
  readonly #aggregation: Aggregation;
  readonly #readers: Readers;

  constructor(step: AggregateStep, aggregation: Aggregation, readers: Readers) {
    this.#step = step;
    this.#aggregation = aggregation;
    this.#readers = readers;
  }

  async *batches(input: Rows, { budget }: Evaluation): AsyncIterableIterator<readonly Row[]> {
    const { window } = this.#step;
    const session = window?.kind === 'SESSION' ? window : null;
    const identity = identityFunction(this.#step.schema.key.map(({ type }) => type));
    const groups = new Map<unknown, Group[]>();
    // Without GROUP BY there is one row, of no rows too.
    if (this.#step.groupBy.length === 0 && window === null) {
      groups.set('', [this.#newGroup([], 0, 0)]);
    }
    for await (const batch of input.batches) {
      for (const row of batch) {
        const key = this.#readers.toKey(row);
        const id = key.length === 0 ? '' : identity(key);
        // As in tables that are made of groups: rows of no group are left out.
        if (id === null) continue;
        let known = groups.get(id);
        if (known === undefined) {
          known = [];
          groups.set(id, known);
        }
        const before = known.length;
        const timeMs = this.#readers.timeOf(row);
        if (session !== null) this.#addToSession(known, key, timeMs, row, session.gap.durationMs);
        else for (const startMs of windowStarts(window, timeMs)) this.#add(known, key, startMs, row);
        if (known.length > before) budget.keep(known.length - before, 'GROUP BY');
      }
    }
    yield* inBatches(this.#rows(groups));
    for (const known of groups.values()) budget.release(known.length);
  }

  *#rows(groups: ReadonlyMap<unknown, readonly Group[]>): IterableIterator<Row> {
    const module = new CodeModule();
    const codes = this.#aggregation.results.map(({ code }) => code(module));
    const results = module.link<(state: Row) => Row>(`function (v) { return [${codes.join(', ')}]; }`);
    const isWindowed = this.#step.window !== null;
    for (const known of groups.values()) {
      for (const { endMs, key, startMs, state } of known) {
        yield isWindowed ? [...results(state), ...key, startMs, endMs] : [...results(state), ...key];
      }
    }
  }

  #newGroup(key: Row, startMs: number, endMs: number): Group {
    return { key, startMs, endMs, state: this.#aggregation.initial() };
  }

  #add(known: Group[], key: Row, startMs: number, row: Row): void {
    const { window } = this.#step;
    let group = window === null ? known[0] : known.find((each) => each.startMs === startMs);
    if (group === undefined) {
      group = this.#newGroup(key, startMs, window === null ? 0 : startMs + windowInfo(window).sizeMs!);
      known.push(group);
    }
    group.state = this.#aggregation.add(group.state, this.#readers.toArguments(row));
  }

  /** Sessions that a row lies between become one. */
  #addToSession(known: Group[], key: Row, timeMs: number, row: Row, gapMs: number): void {
    let [startMs, endMs] = [timeMs, timeMs];
    let state: Row | null = null;
    for (let index = known.length - 1; index >= 0; index--) {
      const each = known[index]!;
      if (timeMs < each.startMs - gapMs || timeMs > each.endMs + gapMs) continue;
      startMs = Math.min(startMs, each.startMs);
      endMs = Math.max(endMs, each.endMs);
      state = state === null ? each.state : this.#aggregation.merge(each.state, state);
      known.splice(index, 1);
    }
    const merged = this.#aggregation.add(state ?? this.#aggregation.initial(), this.#readers.toArguments(row));
    known.push({ key, startMs, endMs, state: merged });
  }
}

function windowStarts(window: WindowClause | null, timeMs: number): readonly number[] {
  if (window === null || window.kind === 'SESSION') return [0];
  const sizeMs = window.size.durationMs;
  const advanceMs = window.kind === 'HOPPING' ? window.advance.durationMs : sizeMs;
  const starts: number[] = [];
  const first = Math.max(0, timeMs - sizeMs + advanceMs);
  for (let startMs = first - (first % advanceMs); startMs <= timeMs; startMs += advanceMs) starts.push(startMs);
  return starts;
}

/** The column that has the time of a step's rows: of a join that of its first source. */
export function timeColumn(step: Step): string {
  switch (step.kind) {
    case 'source':
      return `${step.prefix}ROWTIME`;
    case 'join':
      return timeColumn(step.left);
    default:
      return timeColumn(step.input);
  }
}
