import { SessionAggregate, type SessionMerger } from '../operators/session-aggregate.ts';
import { SlidingAggregate } from '../operators/sliding-aggregate.ts';
import type { Aggregator, Initializer } from '../operators/stream-aggregate.ts';
import type { TableTraits } from '../operators/table-source.ts';
import { sessionView, windowView } from '../operators/table-view.ts';
import { WindowAggregate } from '../operators/window-aggregate.ts';
import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import { sessionWindowedSerde, timeWindowedSerde } from '../serdes/windowed-serdes.ts';
import type { Storage, StoreSpec } from '../stores/state-store.ts';
import type { Windowed } from '../stores/window-store.ts';
import { StreamsError } from '../streams-error.ts';
import { KTable } from './ktable.ts';
import { sessionStore, windowStore } from './stores.ts';
import type { TopologyWriter } from './topology-writer.ts';
import type { EmitStrategy, SessionWindows, SlidingWindows, TimeWindows } from './windows.ts';

/** What the operators of one windowed aggregation have in common. */
export interface WindowedAggregation<K, A> {
  readonly storeName: string;
  readonly windows: TimeWindows | SlidingWindows | SessionWindows;
  readonly initialize: Initializer<A>;
  /** Of sessions only. */
  readonly merge: SessionMerger<K, A> | null;
  readonly keySerde: Serde<K>;
  readonly valueSerde: Serde<A>;
  readonly traits: TableTraits;
  readonly emit: EmitStrategy;
}

/** The operator that adds values of one kind. */
export function windowedOperator<K, V, A>(
  { emit, initialize, keySerde, merge, storeName, traits, windows }: WindowedAggregation<K, A>,
  aggregate: Aggregator<K, V, A>,
): Operator {
  const common = { storeName, initialize, aggregate, keySerde, traits, emit };
  switch (windows.kind) {
    case 'time':
      return new WindowAggregate<K, V, A>({ ...common, windows });
    case 'sliding':
      return new SlidingAggregate<K, V, A>({ ...common, windows });
    case 'session':
      return new SessionAggregate<K, V, A>({ ...common, windows, merge: merge! });
  }
}

/** @throws StreamsError HW_STREAMS_BAD_OPTION when windows are let go before they are closed */
export function windowedStore<K, A>(
  { emit, keySerde, storeName, valueSerde, windows }: WindowedAggregation<K, A>,
  {
    isLogged,
    retentionMs,
    storage,
  }: { isLogged: boolean; retentionMs: number | undefined; storage: Storage | undefined },
): StoreSpec {
  const leastMs = (windows.kind === 'session' ? windows.gapMs : windows.sizeMs) + windows.graceMs;
  // To make a sliding window takes the rows of windows that began up to two sizes before.
  const defaultMs = windows.kind === 'sliding' ? leastMs + windows.sizeMs : leastMs;
  // What is sent when it is closed must be there still: it is closed a millisecond after it is open no longer.
  const kept = retentionMs ?? (emit === 'window-close' ? defaultMs + 1 : defaultMs);
  if (!(kept >= leastMs)) {
    const message = `${storeName}: a retention of ${kept} ms is less than the windows are open for, ${leastMs} ms`;
    throw new StreamsError('HW_STREAMS_BAD_OPTION', message);
  }
  const changelog = isLogged ? {} : { changelog: null };
  const options = { name: storeName, keySerde, valueSerde, retentionMs: kept, storage, ...changelog };
  return windows.kind === 'session' ? sessionStore(options) : windowStore(options);
}

/** The table of one row for each key and window. */
export function windowedTable<K, A>(
  writer: TopologyWriter,
  node: string,
  sources: readonly string[],
  { keySerde, storeName, traits, valueSerde, windows }: WindowedAggregation<K, A>,
): KTable<Windowed<K>, A> {
  const isSession = windows.kind === 'session';
  return new KTable<Windowed<K>, A>(
    writer,
    {
      node,
      keySerde: isSession ? sessionWindowedSerde(keySerde) : timeWindowedSerde(keySerde, windows.sizeMs),
      valueSerde,
      sources,
      traits,
      store: storeName,
      closeMs: isSession ? windows.gapMs + windows.graceMs : windows.graceMs,
    },
    {
      stores: [storeName],
      create: () => (isSession ? sessionView<K, A>(storeName) : windowView<K, A>(storeName)),
    },
  );
}
