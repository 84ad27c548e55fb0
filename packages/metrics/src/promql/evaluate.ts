import { LabelSet, nameLabel } from '../labels/label-set.ts';
import { SampleBuffer } from '../store/chunk-codec.ts';
import type { SampleStore } from '../store/sample-store.ts';
import { aggregate } from './aggregate.ts';
import { bare, type Call, type Expression, setOperators, type TimeShift, type VectorSelector } from './ast.ts';
import { operations, setOperation, withScalar, withVector } from './binary.ts';
import { typeOf } from './check-types.ts';
import { type Column, column, merged, present, queryError, type Steps } from './column.ts';
import { histogramQuantile } from './functions/histogram.ts';
import { labelJoin, labelReplace } from './functions/label.ts';
import { dates, ofValue } from './functions/of-value.ts';
import { keepsName, overTime, type Window } from './functions/over-time.ts';
import { sorted, sortedByLabels } from './functions/sort.ts';

export interface EvaluationOptions {
  /** How old the newest sample of a series may be. Default 5 minutes. */
  lookbackMs: number;
  /** Step of a subquery that names none. */
  evaluationIntervalMs: number;
  /** Most samples that a query may read. */
  samplesMax: number;
  /** When the query has to be done, by `performance.now()`. */
  deadlineMs: number;
}

/** Notes for the reader of an answer. */
export interface Notes {
  warnings: Set<string>;
}

type Value = Column[] | Float64Array | string;

/** Samples of one series for a function of ranges. */
interface RangeSource {
  labels: LabelSet;
  samples: SampleBuffer;
}

/** Works a query out over all its steps at once: each expression is a list of series with a value for each step. */
export class Evaluation {
  readonly #store: SampleStore;
  readonly #options: EvaluationOptions;
  readonly #steps: Steps;
  /** `@ start()` and `@ end()`: those of the whole query, in subqueries too. */
  readonly #queryMs: { start: number; end: number };
  readonly #budget: { samples: number };
  readonly #notes: Notes;

  constructor(
    store: SampleStore,
    options: EvaluationOptions,
    steps: Steps,
    notes: Notes,
    queryMs = { start: steps.startMs, end: steps.startMs + (steps.count - 1) * steps.stepMs },
    budget = { samples: 0 },
  ) {
    this.#store = store;
    this.#options = options;
    this.#steps = steps;
    this.#notes = notes;
    this.#queryMs = queryMs;
    this.#budget = budget;
  }

  /** @throws HW_METRICS_QUERY in Prometheus' words */
  run(expression: Expression): Value {
    if (performance.now() > this.#options.deadlineMs) throw queryError('query timed out in expression evaluation');
    switch (expression.kind) {
      case 'number':
        return new Float64Array(this.#steps.count).fill(expression.value);
      case 'string':
        return expression.value;
      case 'paren':
        return this.run(expression.expression);
      case 'selector':
        return this.#instant(expression, false);
      case 'unary': {
        const value = this.run(expression.expression);
        if (expression.operator === '+') return value;
        if (value instanceof Float64Array) return value.map((each) => -each);
        return merged(
          (value as Column[]).map(({ has, labels, values }) => ({
            labels: labels.withoutName(),
            has,
            values: values.map((each) => -each),
          })),
          true,
        );
      }
      case 'aggregate': {
        const { parameter } = expression;
        const value = parameter === null ? null : (this.run(parameter) as Float64Array | string);
        return aggregate(expression, this.vector(expression.expression), value, this.#steps.count);
      }
      case 'binary':
        return this.#binary(expression);
      case 'call':
        return this.#call(expression);
      default:
        throw queryError('a range vector has no value at one time: use a function such as rate() over it');
    }
  }

  vector(expression: Expression): Column[] {
    return this.run(expression) as Column[];
  }

  scalar(expression: Expression): Float64Array {
    return this.run(expression) as Float64Array;
  }

  /** The samples of a range at the first step: what an instant query for a range answers. */
  matrix(expression: Expression): { labels: LabelSet; times: number[]; values: number[] }[] {
    const { rangeMs, shift } = this.#rangeOf(expression);
    const endMs = this.#timeOf(shift, 0);
    const found: { labels: LabelSet; times: number[]; values: number[] }[] = [];
    for (const { labels, samples } of this.#ranges(expression)) {
      const times: number[] = [];
      const values: number[] = [];
      for (let i = 0; i < samples.length; i++) {
        const time = samples.times[i]!;
        if (time < endMs - rangeMs || time > endMs) continue;
        times.push(time);
        values.push(samples.values[i]!);
      }
      if (times.length > 0) found.push({ labels, times, values });
    }
    return found;
  }

  #stepMs(i: number): number {
    return this.#steps.startMs + i * this.#steps.stepMs;
  }

  /** Where a selector looks at a step. */
  #timeOf({ at, offsetMs }: TimeShift, i: number): number {
    const base =
      at === null ? this.#stepMs(i) : at === 'start' ? this.#queryMs.start : at === 'end' ? this.#queryMs.end : at;
    return base - offsetMs;
  }

  #spend(samples: number): void {
    this.#budget.samples += samples;
    if (this.#budget.samples > this.#options.samplesMax)
      throw queryError('query processing would load too many samples into memory in query execution');
    if (performance.now() > this.#options.deadlineMs) throw queryError('query timed out in query execution');
  }

  /** @param isTimes the samples' times instead of their values */
  #instant(selector: VectorSelector, isTimes: boolean): Column[] {
    const { count } = this.#steps;
    const { lookbackMs } = this.#options;
    const fromMs = this.#timeOf(selector, 0) - lookbackMs;
    const toMs = this.#timeOf(selector, count - 1);
    const samples = new SampleBuffer();
    const result: Column[] = [];
    for (const series of this.#store.select(selector.matchers, fromMs, toMs)) {
      samples.clear();
      this.#store.read(series, fromMs, toMs, samples);
      this.#spend(samples.length);
      if (samples.length === 0) continue;
      const out = column(series.labels, count);
      const { length, times, values } = samples;
      let last = -1;
      let isAny = false;
      for (let i = 0; i < count; i++) {
        const timeMs = this.#timeOf(selector, i);
        while (last + 1 < length && times[last + 1]! <= timeMs) last += 1;
        if (last < 0 || times[last]! < timeMs - lookbackMs) continue;
        const value = values[last]!;
        if (Number.isNaN(value) && samples.isStale(last)) continue;
        out.values[i] = isTimes ? times[last]! / 1_000 : value;
        out.has[i] = 1;
        isAny = true;
      }
      if (isAny) result.push(out);
    }
    return result;
  }

  #rangeOf(expression: Expression): { rangeMs: number; shift: TimeShift } {
    const inner = bare(expression);
    if (inner.kind === 'matrix') return { rangeMs: inner.rangeMs, shift: inner.selector };
    if (inner.kind === 'subquery') return { rangeMs: inner.rangeMs, shift: inner };
    throw queryError('a range vector is expected');
  }

  /** The series that a range selects, one after the other: the buffer is used again. Without markers of staleness. */
  *#ranges(expression: Expression): Generator<RangeSource> {
    const inner = bare(expression);
    const { count } = this.#steps;
    const { rangeMs, shift } = this.#rangeOf(inner);
    const fromMs = this.#timeOf(shift, 0) - rangeMs;
    const toMs = this.#timeOf(shift, count - 1);
    const samples = new SampleBuffer();
    if (inner.kind === 'matrix') {
      for (const series of this.#store.select(inner.selector.matchers, fromMs, toMs)) {
        samples.clear();
        this.#store.read(series, fromMs, toMs, samples);
        this.#spend(samples.length);
        dropStale(samples);
        if (samples.length > 0) yield { labels: series.labels, samples };
      }
    } else if (inner.kind === 'subquery') {
      const stepMs = inner.stepMs === 0 ? this.#options.evaluationIntervalMs : inner.stepMs;
      let startMs = Math.trunc(fromMs / stepMs) * stepMs;
      if (startMs < fromMs) startMs += stepMs;
      if (startMs > toMs) return;
      const steps: Steps = { startMs, stepMs, count: Math.floor((toMs - startMs) / stepMs) + 1 };
      if (steps.count > 1_000_000) throw queryError('a subquery may have 1,000,000 steps: use a larger step');
      const evaluation = new Evaluation(this.#store, this.#options, steps, this.#notes, this.#queryMs, this.#budget);
      for (const { has, labels, values } of evaluation.vector(inner.expression)) {
        samples.clear();
        samples.ensure(steps.count);
        let length = 0;
        for (let i = 0; i < steps.count; i++) {
          if (has[i] === 0) continue;
          samples.times[length] = startMs + i * stepMs;
          samples.values[length] = values[i]!;
          length += 1;
        }
        samples.length = length;
        this.#spend(length);
        if (length > 0) yield { labels, samples };
      }
    }
  }

  #overTime(call: Call): Column[] {
    const operation = overTime[call.name]!;
    const { count } = this.#steps;
    const range = call.args.find((arg) => typeOf(arg) === 'matrix')!;
    const scalars = call.args.filter((arg) => arg !== range).map((arg) => this.scalar(arg));
    if (call.name === 'holt_winters' || call.name === 'double_exponential_smoothing') checkFactors(scalars);
    const { rangeMs, shift } = this.#rangeOf(range);
    const atStep: number[] = scalars.map(() => 0);
    const result: Column[] = [];
    for (const { labels, samples } of this.#ranges(range)) {
      const out = column(keepsName.has(call.name) ? labels : labels.withoutName(), count);
      const { length, times } = samples;
      const window: Window = {
        times,
        values: samples.values,
        from: 0,
        to: 0,
        startMs: 0,
        endMs: 0,
        rangeMs,
        nowMs: 0,
        scalars: atStep,
        isNone: false,
      };
      let isAny = false;
      for (let i = 0; i < count; i++) {
        window.endMs = this.#timeOf(shift, i);
        window.startMs = window.endMs - rangeMs;
        window.nowMs = this.#stepMs(i);
        while (window.to < length && times[window.to]! <= window.endMs) window.to += 1;
        while (window.from < window.to && times[window.from]! < window.startMs) window.from += 1;
        if (window.from === window.to) continue;
        for (let s = 0; s < scalars.length; s++) atStep[s] = scalars[s]![i]!;
        window.isNone = false;
        const value = operation(window);
        if (window.isNone) continue;
        out.values[i] = value;
        out.has[i] = 1;
        isAny = true;
      }
      if (isAny) result.push(out);
    }
    return merged(result, true);
  }

  #binary(expression: Extract<Expression, { kind: 'binary' }>): Value {
    const { operator } = expression;
    const left = this.run(expression.left) as Column[] | Float64Array;
    const right = this.run(expression.right) as Column[] | Float64Array;
    const { count } = this.#steps;
    if (left instanceof Float64Array) {
      if (!(right instanceof Float64Array)) return withScalar(expression, right, left, true);
      const operation = operations[operator]!;
      return left.map((value, i) => operation(value, right[i]!));
    }
    if (right instanceof Float64Array) return withScalar(expression, left, right, false);
    if (setOperators.has(operator)) return setOperation(expression, left, right, count);
    return withVector(expression, left, right, count);
  }

  #call(call: Call): Value {
    const { args, name } = call;
    const { count } = this.#steps;
    if (Object.hasOwn(overTime, name)) return this.#overTime(call);
    if (Object.hasOwn(dates, name) && args.length === 0) {
      const now = column(LabelSet.empty, count);
      for (let i = 0; i < count; i++) now.values[i] = dates[name]!(this.#stepMs(i) / 1_000, 0, 0);
      return [{ ...now, has: now.has.fill(1) }];
    }
    if (Object.hasOwn(ofValue, name)) return this.#mapped(call);
    switch (name) {
      case 'time': {
        const times = new Float64Array(count);
        for (let i = 0; i < count; i++) times[i] = this.#stepMs(i) / 1_000;
        return times;
      }
      case 'pi':
        return new Float64Array(count).fill(Math.PI);
      case 'vector':
        return [{ labels: LabelSet.empty, values: this.scalar(args[0]!).slice(), has: new Uint8Array(count).fill(1) }];
      case 'scalar':
        return this.#toScalar(this.vector(args[0]!));
      case 'absent':
        return this.#absent(args[0]!, this.vector(args[0]!));
      case 'absent_over_time': {
        const presence = this.#overTime({ ...call, name: 'present_over_time' });
        const range = bare(args[0]!);
        return this.#absent(range.kind === 'matrix' ? range.selector : range, presence);
      }
      case 'timestamp':
        return this.#timestamp(args[0]!);
      case 'histogram_quantile':
        return histogramQuantile(this.scalar(args[0]!), this.vector(args[1]!), count, this.#notes);
      case 'label_replace':
        return labelReplace(
          this.vector(args[0]!),
          args.slice(1).map((arg) => this.run(arg) as string),
        );
      case 'label_join':
        return labelJoin(
          this.vector(args[0]!),
          args.slice(1).map((arg) => this.run(arg) as string),
        );
      case 'sort':
      case 'sort_desc':
        return sorted(this.vector(args[0]!), name === 'sort' ? 1 : -1);
      case 'sort_by_label':
      case 'sort_by_label_desc': {
        const labels = args.slice(1).map((arg) => this.run(arg) as string);
        return sortedByLabels(this.vector(args[0]!), labels, name === 'sort_by_label' ? 1 : -1);
      }
      default:
        // histogram_count and its like: of native histograms, of which there are none.
        for (const arg of args) this.run(arg);
        return [];
    }
  }

  #mapped({ args, name }: Call): Column[] {
    const operation = ofValue[name]!;
    const vector = this.vector(args[0]!);
    const [a, b] = args.slice(1).map((arg) => this.scalar(arg));
    const fallback = name === 'round' ? 1 : 0;
    const result = vector.map(({ has, labels, values }) => {
      const out: Column = { labels: labels.withoutName(), values: new Float64Array(values.length), has: has.slice() };
      for (let i = 0; i < values.length; i++) {
        if (has[i] === 0) continue;
        const [x, y] = [a?.[i] ?? fallback, b?.[i] ?? 0];
        if (name === 'clamp' && x > y) out.has[i] = 0;
        else out.values[i] = operation(values[i]!, x, y);
      }
      return out;
    });
    return merged(result);
  }

  /** The value where there is exactly one. */
  #toScalar(vector: Column[]): Float64Array {
    const result = new Float64Array(this.#steps.count).fill(Number.NaN);
    for (let i = 0; i < result.length; i++) {
      let found = 0;
      let value = Number.NaN;
      for (const { has, values } of vector)
        if (has[i] === 1) {
          found += 1;
          value = values[i]!;
        }
      if (found === 1) result[i] = value;
    }
    return result;
  }

  #timestamp(arg: Expression): Column[] {
    const inner = bare(arg);
    const isSelector = inner.kind === 'selector';
    const vector = isSelector ? this.#instant(inner, true) : this.vector(arg);
    const result = vector.map(({ has, labels, values }) => ({
      labels: labels.withoutName(),
      has,
      values: isSelector ? values : values.map((_, i) => this.#stepMs(i) / 1_000),
    }));
    return merged(result);
  }

  #absent(of: Expression, vector: Column[]): Column[] {
    const { count } = this.#steps;
    const out = column(absentLabels(bare(of)), count);
    out.has.fill(1);
    out.values.fill(1);
    for (const { has } of vector) for (let i = 0; i < count; i++) if (has[i] === 1) out.has[i] = 0;
    return present([out]);
  }
}

/** The labels that a selector asks for by `=`, each once. */
function absentLabels(of: Expression): LabelSet {
  if (of.kind !== 'selector') return LabelSet.empty;
  const pairs = new Map<string, string>();
  const not = new Set<string>();
  for (const { name, operator, value } of of.matchers) {
    if (name === nameLabel) continue;
    if (operator === '=' && !pairs.has(name) && !not.has(name)) pairs.set(name, value);
    else {
      pairs.delete(name);
      not.add(name);
    }
  }
  return LabelSet.fromPairs(pairs);
}

function dropStale(samples: SampleBuffer): void {
  const { bits, length, times, values } = samples;
  let to = 0;
  for (let i = 0; i < length; i++) {
    if (Number.isNaN(values[i]!) && samples.isStale(i)) continue;
    if (to !== i) {
      times[to] = times[i]!;
      bits[to * 2] = bits[i * 2]!;
      bits[to * 2 + 1] = bits[i * 2 + 1]!;
    }
    to += 1;
  }
  samples.length = to;
}

function checkFactors(scalars: readonly Float64Array[]): void {
  for (const [i, what] of ['smoothing', 'trend'].entries())
    for (const factor of scalars[i]!)
      if (!(factor > 0 && factor < 1))
        throw queryError(`invalid ${what} factor. Expected: 0 < ${what[0]}f < 1, got: ${factor.toFixed(6)}`);
}
