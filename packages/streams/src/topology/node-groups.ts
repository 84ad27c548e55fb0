import type { NodeSpec } from './node-spec.ts';
import type { Topology } from './topology.ts';

/** Nodes that hang together, by edges or by a store that they share: in the order of their first ones. */
export function nodeGroupsOf(topology: Topology): NodeSpec[][] {
  const groups = new NodeGroups(topology.nodes.keys());
  for (const node of topology.nodes.values()) {
    if (node.kind !== 'source') for (const parent of node.parents) groups.join(node.name, parent);
  }
  const users = new Map<string, string>();
  for (const node of topology.nodes.values()) {
    if (node.kind !== 'processor') continue;
    for (const store of node.stores) {
      const first = users.get(store);
      if (first === undefined) users.set(store, node.name);
      else groups.join(first, node.name);
    }
  }
  return [...Map.groupBy(topology.nodes.values(), ({ name }) => groups.of(name)).values()];
}

/** Which nodes hang together. */
class NodeGroups {
  readonly #parents: Map<string, string>;

  constructor(names: Iterable<string>) {
    this.#parents = new Map(Array.from(names, (name) => [name, name]));
  }

  of(name: string): string {
    let root = name;
    for (let up = this.#parents.get(root)!; up !== root; up = this.#parents.get(root)!) root = up;
    return root;
  }

  join(one: string, other: string): void {
    this.#parents.set(this.of(one), this.of(other));
  }
}
