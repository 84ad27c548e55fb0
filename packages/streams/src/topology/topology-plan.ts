import type { StoreSpec } from '../stores/state-store.ts';
import { StreamsError } from '../streams-error.ts';
import { nodeGroupsOf } from './node-groups.ts';
import type { GlobalTableSpec, NodeSpec, RepartitionTopic, SinkSpec, SourceSpec } from './node-spec.ts';
import type { Topology } from './topology.ts';

/** Nodes that hang together without a topic in between: what one task runs for one partition. */
export interface SubtopologyPlan {
  readonly id: number;
  /** Parents first. */
  readonly nodes: readonly NodeSpec[];
  readonly sources: readonly SourceSpec[];
  readonly stores: readonly StoreSpec[];
  /** The topic of each store that is logged, by the store's name. */
  readonly changelogs: ReadonlyMap<string, string>;
  readonly children: ReadonlyMap<string, readonly string[]>;
}

/** A topology taken apart, with the names that its topics have on the cluster. */
export interface TopologyPlan {
  readonly applicationId: string;
  readonly subtopologies: readonly SubtopologyPlan[];
  /** By their names on the cluster. */
  readonly repartitionTopics: ReadonlyMap<string, RepartitionTopic>;
  readonly globalTables: readonly GlobalTableSpec[];
  /** Names on the cluster. */
  readonly coPartitioned: readonly (readonly string[])[];
  /** What a topic is called on the cluster. */
  topicName(name: string): string;
}

export function planTopology(topology: Topology, applicationId: string): TopologyPlan {
  const topicName = (name: string) => (topology.repartitionTopics.has(name) ? `${applicationId}-${name}` : name);
  const subtopologies = nodeGroupsOf(topology).map((nodes, id) =>
    subtopologyOf(
      topology,
      applicationId,
      id,
      nodes.map((node) => withClusterNames(node, topicName)),
    ),
  );
  checkTopicsReadOnce(subtopologies);
  return {
    applicationId,
    subtopologies,
    repartitionTopics: new Map(Array.from(topology.repartitionTopics, ([name, topic]) => [topicName(name), topic])),
    globalTables: [...topology.globalTables.values()],
    coPartitioned: topology.coPartitioned.map((sources) =>
      sources.flatMap((name) => {
        const source = topology.nodes.get(name);
        return source?.kind === 'source' && !(source.topics instanceof RegExp) ? source.topics.map(topicName) : [];
      }),
    ),
    topicName,
  };
}

function subtopologyOf(
  topology: Topology,
  applicationId: string,
  id: number,
  nodes: readonly NodeSpec[],
): SubtopologyPlan {
  const sources = nodes.filter((node) => node.kind === 'source');
  if (sources.length === 0) {
    throw new StreamsError('HW_STREAMS_TOPOLOGY', `Topology: ${nodes[0]!.name} has no source before it`);
  }
  const storeNames = new Set(nodes.flatMap((node) => (node.kind === 'processor' ? node.stores : [])));
  const stores = [...storeNames].map((name) => topology.stores.get(name)!);
  const changelogs = new Map<string, string>();
  for (const { name, changelog } of stores) {
    if (changelog !== null) changelogs.set(name, changelog.topic ?? `${applicationId}-${name}-changelog`);
  }
  const children = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const node of nodes) {
    if (node.kind !== 'source') for (const parent of node.parents) children.get(parent)!.push(node.name);
  }
  return { id, nodes, sources, stores, changelogs, children };
}

function withClusterNames(node: NodeSpec, topicName: (name: string) => string): NodeSpec {
  if (node.kind === 'source' && !(node.topics instanceof RegExp)) {
    return { ...node, topics: node.topics.map(topicName) } satisfies SourceSpec;
  }
  if (node.kind === 'sink' && typeof node.topic === 'string') {
    return { ...node, topic: topicName(node.topic) } satisfies SinkSpec;
  }
  return node;
}

/** One offset is kept for a topic: two sources of the same would not know whose it is. */
function checkTopicsReadOnce(subtopologies: readonly SubtopologyPlan[]): void {
  const seen = new Map<string, string>();
  for (const source of subtopologies.flatMap(({ sources }) => sources)) {
    if (source.topics instanceof RegExp) continue;
    for (const topic of source.topics) {
      const other = seen.get(topic);
      if (other !== undefined) {
        const message = `Topology: ${topic} is read by ${other} and by ${source.name}; read it once and use that stream twice`;
        throw new StreamsError('HW_STREAMS_TOPOLOGY', message);
      }
      seen.set(topic, source.name);
    }
  }
}
