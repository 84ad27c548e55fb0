/**
 * A layered layout (after Sugiyama): flow goes one way, cycles are drawn backwards, crossings are reduced by barycentre
 * sweeps, and places are the least squares of "as near to the neighbours as the spacing allows". A few milliseconds for
 * 300 nodes; the same graph always gets the same picture.
 */
export interface LayoutNode {
  id: string;
  width: number;
  height: number;
}

export interface LayoutEdge {
  id: string;
  from: string;
  to: string;
}

export interface LayoutOptions {
  /** `right` for wide screens, `down` for narrow ones. */
  direction: 'right' | 'down';
  /** Space between layers, for arrows and their labels. */
  layerGap: number;
  /** Space between neighbours in a layer. */
  nodeGap: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Layout {
  width: number;
  height: number;
  /** Top left corners. */
  nodes: Map<string, Point & { layer: number }>;
  /** Points that an edge passes through, from border to border; between two points it leaves and arrives along the flow. */
  edges: Map<string, Point[]>;
}

/** One place in a layer: a node, or a bend of an edge that passes by. */
interface Slot {
  id: string;
  layer: number;
  /** Extent along the layer. */
  size: number;
  isBend: boolean;
  before: Slot[];
  after: Slot[];
  centre: number;
}

interface Chain {
  edge: LayoutEdge;
  isReversed: boolean;
  /** From the slot in the lower layer to the one in the higher. */
  slots: Slot[];
}

const sweeps = 8;
const bendSize = 12;

export function layoutGraph(nodes: LayoutNode[], edges: LayoutEdge[], options: LayoutOptions): Layout {
  const isRight = options.direction === 'right';
  const known = new Map(nodes.map((node) => [node.id, node]));
  const inner = edges.filter((edge) => edge.from !== edge.to && known.has(edge.from) && known.has(edge.to));
  const reversed = keepStoresBefore(inner, findBackEdges(nodes, inner));
  const layerOf = assignLayers(nodes, inner, reversed);

  const slots = new Map<string, Slot>();
  for (const node of nodes) {
    const size = isRight ? node.height : node.width;
    slots.set(node.id, newSlot(node.id, layerOf.get(node.id) ?? 0, size, false));
  }
  const chains = inner.map((edge) => chainOf(edge, reversed.has(edge.id), slots));

  const allSlots = [...new Set([...slots.values(), ...chains.flatMap((chain) => chain.slots)])];
  let offset = 0;
  for (const component of componentsOf(allSlots)) {
    const layers = toLayers(component);
    orderLayers(layers);
    placeSlots(layers, options.nodeGap);
    const start = Math.min(...component.map((slot) => slot.centre - slot.size / 2));
    const end = Math.max(...component.map((slot) => slot.centre + slot.size / 2));
    for (const slot of component) slot.centre += offset - start;
    offset += end - start + options.nodeGap;
  }
  return toPicture(nodes, slots, chains, options, Math.max(0, offset - options.nodeGap));
}

function newSlot(id: string, layer: number, size: number, isBend: boolean): Slot {
  return { id, layer, size, isBend, before: [], after: [], centre: 0 };
}

/** Edges that close a cycle, found depth first; they are laid out as if they ran the other way. */
function findBackEdges(nodes: LayoutNode[], edges: LayoutEdge[]): Set<string> {
  const outgoing = groupBy(edges, (edge) => edge.from);
  const hasInput = new Set(edges.map((edge) => edge.to));
  const back = new Set<string>();
  const state = new Map<string, 'open' | 'done'>();
  const visit = (start: string): void => {
    const stack: { id: string; next: number }[] = [{ id: start, next: 0 }];
    state.set(start, 'open');
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const edge = outgoing.get(top.id)?.[top.next];
      top.next += 1;
      if (!edge) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(edge.to) === 'open') {
        back.add(edge.id);
      } else if (!state.has(edge.to)) {
        state.set(edge.to, 'open');
        stack.push({ id: edge.to, next: 0 });
      }
    }
  };
  for (const node of nodes) if (!hasInput.has(node.id) && !state.has(node.id)) visit(node.id);
  for (const node of nodes) if (!state.has(node.id)) visit(node.id);
  return back;
}

/** What only one node at the end of the flow writes and reads stands before it: behind it would be a layer of its own. */
function keepStoresBefore(edges: LayoutEdge[], reversed: Set<string>): Set<string> {
  const outgoing = groupBy(edges, (edge) => edge.from);
  const incoming = groupBy(edges, (edge) => edge.to);
  for (const [store, reads] of outgoing) {
    const writes = incoming.get(store) ?? [];
    const ends = new Set([...reads.map(({ to }) => to), ...writes.map(({ from }) => from)]);
    const [user] = ends;
    if (writes.length === 0 || user === undefined || ends.size > 1) continue;
    const isLast = outgoing.get(user)!.every(({ to }) => to === store);
    const hasMore = incoming.get(user)!.some(({ from }) => from !== store);
    if (!isLast || !hasMore) continue;
    for (const { id } of reads) reversed.delete(id);
    for (const { id } of writes) reversed.add(id);
  }
  return reversed;
}

/** Longest path from the sources; then sources move next to what they feed, so that no arrow is longer than it must be. */
function assignLayers(nodes: LayoutNode[], edges: LayoutEdge[], reversed: Set<string>): Map<string, number> {
  const forward = edges.map((edge) => (reversed.has(edge.id) ? { from: edge.to, to: edge.from } : edge));
  const incoming = groupBy(forward, (edge) => edge.to);
  const outgoing = groupBy(forward, (edge) => edge.from);
  const layers = new Map<string, number>();
  const waiting = new Map(nodes.map((node) => [node.id, incoming.get(node.id)?.length ?? 0]));
  const queue = nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id);
  for (let index = 0; index < queue.length; index += 1) {
    const id = queue[index] as string;
    const layer = Math.max(-1, ...(incoming.get(id) ?? []).map((edge) => layers.get(edge.from) ?? 0)) + 1;
    layers.set(id, layer);
    for (const edge of outgoing.get(id) ?? []) {
      const left = (waiting.get(edge.to) ?? 1) - 1;
      waiting.set(edge.to, left);
      if (left === 0) queue.push(edge.to);
    }
  }
  for (const id of queue) {
    const targets = outgoing.get(id) ?? [];
    if ((incoming.get(id)?.length ?? 0) > 0 || targets.length === 0) continue;
    layers.set(id, Math.min(...targets.map((edge) => layers.get(edge.to) ?? 1)) - 1);
  }
  return layers;
}

function chainOf(edge: LayoutEdge, isReversed: boolean, slots: Map<string, Slot>): Chain {
  const from = slots.get(isReversed ? edge.to : edge.from) as Slot;
  const to = slots.get(isReversed ? edge.from : edge.to) as Slot;
  const chain = [from];
  for (let layer = from.layer + 1; layer < to.layer; layer += 1) {
    chain.push(newSlot(`${edge.id}@${layer}`, layer, bendSize, true));
  }
  chain.push(to);
  for (let index = 1; index < chain.length; index += 1) {
    const a = chain[index - 1] as Slot;
    const b = chain[index] as Slot;
    a.after.push(b);
    b.before.push(a);
  }
  return { edge, isReversed, slots: chain };
}

/** Connected components, the largest first. */
function componentsOf(slots: Slot[]): Slot[][] {
  const seen = new Set<Slot>();
  const components: Slot[][] = [];
  for (const slot of slots) {
    if (seen.has(slot)) continue;
    const component: Slot[] = [];
    const queue = [slot];
    seen.add(slot);
    for (let at = queue.pop(); at; at = queue.pop()) {
      component.push(at);
      for (const other of [...at.before, ...at.after]) {
        if (seen.has(other)) continue;
        seen.add(other);
        queue.push(other);
      }
    }
    components.push(component);
  }
  return components.sort((a, b) => b.length - a.length);
}

function toLayers(slots: Slot[]): Slot[][] {
  const layers: Slot[][] = [];
  for (const slot of slots) (layers[slot.layer] ??= []).push(slot);
  const filled = layers.filter((layer) => layer !== undefined);
  for (const layer of filled) layer.sort((a, b) => (a.id < b.id ? -1 : 1));
  return filled;
}

/** Barycentre sweeps, keeping the order with the fewest crossings. */
function orderLayers(layers: Slot[][]): void {
  let best = layers.map((layer) => [...layer]);
  let bestCrossings = countCrossings(layers);
  for (let sweep = 0; sweep < sweeps && bestCrossings > 0; sweep += 1) {
    const isDown = sweep % 2 === 0;
    const order = isDown ? layers : [...layers].reverse();
    for (const layer of order) {
      const place = placesOf(layers);
      const weight = new Map(
        layer.map((slot, index) => [slot, meanPlace(isDown ? slot.before : slot.after, place) ?? index]),
      );
      layer.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0));
    }
    const crossings = countCrossings(layers);
    if (crossings < bestCrossings) {
      bestCrossings = crossings;
      best = layers.map((layer) => [...layer]);
    }
  }
  for (const [index, layer] of best.entries()) layers[index]?.splice(0, layer.length, ...layer);
}

function placesOf(layers: Slot[][]): Map<Slot, number> {
  const places = new Map<Slot, number>();
  for (const layer of layers) for (const [index, slot] of layer.entries()) places.set(slot, index);
  return places;
}

function meanPlace(slots: Slot[], places: Map<Slot, number>): number | null {
  if (slots.length === 0) return null;
  return slots.reduce((sum, slot) => sum + (places.get(slot) ?? 0), 0) / slots.length;
}

function countCrossings(layers: Slot[][]): number {
  const places = placesOf(layers);
  let crossings = 0;
  for (const layer of layers) {
    const ends = layer.flatMap((slot, from) => slot.after.map((other) => ({ from, to: places.get(other) ?? 0 })));
    for (let a = 0; a < ends.length; a += 1) {
      for (let b = a + 1; b < ends.length; b += 1) {
        const first = ends[a] as { from: number; to: number };
        const second = ends[b] as { from: number; to: number };
        if ((first.from - second.from) * (first.to - second.to) < 0) crossings += 1;
      }
    }
  }
  return crossings;
}

function placeSlots(layers: Slot[][], nodeGap: number): void {
  for (const layer of layers) {
    let at = 0;
    for (const slot of layer) {
      slot.centre = at + slot.size / 2;
      at += slot.size + nodeGap;
    }
    const shift = (at - nodeGap) / 2;
    for (const slot of layer) slot.centre -= shift;
  }
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const order = sweep % 2 === 0 ? layers : [...layers].reverse();
    for (const layer of order) settle(layer, nodeGap);
  }
}

/** The places nearest to the neighbours' (in squares) that keep the order and the gaps: pool adjacent violators. */
function settle(layer: Slot[], nodeGap: number): void {
  const offsets: number[] = [];
  let total = 0;
  layer.forEach((slot, index) => {
    const previous = layer[index - 1];
    if (previous) total += previous.size / 2 + slot.size / 2 + (previous.isBend && slot.isBend ? nodeGap / 2 : nodeGap);
    offsets.push(total);
  });
  const blocks: { mean: number; weight: number; count: number }[] = [];
  layer.forEach((slot, index) => {
    const neighbours = [...slot.before, ...slot.after];
    const wish =
      neighbours.length === 0
        ? slot.centre
        : neighbours.reduce((sum, other) => sum + other.centre, 0) / neighbours.length;
    let block = { mean: wish - (offsets[index] ?? 0), weight: slot.isBend ? 2 : 1, count: 1 };
    for (let last = blocks.at(-1); last && last.mean > block.mean; last = blocks.at(-1)) {
      const weight = last.weight + block.weight;
      block = {
        mean: (last.mean * last.weight + block.mean * block.weight) / weight,
        weight,
        count: last.count + block.count,
      };
      blocks.pop();
    }
    blocks.push(block);
  });
  let index = 0;
  for (const block of blocks) {
    for (let step = 0; step < block.count; step += 1, index += 1) {
      (layer[index] as Slot).centre = block.mean + (offsets[index] ?? 0);
    }
  }
}

function toPicture(
  nodes: LayoutNode[],
  slots: Map<string, Slot>,
  chains: Chain[],
  options: LayoutOptions,
  breadth: number,
): Layout {
  const isRight = options.direction === 'right';
  const depthOf = (node: LayoutNode): number => (isRight ? node.width : node.height);
  const layerDepths: number[] = [];
  for (const node of nodes) {
    const layer = slots.get(node.id)?.layer ?? 0;
    layerDepths[layer] = Math.max(layerDepths[layer] ?? 0, depthOf(node));
  }
  const layerStarts: number[] = [];
  let start = 0;
  for (let layer = 0; layer < layerDepths.length; layer += 1) {
    layerStarts[layer] = start;
    start += (layerDepths[layer] ?? 0) + options.layerGap;
  }
  const point = (depth: number, across: number): Point => (isRight ? { x: depth, y: across } : { x: across, y: depth });

  const places: Layout['nodes'] = new Map();
  for (const node of nodes) {
    const slot = slots.get(node.id) as Slot;
    const depth = (layerStarts[slot.layer] ?? 0) + ((layerDepths[slot.layer] ?? 0) - depthOf(node)) / 2;
    places.set(node.id, { ...point(depth, slot.centre - slot.size / 2), layer: slot.layer });
  }

  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ports = assignPorts(chains);
  const paths: Layout['edges'] = new Map();
  for (const chain of chains) {
    const first = chain.slots[0] as Slot;
    const last = chain.slots.at(-1) as Slot;
    const firstDepth = depthOf(byId.get(first.id) as LayoutNode);
    const lastDepth = depthOf(byId.get(last.id) as LayoutNode);
    const middleOf = (slot: Slot): number => (layerStarts[slot.layer] ?? 0) + (layerDepths[slot.layer] ?? 0) / 2;
    const points = [point(middleOf(first) + firstDepth / 2, first.centre + (ports.get(`${chain.edge.id}|out`) ?? 0))];
    for (const bend of chain.slots.slice(1, -1)) {
      const begin = layerStarts[bend.layer] ?? 0;
      points.push(point(begin, bend.centre), point(begin + (layerDepths[bend.layer] ?? 0), bend.centre));
    }
    points.push(point(middleOf(last) - lastDepth / 2, last.centre + (ports.get(`${chain.edge.id}|in`) ?? 0)));
    paths.set(chain.edge.id, chain.isReversed ? points.reverse() : points);
  }
  const depth = Math.max(0, start - options.layerGap);
  return { width: isRight ? depth : breadth, height: isRight ? breadth : depth, nodes: places, edges: paths };
}

/** Edges that share a side of a node leave it next to each other, in the order of where they go. */
function assignPorts(chains: Chain[]): Map<string, number> {
  const ports = new Map<string, number>();
  const spread = (group: { key: string; towards: number }[], size: number): void => {
    group.sort((a, b) => a.towards - b.towards);
    const step = Math.min(12, (size - 20) / Math.max(1, group.length - 1));
    for (const [index, end] of group.entries()) ports.set(end.key, (index - (group.length - 1) / 2) * step);
  };
  const out = groupBy(chains, (chain) => (chain.slots[0] as Slot).id);
  const into = groupBy(chains, (chain) => (chain.slots.at(-1) as Slot).id);
  for (const group of out.values()) {
    const ends = group.map((chain) => ({ key: `${chain.edge.id}|out`, towards: (chain.slots[1] as Slot).centre }));
    spread(ends, group[0]!.slots[0]!.size);
  }
  for (const group of into.values()) {
    const ends = group.map((chain) => ({ key: `${chain.edge.id}|in`, towards: (chain.slots.at(-2) as Slot).centre }));
    spread(ends, group[0]!.slots.at(-1)!.size);
  }
  return ports;
}

function groupBy<T>(items: T[], key: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, key);
}
