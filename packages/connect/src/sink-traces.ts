import type { SinkOptions } from './sink-options.ts';
import type { Entry, SinkStore } from './sink-store.ts';

/** The spans of a write: for each record whose trace is recorded one, and below it one for what the store did. */
export function tracesOf<Item>(
  { groupId, onStored, tracer }: SinkOptions<Item>,
  store: SinkStore<Item>,
  entries: readonly Entry<Item>[],
) {
  const traced: {
    entry: Entry<Item>;
    handled: ReturnType<NonNullable<typeof tracer>['receive']>;
    span: ReturnType<ReturnType<NonNullable<typeof tracer>['receive']>['child']>;
  }[] = [];
  if (tracer !== undefined) {
    for (const entry of entries) {
      if (entry.record.headers.length === 0) continue;
      const handled = tracer.receive(entry.record, { group: groupId });
      if (!handled.isSampled) {
        handled.end();
        continue;
      }
      const attributes = { ...store.attributes, ...store.attributesOf?.(entry) };
      traced.push({ entry, handled, span: handled.child(store.operation, 'client', attributes) });
    }
  }
  return {
    stored(): void {
      for (const { entry, handled, span } of traced) {
        span?.end();
        handled.run(() => onStored?.(entry.record, entry.item));
        handled.end();
      }
    },
    /** They come again. */
    failed(error: unknown): void {
      for (const { handled, span } of traced) {
        span?.fail(error);
        span?.end();
        handled.end(error);
      }
    },
  };
}
