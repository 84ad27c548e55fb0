import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import { Topology } from '../topology/topology.ts';

/** Gives nodes their names, in Kafka Streams' manner, and adds them to the topology that is being made. */
export class TopologyWriter {
  readonly topology = new Topology();
  #nextIndex = 0;

  /** @example newName('KSTREAM-FILTER-') // 'KSTREAM-FILTER-0000000003' */
  newName(prefix: string): string {
    return `${prefix}${String(this.#nextIndex++).padStart(10, '0')}`;
  }

  /** A node after others; its name. */
  processor(
    prefix: string,
    parents: readonly string[],
    create: () => Operator,
    { name = this.newName(prefix), stores = [] }: { name?: string | undefined; stores?: readonly string[] } = {},
  ): string {
    this.topology.addProcessor({ name, parents, create, stores });
    return name;
  }

  /** Sends what comes from `parent` through a topic, so that it comes to the partition of its key; the name of the new source. */
  repartition(
    name: string,
    parent: string,
    serdes: { keySerde: Serde<unknown>; valueSerde: Serde<unknown> },
    partitions: number | null = null,
  ): string {
    const topic = `${name}-repartition`;
    this.topology.addRepartitionTopic({ name: topic, partitions });
    this.topology.addSink({ name: this.newName('KSTREAM-SINK-'), parents: [parent], topic, ...serdes });
    const source = this.newName('KSTREAM-SOURCE-');
    this.topology.addSource({ name: source, topics: [topic], ...serdes });
    return source;
  }
}
