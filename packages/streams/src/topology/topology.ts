import type { StoreSpec } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import type { GlobalTableSpec, NodeSpec, ProcessorSpec, RepartitionTopic, SinkSpec, SourceSpec } from './node-spec.ts';
import { describeTopology, type TopologyDescription } from './topology-description.ts';
import { planTopology, type TopologyPlan } from './topology-plan.ts';

/**
 * Sources, processors, sinks and stores, and what is connected to what. The DSL writes one; it can be written by hand as well.
 *
 * @example
 * const topology = new Topology();
 * topology.addSource({ name: 'in', topics: ['orders'], keySerde: serdes.string, valueSerde: serdes.json() });
 * topology.addProcessor({ name: 'check', parents: ['in'], create: () => new ProcessorOperator(new Check()) });
 * topology.addSink({ name: 'out', parents: ['check'], topic: 'checked', keySerde: serdes.string, valueSerde: serdes.json() });
 */
export class Topology {
  readonly nodes = new Map<string, NodeSpec>();
  readonly stores = new Map<string, StoreSpec>();
  readonly repartitionTopics = new Map<string, RepartitionTopic>();
  readonly globalTables = new Map<string, GlobalTableSpec>();
  /** How many nodes were there before each of them. */
  readonly #globalPositions = new Map<string, number>();
  /** Names of sources whose topics must have the same number of partitions. */
  readonly coPartitioned: (readonly string[])[] = [];

  addSource(spec: PartialSpec<SourceSpec, 'timestampExtractor' | 'offsetReset'>): this {
    return this.#add({ kind: 'source', timestampExtractor: null, offsetReset: null, ...spec });
  }

  addProcessor(spec: PartialSpec<ProcessorSpec, 'stores'>): this {
    for (const store of spec.stores ?? []) this.#checkStore(store);
    return this.#add({ kind: 'processor', stores: [], ...spec });
  }

  addSink(spec: PartialSpec<SinkSpec, 'partitioner'>): this {
    return this.#add({ kind: 'sink', partitioner: null, ...spec });
  }

  addStateStore(store: StoreSpec): this {
    if (this.stores.has(store.name) || this.globalTables.has(store.name))
      throw mistake(`there are two stores called ${store.name}`);
    this.stores.set(store.name, store);
    return this;
  }

  addGlobalTable(table: GlobalTableSpec): this {
    if (this.stores.has(table.store) || this.globalTables.has(table.store))
      throw mistake(`there are two stores called ${table.store}`);
    this.globalTables.set(table.store, table);
    this.#globalPositions.set(table.store, this.nodes.size);
    return this;
  }

  /** A topic between two parts of the topology; made by the runtime. */
  addRepartitionTopic(topic: RepartitionTopic): this {
    if (this.repartitionTopics.has(topic.name)) throw mistake(`there are two repartition topics called ${topic.name}`);
    this.repartitionTopics.set(topic.name, topic);
    return this;
  }

  /** Gives a processor another store. */
  connectStore(processor: string, store: string): this {
    this.#checkStore(store);
    const node = this.nodes.get(processor);
    if (node?.kind !== 'processor') throw mistake(`there is no processor ${processor}`);
    if (!node.stores.includes(store)) this.nodes.set(processor, { ...node, stores: [...node.stores, store] });
    return this;
  }

  coPartition(sources: readonly string[]): this {
    this.coPartitioned.push(sources);
    return this;
  }

  /**
   * What it is made of: as data, and by `String()` as the text that Kafka Streams has for it, which tools draw.
   *
   * @example console.log(String(builder.build().describe()));
   */
  describe(): TopologyDescription {
    return describeTopology(this);
  }

  /** For a description: global tables with the number of nodes that were there before. */
  globalTablePlaces(): (GlobalTableSpec & { readonly position: number })[] {
    return Array.from(this.globalTables.values(), (table) => ({
      ...table,
      position: this.#globalPositions.get(table.store)!,
    }));
  }

  /** @throws StreamsError HW_STREAMS_TOPOLOGY */
  plan(applicationId: string): TopologyPlan {
    return planTopology(this, applicationId);
  }

  #add(node: NodeSpec): this {
    if (this.nodes.has(node.name)) throw mistake(`there are two nodes called ${node.name}`);
    if (node.kind !== 'source') {
      if (node.parents.length === 0) throw mistake(`${node.name} has no parent`);
      for (const parent of node.parents) {
        const found = this.nodes.get(parent);
        if (found === undefined) throw mistake(`${node.name} has the parent ${parent}, which is not there`);
        if (found.kind === 'sink') throw mistake(`${node.name} has the parent ${parent}, which is a sink`);
      }
    }
    this.nodes.set(node.name, node);
    return this;
  }

  #checkStore(store: string): void {
    if (!this.stores.has(store)) throw mistake(`there is no store ${store}`);
  }
}

type PartialSpec<Spec, Optional extends keyof Spec> = Omit<Spec, 'kind' | Optional> & Partial<Pick<Spec, Optional>>;

function mistake(message: string): StreamsError {
  return new StreamsError('HW_STREAMS_TOPOLOGY', `Topology: ${message}`);
}
