import type {
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyWindowStore,
  Streams,
  Windowed,
} from '@headwater/streams';
import type { WindowInfo } from '../catalog/data-source.ts';
import type { TableView } from '../plan/physical/build-query.ts';
import type { KeyConstraints } from './key-constraints.ts';

/** Row of a store, with its key as it travels. */
export interface KeptRow {
  readonly key: unknown;
  readonly row: unknown;
  readonly timestamp: number;
}

/** Windows are many: a week of minutes of 200 keys are two million rows, of which so many are in hand at a time. */
const partRows = 1_000;

/**
 * Rows of a view's partitions that may be within the constraints, partition by partition; those of windows in several parts, which are as they are
 * when they are asked for.
 *
 * @param queryId of the query that keeps them
 * @throws StreamsError HW_STREAMS_STORE_NOT_READY while they are being restored, HW_STREAMS_STORE_MOVED when another instance has them
 */
export function* tableRows(
  streams: Streams,
  queryId: string,
  view: TableView,
  window: WindowInfo | null,
  constraints: KeyConstraints,
  partitions: readonly number[],
): IterableIterator<readonly KeptRow[]> {
  for (const partition of partitions) {
    const options = { topology: queryId, partition };
    switch (view.kind) {
      case 'key-value':
        yield keyValueRows(
          streams.store<ReadOnlyKeyValueStore<unknown, unknown>>(view.store, options),
          window,
          constraints,
        );
        break;
      case 'window':
        yield* windowRows(
          streams.store<ReadOnlyWindowStore<unknown, unknown>>(view.store, options),
          window!,
          constraints,
        );
        break;
      case 'session':
        yield sessionRows(streams.store<ReadOnlySessionStore<unknown, unknown>>(view.store, options), constraints);
    }
  }
}

function keyValueRows(
  store: ReadOnlyKeyValueStore<unknown, unknown>,
  window: WindowInfo | null,
  { keys }: KeyConstraints,
): KeptRow[] {
  const rows: KeptRow[] = [];
  // Windowed keys of a source's table are not known by their key alone.
  if (keys === null || window !== null) {
    for (const { key, timestamp, value } of store.all()) rows.push({ key, row: value, timestamp });
    return rows;
  }
  for (const key of keys) {
    const entry = store.getEntry(key);
    if (entry !== null) rows.push({ key, row: entry.value, timestamp: entry.timestamp });
  }
  return rows;
}

function* windowRows(
  store: ReadOnlyWindowStore<unknown, unknown>,
  { sizeMs }: WindowInfo,
  { endMs, keys, startMs }: KeyConstraints,
): IterableIterator<KeptRow[]> {
  const size = sizeMs!;
  const least = Math.max(startMs.least, endMs.least - size);
  const most = Math.min(startMs.most, endMs.most - size);
  let rows: KeptRow[] = [];
  const entriesOf =
    keys === null ? [store.fetchAll(least, most)] : keys.map((key) => store.fetchRange(key, least, most));
  for (const entries of entriesOf) {
    for (const { key, startMs: start, timestamp, value } of entries) {
      const windowed: Windowed<unknown> = { key, window: { startMs: start, endMs: start + size } };
      rows.push({ key: windowed, row: value, timestamp });
      if (rows.length < partRows) continue;
      yield rows;
      rows = [];
    }
  }
  if (rows.length > 0) yield rows;
}

function sessionRows(store: ReadOnlySessionStore<unknown, unknown>, { keys }: KeyConstraints): KeptRow[] {
  const sessions =
    keys === null ? [...store.all()] : keys.flatMap((key) => store.findSessions(key, 0, Number.MAX_SAFE_INTEGER));
  return sessions.map(({ endMs, key, startMs, value }) => ({
    key: { key, window: { startMs, endMs } } satisfies Windowed<unknown>,
    row: value,
    timestamp: endMs,
  }));
}
