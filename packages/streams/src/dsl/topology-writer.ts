import { Filter, PassThrough } from '../operators/stateless.ts';
import type { Operator } from '../processor/operator.ts';
import type { Serde } from '../serdes/serde.ts';
import { Topology } from '../topology/topology.ts';

const generatedName = /^KSTREAM.*-[0-9]{10}$/;

/** Gives nodes their names, in Kafka Streams' manner, and adds them to the topology that is being made. */
export class TopologyWriter {
  readonly topology = new Topology();
  #nextIndex = 0;
  /** Joins that have a result for records without a key. */
  readonly #keylessJoins = new Set<string>();

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
  ): string {
    const topic = `${name}-repartition`;
    const isGenerated = generatedName.test(name);
    const sink = this.nameOr(isGenerated ? undefined : `${topic}-sink`, 'KSTREAM-SINK-');
    const filter = this.nameOr(isGenerated ? undefined : `${topic}-filter`, 'KSTREAM-FILTER-');
    const source = this.nameOr(isGenerated ? undefined : `${topic}-source`, 'KSTREAM-SOURCE-');
    this.topology.addRepartitionTopic({ name: topic, partitions });
    let isKeyNeeded: boolean | null = null;
    const create = () => {
      isKeyNeeded ??= !this.#leadsToKeylessJoin(source);
      return isKeyNeeded
        ? new Filter<unknown, unknown>((_value, key) => key !== null && key !== undefined)
        : new PassThrough();
    };
    this.topology.addProcessor({ name: filter, parents: [parent], create });
    this.topology.addSink({ name: sink, parents: [filter], topic, ...serdes });
    this.topology.addSource({ name: source, topics: [topic], ...serdes });
    return source;
  }

  /**
   * A left or outer join. Records without a key go through no repartition topic but those that lead to such a join, over others too
   * (Kafka Streams' NodesWithRelaxedNullKeyJoinDownstream, KAFKA-12317).
   */
  noteKeylessJoin(node: string): void {
    this.#keylessJoins.add(node);
  }

  #leadsToKeylessJoin(source: string): boolean {
    const reached = new Set([source]);
    // A node comes after its parents, a repartition topic's source after its sink.
    for (const node of this.topology.nodes.values()) {
      const isReached =
        node.kind === 'source'
          ? !(node.topics instanceof RegExp) && node.topics.some((topic) => reached.has(topic))
          : node.parents.some((parent) => reached.has(parent));
      if (!isReached) continue;
      if (this.#keylessJoins.has(node.name)) return true;
      reached.add(node.kind === 'sink' && typeof node.topic === 'string' ? node.topic : node.name);
    }
    return false;
  }

  /** Uses up the numbers of a repartition that was written before. */
  skipRepartition(): void {
    this.#nextIndex += 3;
  }
}
