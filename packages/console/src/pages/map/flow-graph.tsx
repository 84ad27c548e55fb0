import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
} from 'react';
import { IconButton } from '../../components/controls.tsx';
import { useSize } from '../../components/use-size.ts';
import type { FlowGraph as Graph } from '../../flow/graph.ts';
import { relationOf, sentenceOf } from './flow-words.ts';
import { drawPicture, nodeHeight, nodeWidth, type Picture, readableScale } from './picture.ts';
import './flow-graph.css';
import { EdgeLabel, Edges } from './flow-edges.tsx';
import { Motion } from './flow-motion.tsx';
import { Node } from './flow-node.tsx';
import { margin, scrollIntoSight, watchHands } from './flow-view.ts';

interface FlowGraphProps {
  graph: Graph;
  selected: string | null;
  onSelect: (id: string | null) => void;
  /** Nodes that the search box found; the others step back. */
  matches: ReadonlySet<string> | null;
}

const panelWidth = 440;
/** Of the buttons below a picture that runs downwards. */
const zoomHeight = 40;
const scaleMin = 0.2;
/** Smaller than this, rates are in the panel and the table only. */
const labelScale = 0.5;

/** The flow as a picture: nodes are buttons, edges carry their rate, records move along them. */
export function FlowGraph({ graph, selected, onSelect, matches }: FlowGraphProps): ReactNode {
  const viewport = useRef<HTMLDivElement>(null);
  const size = useSize(viewport);
  const structure = graph.nodes.map((node) => node.id).join('\n') + graph.edges.map((edge) => edge.id).join('\n');
  const room = Math.max(240, (size?.width ?? 1000) - 2 * margin);
  // In steps, so that a scrollbar or a banner does not lay everything out anew.
  const roomAcross = Math.floor(((size?.height ?? 360) - 2 * margin) / 40) * 40;
  const picture = useMemo(() => drawPicture(graph, room, roomAcross), [structure, room, roomAcross]);
  const [zoom, setZoom] = useState<number | 'all' | null>(null);
  const fit = fitScale(picture, size);
  const scale = zoom === 'all' ? fit : (zoom ?? Math.max(readableScale, fit));
  const drawing = { width: picture.width * scale + 2 * margin, height: picture.height * scale + 2 * margin };
  const offset = {
    x: margin + Math.max(0, ((size?.width ?? 0) - drawing.width) / 2),
    y: margin + Math.max(0, ((size?.height ?? 0) - drawing.height) / 2),
  };
  const hasZoom = zoom !== null || fit < 0.98;
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  const near = useMemo(() => (selected === null ? null : nearOf(graph, selected)), [graph, selected]);
  const isFaint = useCallback(
    (id: string): boolean => (matches !== null && !matches.has(id)) || (near !== null && !near.has(id)),
    [matches, near],
  );

  // The panel lies over the right end of the picture: there is room to scroll what it covers into sight.
  const panelSpace = selected !== null && picture.direction === 'right' && innerWidth > 1100 ? panelWidth : 0;
  const at = selected === null ? undefined : (picture.nodes.get(selected) ?? picture.labels.get(selected));
  const firstMatch = matches === null ? undefined : graph.nodes.find((node) => matches.has(node.id));
  const goal = at ?? (firstMatch && picture.nodes.get(firstMatch.id));
  const goalX = goal && goal.x * scale + offset.x;
  const goalY = goal && goal.y * scale + offset.y;
  useEffect(() => {
    const element = viewport.current;
    if (!element || goalX === undefined || goalY === undefined) return;
    scrollIntoSight(element, { x: goalX, y: goalY, width: nodeWidth * scale, height: nodeHeight * scale }, panelSpace);
  }, [goalX, goalY, scale, panelSpace]);

  // What is too wide for a narrow screen begins in its middle: at the source.
  const isWide = size !== null && picture.direction === 'down' && drawing.width > size.width;
  const first = graph.nodes.find(({ id }) => picture.nodes.get(id)?.layer === 0);
  const firstX = first && (picture.nodes.get(first.id)?.x ?? 0) + picture.nodeWidth / 2;
  useEffect(() => {
    const element = viewport.current;
    if (!element || !isWide || firstX === undefined || goalX !== undefined) return;
    element.scrollLeft = firstX * scale + offset.x - element.clientWidth / 2;
  }, [isWide, firstX, scale]);

  const zoomBy = useEffectEvent((factor: number) => setZoom(clampScale(scale * factor)));
  useEffect(() => {
    const element = viewport.current;
    return element ? watchHands(element, zoomBy) : undefined;
  }, []);

  const move = (event: KeyboardEvent, id: string): void => {
    const next = neighbourTowards(picture, graph, id, event.key);
    if (next === null) return;
    event.preventDefault();
    viewport.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
  };

  return (
    <div
      className={`flow flow-${picture.direction}`}
      style={picture.direction === 'down' ? { height: drawing.height + (hasZoom ? zoomHeight : 0) } : undefined}
    >
      <div className="flow-viewport" ref={viewport}>
        {size && (
          // biome-ignore lint/a11y/noStaticElementInteractions: a click beside everything closes the panel, as Esc does
          <div
            className="flow-space"
            style={{
              width: Math.max(drawing.width, size.width) + panelSpace,
              height: Math.max(drawing.height, size.height),
            }}
            onClick={(event) => {
              if (event.target === event.currentTarget) onSelect(null);
            }}
            role="presentation"
          >
            <div
              className="flow-drawing"
              style={{
                transform: `translate(${offset.x}px, ${offset.y}px) scale(${scale})`,
                width: picture.width,
                height: picture.height,
              }}
            >
              <Edges graph={graph} picture={picture} selected={selected} isFaint={isFaint} onSelect={onSelect} />
              <Motion
                graph={graph}
                picture={picture}
                isFaint={isFaint}
                viewport={viewport}
                scale={scale}
                offset={offset}
              />
              {scale >= labelScale &&
                graph.edges.map((edge) => (
                  <EdgeLabel
                    key={edge.id}
                    edge={edge}
                    at={picture.labels.get(edge.id)}
                    relation={relationOf(edge, nameOf)}
                    sentence={sentenceOf(edge, nameOf)}
                    isSelected={edge.id === selected}
                    isFaint={isFaint(edge.id)}
                    onSelect={onSelect}
                  />
                ))}
              {graph.nodes.map((node) => (
                <Node
                  key={node.id}
                  node={node}
                  at={picture.nodes.get(node.id)}
                  width={picture.nodeWidth}
                  isSelected={node.id === selected}
                  isFaint={isFaint(node.id)}
                  onSelect={onSelect}
                  onKeyDown={move}
                />
              ))}
            </div>
          </div>
        )}
      </div>
      {hasZoom && (
        <div className="flow-zoom">
          <IconButton icon="plus" name="Zoom in" onClick={() => setZoom(clampScale(scale * 1.25))} />
          <IconButton icon="minus" name="Zoom out" onClick={() => setZoom(clampScale(scale / 1.25))} />
          <IconButton icon="fit" name="Fit the whole flow" onClick={() => setZoom('all')} />
        </div>
      )}
    </div>
  );
}

const clampScale = (scale: number): number => Math.min(1.5, Math.max(scaleMin, scale));

/** As large as fits, never larger than life; downwards the page scrolls, so only the width counts. */
function fitScale(picture: Picture, size: { width: number; height: number } | null): number {
  if (!size || picture.width === 0) return 1;
  const across = (size.width - 2 * margin) / picture.width;
  const along = picture.direction === 'down' ? 1 : (size.height - 2 * margin) / picture.height;
  return Math.max(scaleMin, Math.min(1, across, along));
}

function nearOf(graph: Graph, selected: string): Set<string> {
  const near = new Set([selected]);
  for (const edge of graph.edges) {
    if (edge.id !== selected && edge.from !== selected && edge.to !== selected) continue;
    near.add(edge.id).add(edge.from).add(edge.to);
  }
  return near;
}

/** Along the flow to a neighbour by arrow keys, across it to the next node of the layer. */
function neighbourTowards(picture: Picture, graph: Graph, id: string, key: string): string | null {
  const isRight = picture.direction === 'right';
  const forward = isRight ? 'ArrowRight' : 'ArrowDown';
  const back = isRight ? 'ArrowLeft' : 'ArrowUp';
  if (key === forward) return graph.edges.find((edge) => edge.from === id)?.to ?? null;
  if (key === back) return graph.edges.find((edge) => edge.to === id)?.from ?? null;
  const step =
    key === (isRight ? 'ArrowDown' : 'ArrowRight') ? 1 : key === (isRight ? 'ArrowUp' : 'ArrowLeft') ? -1 : 0;
  if (step === 0) return null;
  const own = picture.nodes.get(id);
  const layer = [...picture.nodes]
    .filter(([, place]) => place.layer === own?.layer)
    .sort(([, a], [, b]) => (isRight ? a.y - b.y : a.x - b.x))
    .map(([other]) => other);
  return layer[layer.indexOf(id) + step] ?? null;
}
