// biome-ignore-all lint/a11y/useSemanticElements: virtual rows follow the treegrid pattern; a <table> cannot leave rows out.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useId, useMemo, useRef } from 'react';
import { useShortcuts } from '../../app/shortcuts.ts';
import { copyText } from '../../components/toasts.tsx';
import { useSize } from '../../components/use-size.ts';
import { axisMarks, formatMicros } from '../../format/micros.ts';
import { criticalPath, type PathPart } from '../../trace/critical-path.ts';
import type { Trace } from '../../trace/trace-tree.ts';
import { matchesSpan, type WaterfallRow, waterfallRows } from '../../trace/waterfall-rows.ts';
import { MessageLinks } from './message-links.tsx';
import { SpanRow, WaitRow } from './waterfall-row.tsx';
import { percentOf, type Zoom } from './waterfall-scale.ts';

interface WaterfallProps {
  trace: Trace;
  zoom: Zoom;
  folded: ReadonlySet<string>;
  selected: string | null;
  find: string;
  isPathShown: boolean;
  tones: ReadonlyMap<string, number>;
  onZoom: (zoom: Zoom) => void;
  onFold: (key: string, isFolded: boolean) => void;
  onSelect: (key: string | null) => void;
}

const wideHeight = 30;
const narrowHeight = 46;

/** Every span on a line of its own, under what called it; only lines in sight exist. */
export function Waterfall(props: WaterfallProps): ReactNode {
  const { trace, zoom, folded, selected, find, isPathShown, tones, onZoom, onFold, onSelect } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const size = useSize(scroller);
  const isNarrow = (size?.width ?? 1000) < 620;
  const rowHeight = isNarrow ? narrowHeight : wideHeight;
  const rows = useMemo(() => waterfallRows(trace, folded), [trace, folded]);
  const parts = useMemo(() => partsByNode(isPathShown ? criticalPath(trace) : []), [trace, isPathShown]);
  const wanted = find.trim().toLowerCase();
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 16,
    scrollPaddingStart: 34,
  });
  useEffect(() => virtualizer.measure(), [rowHeight]);

  const indexOf = (key: string | null): number => rows.findIndex((row) => row.kind === 'span' && row.key === key);
  // A link to a span shows it, and so does the first that is found.
  const goal = selected ?? (wanted === '' ? null : firstMatch(rows, wanted));
  useEffect(() => {
    const index = indexOf(goal);
    if (index >= 0) virtualizer.scrollToIndex(index, { align: 'auto' });
  }, [goal, isNarrow, size === null]);

  const move = (step: number): void => {
    const from = indexOf(selected);
    let index = from === -1 ? (step > 0 ? -1 : rows.length) : from;
    do index += step;
    while (rows[index]?.kind === 'wait');
    const row = rows[index];
    if (row) onSelect(row.key);
  };
  const zoomBy = (factor: number): void => {
    const centre = selected === null ? (zoom.fromUs + zoom.toUs) / 2 : (trace.byKey.get(selected)?.startUs ?? 0);
    const half = ((zoom.toUs - zoom.fromUs) * factor) / 2;
    const fromUs = Math.max(0, Math.min(centre - half, trace.durationUs - 2 * half));
    onZoom({ fromUs, toUs: Math.min(Math.max(1, trace.durationUs), fromUs + Math.max(2, 2 * half)) });
  };
  const current = selected === null ? undefined : trace.byKey.get(selected);
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ArrowLeft: () => {
      if (!current) return;
      if (current.children.length > 0 && !folded.has(current.key)) onFold(current.key, true);
      else if (current.parent) onSelect(current.parent.key);
    },
    ArrowRight: () => {
      if (current && folded.has(current.key)) onFold(current.key, false);
      else if (current?.children[0]) onSelect(current.children[0].key);
    },
    n: () => onSelect(nextMatch(rows, wanted, indexOf(selected)) ?? selected),
    '+': () => zoomBy(0.5),
    '-': () => zoomBy(2),
    '0': () => onZoom({ fromUs: 0, toUs: Math.max(1, trace.durationUs) }),
    c: () => current && void copyText(JSON.stringify(current.span, null, 2), 'Span'),
  });

  const items = virtualizer.getVirtualItems();
  const marks = axisMarks(zoom.fromUs, zoom.toUs, isNarrow ? 3 : 6);
  const isShown = selected !== null && items.some(({ index }) => rows[index]?.key === selected);
  return (
    <div
      ref={scroller}
      className={`waterfall ${isNarrow ? 'waterfall-narrow' : ''}`}
      role="treegrid"
      aria-label="Spans"
      aria-rowcount={rows.length + 1}
      aria-colcount={2}
      aria-activedescendant={isShown ? `${id}-${selected}` : undefined}
      tabIndex={0}
    >
      <div className="waterfall-head" role="row" tabIndex={-1} aria-rowindex={1}>
        <span role="columnheader" tabIndex={-1} className="waterfall-head-name">
          Service and span
        </span>
        <span role="columnheader" tabIndex={-1} className="waterfall-head-time">
          <span className="visually-hidden">Time</span>
          {marks.map((mark) => (
            <span key={mark} aria-hidden="true" style={{ left: `${percentOf(mark, zoom)}%` }}>
              {percentOf(mark, zoom) < 94 && formatMicros(mark)}
            </span>
          ))}
        </span>
      </div>
      <div className="waterfall-body" role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
        <div className="waterfall-grid" aria-hidden="true">
          {marks.map((mark) => (
            <span key={mark} style={{ left: `${percentOf(mark, zoom)}%` }} />
          ))}
        </div>
        {items.map(({ index, start }) => {
          const row = rows[index]!;
          const place = { top: start, height: rowHeight, index };
          return row.kind === 'wait' ? (
            <WaitRow key={row.key} row={row} place={place} zoom={zoom} />
          ) : (
            <SpanRow
              key={row.key}
              id={`${id}-${row.key}`}
              row={row}
              place={place}
              zoom={zoom}
              tone={tones}
              parts={parts.get(row.key) ?? noParts}
              isSelected={row.key === selected}
              isFaint={wanted !== '' && !matchesSpan(row.node, wanted)}
              onFold={onFold}
              onSelect={onSelect}
            />
          );
        })}
        <MessageLinks
          rows={rows}
          first={items[0]?.index ?? 0}
          last={items.at(-1)?.index ?? -1}
          rowHeight={rowHeight}
          zoom={zoom}
        />
      </div>
    </div>
  );
}

const noParts: readonly PathPart[] = [];

function partsByNode(parts: readonly PathPart[]): Map<string, PathPart[]> {
  const byNode = new Map<string, PathPart[]>();
  for (const part of parts) {
    const list = byNode.get(part.node.key);
    if (list) list.push(part);
    else byNode.set(part.node.key, [part]);
  }
  return byNode;
}

const firstMatch = (rows: readonly WaterfallRow[], wanted: string): string | null =>
  rows.find((row) => row.kind === 'span' && matchesSpan(row.node, wanted))?.key ?? null;

/** The next span that fits, from the top again after the last. */
function nextMatch(rows: readonly WaterfallRow[], wanted: string, from: number): string | null {
  if (wanted === '') return null;
  return firstMatch(rows.slice(from + 1), wanted) ?? firstMatch(rows, wanted);
}
