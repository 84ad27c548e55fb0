import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { paused } from '../../app/live.ts';
import { useIsStale } from '../../app/platform.ts';
import { useStore } from '../../app/store.ts';
import { IconButton } from '../../components/controls.tsx';
import { Icon } from '../../components/icons.tsx';
import { StateIcon } from '../../components/state.tsx';
import type { FlowEdge, FlowNode, FlowGraph as Graph } from '../../flow/model.ts';
import { formatCount, formatRate } from '../../format/number.ts';
import { kindIcons, kindNames, noteOf, relationOf, sentenceOf } from './flow-words.ts';
import { drawPicture, nodeHeight, nodeWidth, type Picture } from './picture.ts';
import { RecordMotion } from './record-motion.ts';
import { useSize } from './use-size.ts';
import './flow-graph.css';

interface FlowGraphProps {
  graph: Graph;
  selected: string | null;
  onSelect: (id: string | null) => void;
  /** Nodes that the search box found; the others step back. */
  matches: ReadonlySet<string> | null;
}

const margin = 24;
const panelWidth = 440;
/** Room for a dot beyond the ends of its edge. */
const dotMargin = 4;
const scaleMin = 0.2;
/** A flow too large to fit is shown at a size that can be read, and scrolls. */
const readableScale = 0.72;
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
      style={picture.direction === 'down' ? { height: drawing.height } : undefined}
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
      {(zoom !== null || fit < 0.98) && (
        <div className="flow-zoom">
          <IconButton icon="plus" name="Zoom in" onClick={() => setZoom(clampScale(scale * 1.25))} />
          <IconButton icon="minus" name="Zoom out" onClick={() => setZoom(clampScale(scale / 1.25))} />
          <IconButton icon="fit" name="Fit the whole flow" onClick={() => setZoom('all')} />
        </div>
      )}
    </div>
  );
}

/** Scrolls no more than it takes to see the box beside the panel. */
function scrollIntoSight(
  element: HTMLElement,
  box: { x: number; y: number; width: number; height: number },
  panelSpace: number,
): void {
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
  const left = within(scrollLeft, box.x + box.width + margin - (clientWidth - panelSpace), box.x - margin);
  const top = within(scrollTop, box.y + box.height + margin - clientHeight, box.y - margin);
  if (left === scrollLeft && top === scrollTop) return;
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  element.scrollTo({ left, top, behavior: isStill ? 'auto' : 'smooth' });
}

const within = (value: number, min: number, max: number): number => Math.max(0, Math.min(Math.max(value, min), max));

/** Zoom by pinching (or Ctrl and the wheel), pan by dragging the ground; returns how to stop. */
function watchHands(element: HTMLElement, zoomBy: (factor: number) => void): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let drag: { x: number; y: number } | null = null;
  // Not through React: its wheel listeners are passive, and the whole page would zoom as well.
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.1 : 0.9);
  };
  element.addEventListener('wheel', wheel, { passive: false, signal });
  const begin = (event: PointerEvent): void => {
    if (event.pointerType !== 'mouse' || (event.target as Element).closest('button, .flow-edge')) return;
    drag = { x: event.clientX + element.scrollLeft, y: event.clientY + element.scrollTop };
    element.setPointerCapture(event.pointerId);
  };
  element.addEventListener('pointerdown', begin, { signal });
  const pan = (event: PointerEvent): void => {
    if (drag) element.scrollTo(drag.x - event.clientX, drag.y - event.clientY);
  };
  element.addEventListener('pointermove', pan, { signal });
  const end = (): void => {
    drag = null;
  };
  element.addEventListener('pointerup', end, { signal });
  element.addEventListener('pointercancel', end, { signal });
  return () => stop.abort();
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

interface NodeProps {
  node: FlowNode;
  at: { x: number; y: number } | undefined;
  width: number;
  isSelected: boolean;
  isFaint: boolean;
  onSelect: (id: string) => void;
  onKeyDown: (event: KeyboardEvent, id: string) => void;
}

function Node({ node, at, width, isSelected, isFaint, onSelect, onKeyDown }: NodeProps): ReactNode {
  if (!at) return null;
  return (
    <button
      type="button"
      data-node={node.id}
      className={`flow-node flow-node-${node.kind} ${isSelected ? 'flow-selected' : ''} ${isFaint ? 'flow-faint' : ''} flow-health-${node.health}`}
      style={{ transform: `translate(${at.x}px, ${at.y}px)`, width, height: nodeHeight }}
      aria-pressed={isSelected}
      title={node.name}
      onClick={() => onSelect(node.id)}
      onKeyDown={(event) => onKeyDown(event, node.id)}
    >
      <span className="visually-hidden">{kindNames[node.kind]} </span>
      {node.kind !== 'topic' && (
        <span className="flow-node-icon">
          <Icon name={kindIcons[node.kind]} />
        </span>
      )}
      <span className="flow-node-text">
        <span className="flow-node-name">{node.name}</span>
        <span className="flow-node-note">{noteOf(node)}</span>
      </span>
      {node.kind !== 'topic' && node.kind !== 'index' && <StateIcon health={node.health} />}
    </button>
  );
}

function Edges({
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

function EdgeLabel({
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

/** The canvas of moving records, over the edges and under the nodes. */
function Motion({
  graph,
  picture,
  isFaint,
  viewport,
  scale,
  offset,
}: {
  graph: Graph;
  picture: Picture;
  isFaint: (id: string) => boolean;
  viewport: React.RefObject<HTMLDivElement | null>;
  scale: number;
  offset: { x: number; y: number };
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [motion, setMotion] = useState<RecordMotion | null>(null);
  const isStill = [useStore(paused), useIsStale()].includes(true);

  useEffect(() => {
    if (!canvas.current) return;
    const created = new RecordMotion(canvas.current);
    setMotion(created);
    return () => created.close();
  }, []);

  useEffect(() => {
    if (!motion || !viewport.current) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    let isSeen = true;
    const update = (): void => motion.setAllowed(!still.matches && !document.hidden && isSeen && !isStill);
    const observer = new IntersectionObserver(([entry]) => {
      isSeen = entry?.isIntersecting ?? true;
      update();
    });
    observer.observe(viewport.current);
    still.addEventListener('change', update);
    document.addEventListener('visibilitychange', update);
    update();
    return () => {
      observer.disconnect();
      still.removeEventListener('change', update);
      document.removeEventListener('visibilitychange', update);
    };
  }, [motion, viewport, isStill]);

  useEffect(() => {
    if (!motion) return;
    const lanes = graph.edges.flatMap((edge) => {
      const path = picture.paths.get(edge.id);
      return path ? [{ id: edge.id, path, perSecond: edge.perSecond, isFaint: isFaint(edge.id) }] : [];
    });
    motion.setLanes(lanes);
  }, [motion, graph, picture, isFaint]);

  useLayoutEffect(() => {
    const element = viewport.current;
    if (!motion || !element) return;
    // The canvas covers what is seen of the edges, not more: every picture of it is painted whole.
    const place = (): void => {
      const { scrollLeft, scrollTop, clientWidth, clientHeight } = element;
      const x = Math.max(scrollLeft - offset.x, -dotMargin);
      const y = Math.max(scrollTop - offset.y, -dotMargin);
      const right = Math.min(scrollLeft + clientWidth - offset.x, picture.width * scale + dotMargin);
      const bottom = Math.min(scrollTop + clientHeight - offset.y, picture.height * scale + dotMargin);
      const width = Math.max(1, Math.ceil(right - x));
      const height = Math.max(1, Math.ceil(bottom - y));
      if (canvas.current) {
        canvas.current.style.width = `${width}px`;
        canvas.current.style.height = `${height}px`;
        canvas.current.style.transform = `scale(${1 / scale}) translate(${x}px, ${y}px)`;
      }
      motion.setView({ x, y, scale, width, height });
    };
    place();
    element.addEventListener('scroll', place, { passive: true });
    return () => element.removeEventListener('scroll', place);
  }, [motion, viewport, picture, scale, offset.x, offset.y]);

  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas without tabindex takes no focus; the edges' labels say the rates
  return <canvas className="flow-motion" ref={canvas} aria-hidden="true" />;
}
