import { labelPlaces } from '../../flow/label-places.ts';
import { type Layout, layoutGraph } from '../../flow/layout.ts';
import type { FlowGraph } from '../../flow/model.ts';
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

/** Below this width the flow runs downwards. */
const narrowBelow = 680;
const gapMin = 72;
const gapMax = 168;
const nodeGapMin = 28;
const nodeGapMax = 76;

/** Where everything is. Depends on what is connected and on the room, not on rates: nothing moves when numbers change. */
export function drawPicture(structure: Pick<FlowGraph, 'nodes' | 'edges'>, room: number, roomAcross: number): Picture {
  const direction = room < narrowBelow ? 'down' : 'right';
  let width = direction === 'right' ? nodeWidth : Math.min(narrowNodeWidth, (room - 16) / 2);
  const place = (layerGap: number, nodeGap: number): Layout => {
    const boxes = structure.nodes.map((node) => ({ id: node.id, width, height: nodeHeight }));
    return layoutGraph(boxes, structure.edges, { direction, layerGap, nodeGap });
  };

  let layout = direction === 'right' ? place(gapMin, nodeGapMin) : place(64, 12);
  if (direction === 'right') {
    // Room that is there is used: wider gaps for labels, taller ones for forks.
    const layers = 1 + Math.max(0, ...[...layout.nodes.values()].map((node) => node.layer));
    // Names are whole where there is room for them.
    const wanted = Math.max(0, ...structure.nodes.map(({ name }) => name.length)) * letterWidth + besideName;
    width = Math.max(nodeWidth, Math.min(wanted, wideNodeWidth, Math.floor((room - (layers - 1) * gapMin) / layers)));
    const rows = (layout.height + nodeGapMin) / (nodeHeight + nodeGapMin);
    const layerGap = layers > 1 ? (room - layers * width) / (layers - 1) : gapMin;
    const nodeGap = rows > 1 ? (roomAcross - rows * nodeHeight) / (rows - 1) : nodeGapMin;
    layout = place(clamp(layerGap, gapMin, gapMax), clamp(nodeGap * 0.55, nodeGapMin, nodeGapMax));
  }
  const paths = new Map([...layout.edges].map(([id, points]) => [id, edgePath(points, direction)]));
  const lags = new Set(structure.edges.filter(({ lagRecords }) => lagRecords !== null).map(({ id }) => id));
  const labels = labelPlaces(paths, (id) => lags.has(id));
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

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, Math.floor(value)));
