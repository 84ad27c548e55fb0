import { type FlowGraph, flowOf } from '../../flow/graph.ts';
import { labelPlaces } from '../../flow/label-places.ts';
import { type Layout, layoutGraph, type Point } from '../../flow/layout.ts';
import { type EdgePath, edgePath } from '../../flow/path.ts';

export const nodeWidth = 180;
export const nodeHeight = 52;
const narrowNodeWidth = 172;
const wideNodeWidth = 236;
/** Of a name: a letter, and what stands beside it in its node. */
const letterWidth = 7.2;
const besideName = 64;

export interface Picture {
  direction: 'right' | 'down';
  width: number;
  height: number;
  nodeWidth: number;
  nodes: Layout['nodes'];
  paths: Map<string, EdgePath>;
  labels: Map<string, { x: number; y: number }>;
}

/** A flow too large to fit is shown at a size that can be read, and scrolls. */
export const readableScale = 0.72;
/** Below this width the flow runs downwards. */
const narrowBelow = 680;
const gapMin = 84;
const gapMax = 168;
const nodeGapMin = 20;
const nodeGapMax = 76;

/** Where everything is. Depends on what is connected and on the room, not on rates: nothing moves when numbers change. */
export function drawPicture(structure: Pick<FlowGraph, 'nodes' | 'edges'>, room: number, roomAcross: number): Picture {
  const direction = room < narrowBelow ? 'down' : 'right';
  const flows = structure.edges.map((edge) => ({ id: edge.id, ...flowOf(edge) }));
  const calls = new Set(structure.edges.flatMap(({ id, kind }) => (kind === 'call' ? [id] : [])));
  let width = direction === 'right' ? nodeWidth : Math.min(narrowNodeWidth, (room - 16) / 2);
  const place = (layerGap: number, nodeGap: number): Layout => {
    const boxes = structure.nodes.map((node) => ({ id: node.id, width, height: nodeHeight }));
    return layoutGraph(boxes, flows, { direction, layerGap, nodeGap });
  };

  let layout = direction === 'right' ? place(gapMin, nodeGapMin) : place(64, 12);
  if (direction === 'right') {
    // A flow that is too high is drawn smaller: then there is more room along it.
    const along = room / clampShare(roomAcross / Math.max(1, layout.height));
    // Room that is there is used: wider gaps for labels, taller ones for forks.
    const layers = 1 + Math.max(0, ...[...layout.nodes.values()].map((node) => node.layer));
    // Names are whole where there is room for them.
    const wanted = Math.max(0, ...structure.nodes.map(({ name }) => name.length)) * letterWidth + besideName;
    width = Math.max(nodeWidth, Math.min(wanted, wideNodeWidth, Math.floor((along - (layers - 1) * gapMin) / layers)));
    const rows = (layout.height + nodeGapMin) / (nodeHeight + nodeGapMin);
    const layerGap = layers > 1 ? (along - layers * width) / (layers - 1) : gapMin;
    const nodeGap = rows > 1 ? (roomAcross - rows * nodeHeight) / (rows - 1) : nodeGapMin;
    layout = place(clamp(layerGap, gapMin, gapMax), clamp(nodeGap * 0.55, nodeGapMin, nodeGapMax));
  }
  // Who is called stands before the caller, whom the arrow comes from.
  const pathOf = (id: string, points: Point[]): EdgePath =>
    edgePath(calls.has(id) ? points.toReversed() : points, direction);
  const paths = new Map([...layout.edges].map(([id, points]) => [id, pathOf(id, points)]));
  const lags = new Set(structure.edges.filter(({ lagRecords }) => lagRecords !== null).map(({ id }) => id));
  const labels = labelPlaces(paths, (id) => lags.has(id), crowdOf(structure.edges));
  return {
    direction,
    width: layout.width,
    height: layout.height,
    nodeWidth: width,
    nodes: layout.nodes,
    paths,
    labels,
  };
}

/** Which end of an edge has more edges: there the label would stand among others'. */
function crowdOf(edges: FlowGraph['edges']): (id: string) => 'start' | 'end' | null {
  const ends = edges.flatMap(({ from, to }) => [`from ${from}`, `to ${to}`]);
  const counts = new Map([...Map.groupBy(ends, (end) => end)].map(([end, { length }]) => [end, length]));
  const byId = new Map(edges.map((edge) => [edge.id, edge]));
  return (id) => {
    const edge = byId.get(id);
    const more = (counts.get(`from ${edge?.from}`) ?? 0) - (counts.get(`to ${edge?.to}`) ?? 0);
    return more === 0 ? null : more > 0 ? 'start' : 'end';
  };
}

const clampShare = (share: number): number => Math.min(1, Math.max(readableScale, share));
const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, Math.floor(value)));
