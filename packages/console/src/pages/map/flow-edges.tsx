import type { ReactNode } from 'react';
import { StateIcon } from '../../components/state.tsx';
import type { FlowEdge, FlowGraph as Graph } from '../../flow/graph.ts';
import { formatCount, formatRate } from '../../format/number.ts';
import type { Picture } from './picture.ts';

export function Edges({
  graph,
  picture,
  selected,
  isFaint,
  onSelect,
}: {
  graph: Graph;
  picture: Picture;
  selected: string | null;
  isFaint: (id: string) => boolean;
  onSelect: (id: string) => void;
}): ReactNode {
  return (
    <svg className="flow-edges" width={picture.width} height={picture.height} aria-hidden="true">
      <defs>
        <marker
          id="flow-arrow"
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto-start-reverse"
        >
          <path d="M1 1 7 4 1 7z" fill="context-stroke" />
        </marker>
      </defs>
      {graph.edges.map((edge) => {
        const path = picture.paths.get(edge.id);
        if (!path) return null;
        const isFlowing = edge.perSecond > 0;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: the label of the edge is the button; the line is a larger target for the mouse
          <g
            key={edge.id}
            className={`flow-edge ${isFlowing ? 'flow-edge-flowing' : ''} ${edge.id === selected ? 'flow-edge-selected' : ''} ${isFaint(edge.id) ? 'flow-faint' : ''} flow-edge-${edge.health}`}
            onClick={() => onSelect(edge.id)}
          >
            <path
              className="flow-edge-line"
              d={path.d}
              strokeWidth={lineWidth(edge.perSecond)}
              markerEnd="url(#flow-arrow)"
            />
            <path className="flow-edge-target" d={path.d} />
          </g>
        );
      })}
    </svg>
  );
}

const lineWidth = (perSecond: number): number => 1.25 + Math.min(2, Math.log10(1 + perSecond) * 0.55);

export function EdgeLabel({
  edge,
  at,
  relation,
  sentence,
  isSelected,
  isFaint,
  onSelect,
}: {
  edge: FlowEdge;
  at: { x: number; y: number } | undefined;
  relation: string;
  sentence: string;
  isSelected: boolean;
  isFaint: boolean;
  onSelect: (id: string) => void;
}): ReactNode {
  if (!at) return null;
  const hasTrouble = edge.health === 'warning' || edge.health === 'bad';
  return (
    <button
      type="button"
      className={`flow-label ${isSelected ? 'flow-selected' : ''} ${isFaint ? 'flow-faint' : ''}`}
      style={{ transform: `translate(${at.x}px, ${at.y}px) translate(-50%, -50%)` }}
      aria-pressed={isSelected}
      title={sentence}
      onClick={() => onSelect(edge.id)}
    >
      <span className="visually-hidden">{relation}: </span>
      <span className={edge.perSecond > 0 ? '' : 'muted'}>
        {formatRate(edge.perSecond)}
        <span className="muted">/s</span>
      </span>
      {edge.lagRecords !== null && (
        <span className={`flow-lag ${hasTrouble ? `state-${edge.health}` : 'muted'}`}>
          {hasTrouble && <StateIcon health={edge.health} size={10} />}
          lag {formatCount(edge.lagRecords)}
        </span>
      )}
    </button>
  );
}
