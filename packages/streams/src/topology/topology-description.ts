import { nodeGroupsOf } from './node-groups.ts';
import type { NodeSpec } from './node-spec.ts';
import type { Topology } from './topology.ts';

interface NodeDescription {
  readonly name: string;
  /** Names of the nodes before and after it. */
  readonly predecessors: readonly string[];
  readonly successors: readonly string[];
}

export interface SourceDescription extends NodeDescription {
  readonly kind: 'source';
  /** Null: those that match the pattern. */
  readonly topics: readonly string[] | null;
  readonly pattern: RegExp | null;
}

export interface ProcessorDescription extends NodeDescription {
  readonly kind: 'processor';
  readonly stores: readonly string[];
}

export interface SinkDescription extends NodeDescription {
  readonly kind: 'sink';
  /** Null: chosen for each record. */
  readonly topic: string | null;
}

export interface SubtopologyDescription {
  readonly id: number;
  /** Of a global table: every instance has it whole, and there are no tasks for it. */
  readonly isGlobal: boolean;
  /** Those first that have the most nodes behind them, then by name. */
  readonly nodes: readonly (SourceDescription | ProcessorDescription | SinkDescription)[];
}

/** What a topology is made of: as data, and as the text of Kafka Streams' `Topology.describe()`. Names of internal topics are without the application's prefix. */
export class TopologyDescription {
  readonly subtopologies: readonly SubtopologyDescription[];

  constructor(subtopologies: readonly SubtopologyDescription[]) {
    this.subtopologies = subtopologies;
  }

  toString(): string {
    return `Topologies:\n ${this.subtopologies.map((each) => `  ${textOf(each)}`).join('')}`;
  }
}

export function describeTopology(topology: Topology): TopologyDescription {
  const groups: { position: number; describe: (id: number) => SubtopologyDescription }[] = [];
  const positions = new Map(Array.from(topology.nodes.keys(), (name, index) => [name, index]));
  for (const nodes of nodeGroupsOf(topology)) {
    groups.push({ position: positions.get(nodes[0]!.name)!, describe: (id) => subtopologyOf(id, nodes) });
  }
  for (const { nodes, position, store, topic } of topology.globalTablePlaces()) {
    const [source, processor] = [nodes?.source ?? `${store}-source`, nodes?.processor ?? `${store}-processor`];
    groups.push({
      // Before the node that was added after it.
      position: position - 0.5,
      describe: (id) => ({
        id,
        isGlobal: true,
        nodes: [
          { kind: 'source', name: source, topics: [topic], pattern: null, predecessors: [], successors: [processor] },
          { kind: 'processor', name: processor, stores: [store], predecessors: [source], successors: [] },
        ],
      }),
    });
  }
  groups.sort((one, other) => one.position - other.position);
  return new TopologyDescription(groups.map(({ describe }, id) => describe(id)));
}

interface Linked {
  readonly spec: NodeSpec;
  /** Nodes on all ways from here. */
  size: number;
  readonly before: Linked[];
  readonly after: Linked[];
}

function subtopologyOf(id: number, specs: readonly NodeSpec[]): SubtopologyDescription {
  const names = hashOrder(specs.map(({ name }) => name));
  const byName = new Map(specs.map((spec) => [spec.name, { spec, size: 1, before: [], after: [] } as Linked]));
  for (const name of names) {
    const node = byName.get(name)!;
    if (node.spec.kind === 'source') continue;
    for (const parent of node.spec.parents) {
      const before = byName.get(parent)!;
      // As there: with the sizes that are known so far.
      insert(node.before, before);
      insert(before.after, node);
      grow(before, node.size);
    }
  }
  const nodes = [...byName.values()].sort(compare).map(({ after, before, spec }) => {
    const predecessors = before.map((each) => each.spec.name);
    const successors = after.map((each) => each.spec.name);
    const { name } = spec;
    if (spec.kind === 'processor') {
      return { kind: spec.kind, name, stores: hashOrder(spec.stores), predecessors, successors };
    }
    if (spec.kind === 'sink') {
      const topic = typeof spec.topic === 'string' ? spec.topic : null;
      return { kind: spec.kind, name, topic, predecessors, successors };
    }
    const [topics, pattern] = spec.topics instanceof RegExp ? [null, spec.topics] : [hashOrder(spec.topics), null];
    return { kind: spec.kind, name, topics, pattern, predecessors, successors };
  });
  return { id, isGlobal: false, nodes };
}

function grow(node: Linked, by: number): void {
  node.size += by;
  for (const before of node.before) grow(before, by);
}

function compare(one: Linked, other: Linked): number {
  if (one.size !== other.size) return other.size - one.size;
  return one.spec.name < other.spec.name ? -1 : one.spec.name > other.spec.name ? 1 : 0;
}

function insert(list: Linked[], node: Linked): void {
  const at = list.findIndex((each) => compare(node, each) < 0);
  list.splice(at === -1 ? list.length : at, 0, node);
}

/** The order in which a HashSet of Java hands out texts: Kafka Streams' descriptions are made of such. */
function hashOrder(texts: readonly string[]): string[] {
  let size = 16;
  while (texts.length > size * 0.75) size *= 2;
  const slotOf = (text: string) => {
    let hash = 0;
    for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
    return (hash ^ (hash >>> 16)) & (size - 1);
  };
  return texts
    .map((text) => ({ text, slot: slotOf(text) }))
    .sort((one, other) => one.slot - other.slot)
    .map(({ text }) => text);
}

function textOf({ id, isGlobal, nodes }: SubtopologyDescription): string {
  const lines = nodes.map((node) => {
    const after = `\n      --> ${namesOf(node.successors)}`;
    const before = `\n      <-- ${namesOf(node.predecessors)}`;
    if (node.kind === 'source') {
      const topics = node.topics === null ? node.pattern!.source : `[${node.topics.join(', ')}]`;
      return `    Source: ${node.name} (topics: ${topics})${after}\n`;
    }
    if (node.kind === 'processor') {
      return `    Processor: ${node.name} (stores: [${node.stores.join(', ')}])${after}${before}\n`;
    }
    const topic = node.topic === null ? 'extractor class: a function' : `topic: ${node.topic}`;
    return `    Sink: ${node.name} (${topic})${before}\n`;
  });
  const title = `Sub-topology: ${id}${isGlobal ? ' for global store (will not generate tasks)' : ''}`;
  return `${title}\n${lines.join('')}${isGlobal ? '' : '\n'}`;
}

function namesOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
