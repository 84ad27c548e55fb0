import { PassThrough } from '../operators/stateless.ts';
import { KeepForJoin, StreamJoin } from '../operators/stream-join.ts';
import type { ValueJoiner } from '../operators/stream-table-join.ts';
import type { Serde } from '../serdes/serde.ts';
import { JoinWindowStore } from '../stores/join-window-store.ts';
import type { StoreSpec } from '../stores/state-store.ts';
import { UnjoinedStore } from '../stores/unjoined-store.ts';
import type { StreamJoined } from './options.ts';
import { compacted, windowed } from './stores.ts';
import type { TopologyWriter } from './topology-writer.ts';
import type { JoinWindows } from './windows.ts';

export interface JoinedStreams<K, VLeft, VRight, VOut> {
  readonly leftNode: string;
  readonly rightNode: string;
  readonly keySerde: Serde<K>;
  readonly leftSerde: Serde<VLeft>;
  readonly rightSerde: Serde<VRight>;
  readonly windows: JoinWindows;
  readonly joiner: ValueJoiner<K, VLeft | null, VRight | null, VOut>;
  /** Records of a side are handed on without a partner too. */
  readonly isLeftOuter: boolean;
  readonly isRightOuter: boolean;
  readonly options: StreamJoined<K, VLeft, VRight>;
}

/** Adds the nodes and stores of a join of two streams; the name of the last node. */
export function writeStreamJoin<K, VLeft, VRight, VOut>(
  writer: TopologyWriter,
  streams: JoinedStreams<K, VLeft, VRight, VOut>,
): string {
  const { isLeftOuter, isRightOuter, joiner, keySerde, leftNode, leftSerde, options, rightNode, rightSerde } = streams;
  const { name, store, isLogged = true } = options;
  const { afterMs, beforeMs, graceMs, isUnjoinedSentAtOnce = false } = streams.windows;
  const leftSuffix = isRightOuter ? '-outer-this-join' : '-this-join';
  const rightSuffix = isLeftOuter ? '-outer-other-join' : '-other-join';
  const suffixed = (suffix: string, generated: string) => (name === undefined ? generated : name + suffix);
  const leftWindowed = suffixed('-this-windowed', writer.newName('KSTREAM-WINDOWED-'));
  const rightWindowed = suffixed('-other-windowed', writer.newName('KSTREAM-WINDOWED-'));
  const leftGenerated = writer.newName(isRightOuter ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-');
  const rightGenerated = writer.newName(isLeftOuter ? 'KSTREAM-OUTEROTHER-' : 'KSTREAM-JOINOTHER-');
  const leftName = suffixed(leftSuffix, leftGenerated);
  const rightName = suffixed(rightSuffix, rightGenerated);
  const merge = suffixed('-merge', writer.newName('KSTREAM-MERGE-'));
  const leftStore = `${store === undefined ? leftGenerated : store + leftSuffix}-store`;
  const rightStore = `${store === undefined ? rightGenerated : store + rightSuffix}-store`;
  const retentionMs = beforeMs + afterMs + graceMs;
  const { topology } = writer;
  topology.addStateStore(joinStore(leftStore, keySerde, leftSerde, retentionMs, isLogged));
  topology.addStateStore(joinStore(rightStore, keySerde, rightSerde, retentionMs, isLogged));
  let unjoinedStore: string | null = null;
  if (isLeftOuter && !isUnjoinedSentAtOnce) {
    const shared = isRightOuter ? '-outer-shared-join' : '-left-shared-join';
    const number = leftGenerated.slice(leftGenerated.lastIndexOf('-') + 1);
    unjoinedStore = `${store === undefined ? `KSTREAM-OUTERSHARED-${number}` : store + shared}-store`;
    topology.addStateStore(
      unjoinedStoreSpec(unjoinedStore, { key: keySerde, left: leftSerde, right: rightSerde }, isLogged),
    );
  }
  const both = { afterMs, beforeMs, graceMs, joiner, unjoinedStore };
  const shared = unjoinedStore === null ? [] : [unjoinedStore];
  const keep = (node: string, parent: string, storeName: string) =>
    writer.topology.addProcessor({
      name: node,
      parents: [parent],
      create: () => new KeepForJoin<K, unknown>(storeName),
      stores: [storeName],
    });
  keep(leftWindowed, leftNode, leftStore);
  keep(rightWindowed, rightNode, rightStore);
  topology.addProcessor({
    name: leftName,
    parents: [leftWindowed],
    create: () => new StreamJoin({ ...both, isLeft: true, isOuter: isLeftOuter, otherStore: rightStore }),
    stores: [rightStore, ...shared],
  });
  topology.addProcessor({
    name: rightName,
    parents: [rightWindowed],
    create: () => new StreamJoin({ ...both, isLeft: false, isOuter: isRightOuter, otherStore: leftStore }),
    stores: [leftStore, ...shared],
  });
  topology.addProcessor({ name: merge, parents: [leftName, rightName], create: () => new PassThrough() });
  return merge;
}

function joinStore<K, V>(
  name: string,
  key: Serde<K>,
  value: Serde<V>,
  retentionMs: number,
  isLogged: boolean,
): StoreSpec {
  // Each record is a row of its own: nothing is to be compacted.
  const configs = { ...windowed(retentionMs), 'cleanup.policy': 'delete' };
  return {
    name,
    changelog: isLogged ? { configs } : null,
    create: () => new JoinWindowStore<K, V>(name, { key, value }, retentionMs),
  };
}

function unjoinedStoreSpec<K, VLeft, VRight>(
  name: string,
  serdes: { key: Serde<K>; left: Serde<VLeft>; right: Serde<VRight> },
  isLogged: boolean,
): StoreSpec {
  return {
    name,
    changelog: isLogged ? { configs: compacted } : null,
    create: () => new UnjoinedStore<K, VLeft, VRight>(name, serdes),
  };
}
