import { Filter } from '../operators/stateless.ts';
import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import { Topology } from '../topology/topology.ts';

const generatedName = /^KSTREAM.*-[0-9]{10}$/;

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
    { name, stores = [] }: { name?: string | undefined; stores?: readonly string[] } = {},
  ): string {
    const node = this.nameOr(name, prefix);
    this.topology.addProcessor({ name: node, parents, create, stores });
    return node;
  }

  /** A name that was given, or a new one. Either way a number is used up: naming one node leaves the names of the others as they were. */
  nameOr(name: string | undefined, prefix: string): string {
    const generated = this.newName(prefix);
    return name ?? generated;
  }

  /** Sends what comes from `parent` through a topic, so that it comes to the partition of its key; the name of the new source. */
  repartition(
    name: string,
    parent: string,
    serdes: { keySerde: Serde<unknown>; valueSerde: Serde<unknown> },
    partitions: number | null = null,
    /** Records without a key go no further, as in Kafka Streams; but for left joins, which have a result for them. */
    isKeyNeeded = true,
  ): string {
    const topic = `${name}-repartition`;
    const isGenerated = generatedName.test(name);
    const sink = this.nameOr(isGenerated ? undefined : `${topic}-sink`, 'KSTREAM-SINK-');
    const filter = this.nameOr(isGenerated ? undefined : `${topic}-filter`, 'KSTREAM-FILTER-');
    const source = this.nameOr(isGenerated ? undefined : `${topic}-source`, 'KSTREAM-SOURCE-');
    this.topology.addRepartitionTopic({ name: topic, partitions });
    if (isKeyNeeded) {
      const create = () => new Filter<unknown, unknown>((_value, key) => key !== null && key !== undefined);
      this.topology.addProcessor({ name: filter, parents: [parent], create });
    }
    this.topology.addSink({ name: sink, parents: [isKeyNeeded ? filter : parent], topic, ...serdes });
    this.topology.addSource({ name: source, topics: [topic], ...serdes });
    return source;
  }

  /** Uses up the numbers of a repartition that was written before. */
  skipRepartition(): void {
    this.#nextIndex += 3;
  }
}
