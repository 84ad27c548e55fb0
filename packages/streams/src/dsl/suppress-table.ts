import { Suppress, suppressedView } from '../operators/suppress.ts';
import { SuppressBuffer } from '../stores/suppress-buffer.ts';
import { StreamsError } from '../streams-error.ts';
import { KTable } from './ktable.ts';
import type { UntilTimeLimit, UntilWindowCloses } from './suppressed.ts';
import type { TopologyWriter } from './topology-writer.ts';

/** The table whose updates are held back, with a buffer of its own. */
export function suppressTable<K, V>(
  writer: TopologyWriter,
  table: KTable<K, V>,
  until: UntilTimeLimit | UntilWindowCloses,
): KTable<K, V> {
  const { isLogged = true, maxBytes = Number.POSITIVE_INFINITY, maxRecords = Number.POSITIVE_INFINITY } = until;
  const { closeMs, keySerde, node: parent, sources } = table.place;
  const { valueSerde } = table;
  const isUntilWindowCloses = until.until === 'window-close';
  const waitMs = isUntilWindowCloses ? closeMs : until.limitMs;
  if (waitMs === undefined) {
    const message = `${parent} has no windows that close: use untilTimeLimit, or a table of a windowed aggregation`;
    throw new StreamsError('HW_STREAMS_BAD_OPTION', message);
  }
  const name = until.name ?? writer.newName('KTABLE-SUPPRESS-');
  const storeName = until.name === undefined ? writer.newName('KTABLE-SUPPRESS-STATE-STORE-') : `${name}-store`;
  writer.topology.addStateStore({
    name: storeName,
    changelog: isLogged ? { configs: { 'cleanup.policy': 'compact' } } : null,
    create: () => new SuppressBuffer(storeName, { key: keySerde, value: valueSerde }, Number.isFinite(maxBytes)),
  });
  // What was before the first of the updates that are held back is what those downstream know.
  table.sendOldValues();
  const whenFull = isUntilWindowCloses ? 'fail' : until.whenFull;
  const limits = { recordsMax: maxRecords, bytesMax: maxBytes, whenFull } as const;
  const create = () => new Suppress({ name, storeName, waitMs, isUntilWindowCloses, ...limits });
  writer.topology.addProcessor({ name, parents: [parent], create, stores: [storeName] });
  const before = table.view.bind(table);
  return new KTable<K, V>(
    writer,
    { node: name, keySerde, valueSerde, sources, traits: { isOldValueSent: true }, store: null, closeMs },
    {
      get stores() {
        return [storeName, ...before().stores];
      },
      create: () => suppressedView(before().create(), storeName),
    },
  );
}
