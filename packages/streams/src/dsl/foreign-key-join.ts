import { ForeignKeyAnswer, ForeignKeyPublisher, ForeignKeySubscriptions } from '../operators/foreign-key-publisher.ts';
import { ForeignKeyResolver, ForeignKeyRows } from '../operators/foreign-key-result.ts';
import { type ForeignKeyOf, ForeignKeySubscriber, pseudoTopicsOf } from '../operators/foreign-key-subscriber.ts';
import type { ValueJoiner } from '../operators/stream-table-join.ts';
import type { TableTraits } from '../operators/table-source.ts';
import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import {
  type SubscriptionResponse,
  subscriptionResponseSerde,
  subscriptionSerde,
} from '../serdes/subscription-serdes.ts';
import type { StoreSpec } from '../stores/state-store.ts';
import { SubscriptionStore } from '../stores/subscription-store.ts';
import type { StreamPartitioner } from '../topology/node-spec.ts';
import { KeptRows } from './kept-rows.ts';
import type { KTable, TablePlace } from './ktable.ts';
import { defaultValueSerde, type ForeignKeyJoined } from './options.ts';
import { refuseTtl } from './row-ttl-option.ts';
import { compacted, keyValueStore } from './stores.ts';
import type { TopologyWriter } from './topology-writer.ts';

export interface ForeignKeyJoin<K, V, KForeign, VForeign, VOut> {
  readonly left: KTable<K, V>;
  readonly right: KTable<KForeign, VForeign>;
  readonly foreignKeyOf: ForeignKeyOf<K, V, KForeign>;
  readonly joiner: ValueJoiner<K, V, VForeign | null, VOut>;
  readonly isLeft: boolean;
  readonly options: ForeignKeyJoined<K, VOut, KForeign>;
}

/**
 * Adds the nodes, stores and topics of a foreign-key join (KIP-213): the left table's rows subscribe, by one topic, at the partition of
 * their foreign key, and are answered by another. So the tables need not have equal partitions.
 */
export function writeForeignKeyJoin<K, V, KForeign, VForeign, VOut>(
  writer: TopologyWriter,
  { foreignKeyOf, isLeft, joiner, left, options, right }: ForeignKeyJoin<K, V, KForeign, VForeign, VOut>,
): TablePlace<K, VOut> {
  const { topology } = writer;
  const { name } = options;
  const named = (suffix: string, prefix: string) =>
    writer.nameOr(name === undefined ? undefined : name + suffix, prefix);
  right.sendOldValues();
  left.sendOldValues();
  const registrationTopic = `${named('-subscription-registration', 'KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-')}-topic`;
  const subscriber = named('-subscription-registration-processor', 'KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-');
  const subscriptionSink = named('-subscription-registration-sink', 'KTABLE-SINK-');
  const subscriptionSource = named('-subscription-registration-source', 'KTABLE-SOURCE-');
  const subscriptionStore = named('-subscription-store', 'KTABLE-FK-JOIN-SUBSCRIPTION-STATE-STORE-');
  const subscriptions = named('-subscription-receive', 'KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-');
  const answer = named('-subscription-join-foreign', 'KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-');
  const publisher = named('-foreign-join-subscription', 'KTABLE-FK-JOIN-SUBSCRIPTION-PROCESSOR-');
  const responseTopic = `${named('-subscription-response', 'KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-')}-topic`;
  const responseSink = named('-subscription-response-sink', 'KTABLE-SINK-');
  const responseSource = named('-subscription-response-source', 'KTABLE-SOURCE-');
  const resolver = named('-subscription-response-resolver', 'KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-');
  const rows = named('-result', 'KTABLE-FK-JOIN-OUTPUT-');

  const { keySerde, valueSerde } = left;
  // Of a table that is joined with itself both keys have one serde, and stand in one record: the first would be overwritten by the second.
  const isOneSerde = (right.keySerde as Serde<unknown>) === (keySerde as Serde<unknown>);
  const foreignKeySerde = isOneSerde ? copying(right.keySerde) : right.keySerde;
  const leftView = left.view();
  const rightView = right.view();

  // The left table tells of its rows.
  const create = () =>
    new ForeignKeySubscriber({
      isLeft,
      isEachRowAnswered: isLeft || options.isEachRowAnswered !== false,
      foreignKeyOf,
      foreignKeySerde,
      valueSerde,
      registrationTopic,
    });
  topology.addProcessor({ name: subscriber, parents: [left.place.node], create: () => create() as Operator });
  topology.addRepartitionTopic({ name: registrationTopic, partitions: null });
  const registration = {
    keySerde: foreignKeySerde as Serde<unknown>,
    valueSerde: subscriptionSerde(keySerde, (topic) => `${topic}-pk`) as Serde<unknown>,
  };
  topology.addSink({
    name: subscriptionSink,
    parents: [subscriber],
    topic: registrationTopic,
    ...registration,
    partitioner: (options.otherPartitioner ?? null) as StreamPartitioner | null,
  });

  // The side of the foreign key keeps that, and answers.
  topology.addSource({ name: subscriptionSource, topics: [registrationTopic], ...registration });
  topology.coPartition([...new Set([...right.place.sources, subscriptionSource])]);
  topology.addStateStore(subscriptionStoreSpec(subscriptionStore, registrationTopic, foreignKeySerde, keySerde));
  topology.addProcessor({
    name: subscriptions,
    parents: [subscriptionSource],
    create: () => new ForeignKeySubscriptions<K, KForeign>(subscriptionStore) as Operator,
    stores: [subscriptionStore],
  });
  topology.addProcessor({
    name: answer,
    parents: [subscriptions],
    create: () => new ForeignKeyAnswer<K, KForeign, VForeign>(rightView.create()) as Operator,
    stores: rightView.stores,
  });
  topology.addProcessor({
    name: publisher,
    parents: [right.place.node],
    create: () => new ForeignKeyPublisher<K, KForeign, VForeign>(subscriptionStore) as Operator,
    stores: [subscriptionStore],
  });
  topology.addRepartitionTopic({ name: responseTopic, partitions: null });
  const response = {
    keySerde: keySerde as Serde<unknown>,
    valueSerde: subscriptionResponseSerde(right.valueSerde) as Serde<unknown>,
  };
  topology.addSink({
    name: responseSink,
    parents: [answer, publisher],
    topic: responseTopic,
    ...response,
    partitioner: (options.partitioner ?? backToTheLeftRow) as StreamPartitioner,
  });

  // Where the left row is, the answer is joined with it.
  topology.addSource({ name: responseSource, topics: [responseTopic], ...response });
  const sources = [...new Set([...left.place.sources, responseSource])];
  topology.coPartition(sources);
  topology.addProcessor({
    name: resolver,
    parents: [responseSource],
    create: () =>
      new ForeignKeyResolver<K, V, VForeign, VOut>({
        isLeft,
        joiner,
        table: leftView.create(),
        valueSerde,
        registrationTopic,
      }) as Operator,
    stores: leftView.stores,
  });
  return writeRows(
    writer,
    { name: rows, parent: resolver, sources, keySerde: options.key ?? keySerde, isLeft },
    options,
  );
}

/** Bytes that stay as they are when the serde writes the next. */
function copying<T>(serde: Serde<T>): Serde<T> {
  const prepare = serde.prepare?.bind(serde);
  return {
    ...(prepare && { prepare }),
    decode: serde.decode.bind(serde),
    encode(value, topic) {
      const bytes = serde.encode(value, topic);
      return typeof bytes === 'string' ? bytes : Buffer.from(bytes);
    },
  };
}

interface RowsPlace<K> {
  readonly name: string;
  readonly parent: string;
  readonly sources: readonly string[];
  readonly keySerde: Serde<K>;
  readonly isLeft: boolean;
}

function writeRows<K, VOut>(
  writer: TopologyWriter,
  { isLeft, keySerde, name, parent, sources }: RowsPlace<K>,
  { isLogged = true, storage, store, ttlMs, value }: ForeignKeyJoined<K, VOut, never>,
): TablePlace<K, VOut> {
  refuseTtl(ttlMs, 'a joined table is as those that it is made of');
  const storeName = store ?? writer.newName('KTABLE-FK-JOIN-OUTPUT-STATE-STORE-');
  const valueSerde = value ?? (defaultValueSerde as Serde<VOut>);
  const changelog = isLogged ? {} : { changelog: null };
  const spec = keyValueStore({ name: storeName, keySerde, valueSerde, storage, ...changelog });
  const rows = new KeptRows(writer, name, spec);
  const traits: TableTraits = { isOldValueSent: false, isKeptForOthers: store === undefined };
  writer.topology.addProcessor({
    name,
    parents: [parent],
    create: () => new ForeignKeyRows<K, VOut>({ storeName: rows.store, traits, isLeft }) as Operator,
  });
  if (store !== undefined) rows.keep();
  return { node: name, keySerde, valueSerde: value ?? null, sources, traits, store: store ?? null, rows };
}

function subscriptionStoreSpec<KForeign, K>(
  name: string,
  registrationTopic: string,
  foreignKeySerde: Serde<KForeign>,
  keySerde: Serde<K>,
): StoreSpec {
  const topicsOf = (changelogTopic: string) =>
    pseudoTopicsOf(changelogTopic.slice(0, -`-${name}-changelog`.length), registrationTopic);
  return {
    name,
    changelog: { configs: compacted },
    create: () => new SubscriptionStore<KForeign, K>({ name, foreignKeySerde, keySerde, topicsOf }),
  };
}

/** By the key's hash where the subscription did not say: it was written by Kafka Streams before 3.4. */
function backToTheLeftRow(_topic: string, _key: unknown, { primaryPartition }: SubscriptionResponse<unknown>) {
  return primaryPartition ?? undefined;
}
