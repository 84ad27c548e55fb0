import {
  hopping,
  type Serde,
  StreamsBuilder,
  serdes,
  session,
  sessionWindowedSerde,
  sliding,
  type Topology,
  timeWindowedSerde,
  tumbling,
  untilTimeLimit,
  untilWindowCloses,
  within,
} from '@headwater/streams';
import type { Step } from './description.ts';
import {
  add,
  flatRecords,
  flatValues,
  holds,
  initial,
  join,
  mapValue,
  merge,
  reduce,
  subtract,
  type Value,
} from './functions.ts';

/** The DSL has no such operator yet: the topology is skipped by its name. */
export class NotHere extends Error {}

/** What a step has made, with how it is written; the DSL is called by the names of its methods, because a description has no types. */
interface Made {
  kind: string;
  it: Loose;
  key: Serde<Value>;
  value: Serde<Value>;
  /** Of the records that are grouped, where windows of the key come out. */
  groupKey?: Serde<Value>;
}

interface Loose {
  [method: string]: ((...args: unknown[]) => Loose) | undefined;
}

const text = serdes.string as unknown as Serde<Value>;
const long = serdes.long as unknown as Serde<Value>;

export function makeTopology(steps: readonly Step[]): Topology {
  const builder = new StreamsBuilder();
  const made = new Map<string, Made>();
  for (const step of steps) {
    for (const [id, result] of apply(builder as unknown as Loose, step, made)) made.set(id, result);
  }
  return builder.build();
}

function apply(builder: Loose, step: Step, made: Map<string, Made>): [string, Made][] {
  const { fn = '', id, name, op, store, topic } = step;
  const named = name === undefined ? {} : { name };
  const kept = store === undefined ? {} : { store };
  const both = { key: text, value: text };
  if (op === 'stream') {
    const time = (value: Value, _key: Value, recordTime: number) =>
      value !== null && /^[+-]?\d+$/.test(String(value)) ? Number(value) : recordTime;
    const it = call(builder, 'stream', topic, { ...both, ...named, ...(step.time && { timestamp: time }) });
    return [[id, { kind: 'stream', it, ...both }]];
  }
  if (op === 'table')
    return [[id, { kind: 'table', it: call(builder, 'table', topic, { ...both, ...kept }), ...both }]];
  if (op === 'globalTable') return [[id, { kind: 'global', it: call(builder, 'globalTable', topic, both), ...both }]];
  const from = made.get(step.from!)!;
  const other = step.with === undefined ? undefined : made.get(step.with)!;
  if (op === 'to') {
    call(from.it, 'to', topic, { key: from.key, value: from.value });
    return [];
  }
  if (from.kind === 'stream') {
    if (op === 'branch') {
      const predicates = step.fns!.map((each) => (value: Value, key: Value) => holds(each, key, value));
      const streams = call(from.it, 'branch', ...predicates) as unknown as Loose[];
      return streams.map((it, index) => [`${id}.${index}`, { ...from, it }]);
    }
    return [[id, ofStream(step, from, other, fn, named, kept)]];
  }
  if (from.kind === 'table') return [[id, ofTable(step, from, other, fn, named, kept)]];
  if (from.kind === 'grouped table') return [[id, ofGroupedTable(step, from, fn, kept)]];
  return [[id, ofGroups(step, from, other, fn, kept)]];
}

function ofStream(step: Step, from: Made, other: Made | undefined, fn: string, named: object, kept: object): Made {
  const { op } = step;
  const { it, key, value } = from;
  const typed = (stream: Loose, keyOut: Serde<Value>, valueOut: Serde<Value>): Made => ({
    kind: 'stream',
    it: call(stream, 'withSerdes', { key: keyOut, value: valueOut }),
    key: keyOut,
    value: valueOut,
  });
  switch (op) {
    case 'filter':
    case 'filterNot':
      return { ...from, it: call(it, op, (v: Value, k: Value) => holds(fn, k, v), named) };
    case 'mapValues':
      return typed(
        call(it, op, (v: Value, k: Value) => mapValue(fn, k, v), named),
        key,
        text,
      );
    case 'map': {
      const keyFn = step.key!;
      return typed(
        call(it, op, (v: Value, k: Value) => [mapValue(keyFn, k, v), mapValue(fn, k, v)], named),
        text,
        text,
      );
    }
    case 'selectKey':
      return typed(
        call(it, op, (v: Value, k: Value) => mapValue(fn, k, v), named),
        text,
        value,
      );
    case 'flatMapValues':
      return typed(
        call(it, op, (v: Value, k: Value) => flatValues(fn, k, v), named),
        key,
        text,
      );
    case 'flatMap':
      return typed(
        call(it, op, (v: Value, k: Value) => flatRecords(fn, k, v), named),
        text,
        text,
      );
    case 'peek':
      return { ...from, it: call(it, op, () => {}, named) };
    case 'merge':
      return { ...from, it: call(it, op, other!.it, named) };
    case 'repartition': {
      const { partitions } = step;
      return { ...from, it: call(it, op, { key, value, ...named, ...(partitions && { partitions }) }) };
    }
    case 'toTable':
      return { ...from, kind: 'table', it: call(it, op, { key, value, ...kept }) };
    case 'groupByKey':
      return { ...from, kind: 'groups', it: call(it, op, { key, value, ...named }) };
    case 'groupBy': {
      const grouped = call(it, op, (v: Value, k: Value) => mapValue(fn, k, v), { key: text, value, ...named });
      return { kind: 'groups', it: grouped, key: text, value };
    }
    case 'join':
    case 'leftJoin':
    case 'outerJoin': {
      const joiner = (left: Value, right: Value) => join(fn, left, right);
      if (other!.kind === 'global') {
        const select = (v: Value, k: Value) => mapValue(step.key!, k, v);
        return typed(
          call(it, op === 'join' ? 'joinGlobal' : 'leftJoinGlobal', other!.it, select, joiner, named),
          key,
          text,
        );
      }
      if (other!.kind === 'table') {
        const { graceMs } = step;
        if (graceMs !== undefined) throw new NotHere('stream-table join with grace');
        return typed(call(it, op, other!.it, joiner, named), key, text);
      }
      const { afterMs, beforeMs, graceMs = 0, name, store, withinMs = 0 } = step;
      const windows = within(withinMs, {
        graceMs,
        ...(afterMs !== undefined && { afterMs }),
        ...(beforeMs !== undefined && { beforeMs }),
      });
      const stores = { key, value, otherValue: other!.value, ...(name && { name }), ...(store && { store }) };
      return typed(call(it, op, other!.it, joiner, windows, stores), key, text);
    }
    default:
      throw new Error(`${op} of a stream`);
  }
}

function ofTable(step: Step, from: Made, other: Made | undefined, fn: string, named: object, kept: object): Made {
  const { op } = step;
  const { it, key, value } = from;
  const isKept = step.store !== undefined;
  switch (op) {
    case 'filter':
    case 'filterNot':
      return {
        ...from,
        it: call(it, op, (v: Value, k: Value) => holds(fn, k, v), isKept ? { key, value, ...kept } : {}),
      };
    case 'mapValues':
      return {
        ...from,
        value: text,
        it: call(it, op, (v: Value, k: Value) => mapValue(fn, k, v), { value: text, ...kept }),
      };
    case 'toStream':
      return { ...from, kind: 'stream', it: call(it, op, named) };
    case 'groupBy': {
      const map = (v: Value, k: Value) => [mapValue(step.key!, k, v), mapValue(fn, k, v)];
      return {
        kind: 'grouped table',
        key: text,
        value: text,
        it: call(it, op, map, { key: text, value: text, ...named }),
      };
    }
    case 'join':
    case 'leftJoin':
    case 'outerJoin': {
      const joiner = (left: Value, right: Value) => join(fn, left, right);
      if (step.foreignKey !== undefined) {
        const foreignKeyOf = (v: Value, k: Value) => mapValue(step.foreignKey!, k, v);
        const method = op === 'join' ? 'joinForeignKey' : 'leftJoinForeignKey';
        const made = call(it, method, other!.it, foreignKeyOf, joiner, { value: text, ...named, ...kept });
        return { ...from, value: text, it: made };
      }
      return { ...from, value: text, it: call(it, op, other!.it, joiner, { value: text, ...kept }) };
    }
    case 'suppress': {
      const bounds = { ...named, ...(step.recordsMax && { maxRecords: step.recordsMax }) };
      const until = step.limitMs === undefined ? untilWindowCloses(bounds) : untilTimeLimit(step.limitMs, bounds);
      return { ...from, it: call(it, op, until) };
    }
    default:
      throw new Error(`${op} of a table`);
  }
}

function ofGroupedTable({ op }: Step, from: Made, fn: string, kept: object): Made {
  const { it, key } = from;
  const table = { ...from, kind: 'table' };
  if (op === 'count') {
    const counted = 'store' in kept ? call(it, op, { key, value: long, ...kept }) : call(it, op);
    return { ...table, value: long, it: counted };
  }
  const store = { key, value: text, ...kept };
  if (op === 'reduce') {
    const adder = (before: string, value: string) => reduce(fn, before, value);
    return {
      ...table,
      it: call(it, op, adder, (before: string, value: string) => reduce('minus', before, value), store),
    };
  }
  const adder = (before: string, value: Value) => add(fn, value, before);
  const subtractor = (before: string, value: Value) => subtract(fn, value, before);
  return { ...table, it: call(it, op, () => initial(fn), adder, subtractor, store) };
}

function ofGroups(step: Step, from: Made, other: Made | undefined, fn: string, kept: object): Made {
  const { graceMs = 0, op, sizeMs = 0 } = step;
  const { it } = from;
  const key = from.groupKey ?? from.key;
  const windowed = (windows: unknown, out: Serde<Value>): Made => ({
    ...from,
    groupKey: key,
    key: out,
    it: call(it, 'windowedBy', windows, step.emit === undefined ? {} : { emit: 'window-close' }),
  });
  const timeWindowed = (windows: unknown) =>
    windowed(windows, timeWindowedSerde(serdes.string, sizeMs) as unknown as Serde<Value>);
  if (op === 'cogroup') {
    const adder = (before: string, value: Value) => add(fn, value, before);
    const cogrouped = other === undefined ? call(it, op, adder) : call(it, op, other.it, adder);
    return { ...from, kind: 'cogrouped', value: text, it: cogrouped };
  }
  switch (op) {
    case 'tumbling':
      return timeWindowed(tumbling(sizeMs, { graceMs }));
    case 'hopping':
      return timeWindowed(hopping(sizeMs, step.advanceMs!, { graceMs }));
    case 'sliding':
      return timeWindowed(sliding(sizeMs, { graceMs }));
    case 'session':
      return {
        ...windowed(session(step.gapMs!, { graceMs }), sessionWindowedSerde(serdes.string) as unknown as Serde<Value>),
        kind: 'sessions',
      };
    default: {
      const { retentionMs } = step;
      const store = { key, ...kept, ...(retentionMs && { retentionMs }) };
      const table = { kind: 'table', key: from.key };
      // To say nothing of the store gives other names than to say only its serdes.
      const isKept = 'store' in kept || retentionMs !== undefined;
      if (op === 'count')
        return { ...table, value: long, it: call(it, op, ...(isKept ? [{ ...store, value: long }] : [])) };
      const reducer = (before: string, value: string) => reduce(fn, before, value);
      if (op === 'reduce') return { ...table, value: text, it: call(it, op, reducer, { ...store, value: text }) };
      if (from.kind === 'cogrouped') {
        return { ...table, value: text, it: call(it, op, () => initial(fn), { ...store, value: text }) };
      }
      const adder = (before: string, value: Value) => add(fn, value, before);
      const merger = (one: string, two: string) => merge(fn, one, two);
      const functions = from.kind === 'sessions' ? [adder, merger] : [adder];
      return { ...table, value: text, it: call(it, op, () => initial(fn), ...functions, { ...store, value: text }) };
    }
  }
}

function call(it: Loose, method: string, ...args: unknown[]): Loose {
  if (it[method] === undefined) throw new NotHere(`${it.constructor?.name ?? 'object'}.${method}`);
  return it[method](...args);
}
