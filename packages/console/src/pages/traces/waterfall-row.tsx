// biome-ignore-all lint/a11y/useSemanticElements: see waterfall.tsx
import { memo, type ReactNode } from 'react';
import { Icon } from '../../components/icons.tsx';
import { StateIcon } from '../../components/state.tsx';
import { formatMicros } from '../../format/micros.ts';
import { formatExact, plural } from '../../format/number.ts';
import { seriesColour } from '../../format/series.ts';
import type { PathPart } from '../../trace/critical-path.ts';
import { errorOf, nameOf, serviceOf } from '../../trace/span.ts';
import type { WaterfallRow } from '../../trace/waterfall-rows.ts';
import { percentOf, type Zoom } from './waterfall-scale.ts';

interface RowPlace {
  top: number;
  height: number;
  index: number;
}

const indentPx = 14;
const indentsMax = 16;

const indentOf = (depth: number): number => Math.min(depth, indentsMax) * indentPx;

interface SpanRowProps {
  id: string;
  row: Extract<WaterfallRow, { kind: 'span' }>;
  place: RowPlace;
  zoom: Zoom;
  tone: ReadonlyMap<string, number>;
  parts: readonly PathPart[];
  isSelected: boolean;
  isFaint: boolean;
  onFold: (key: string, isFolded: boolean) => void;
  onSelect: (key: string | null) => void;
}

export const SpanRow = memo(function SpanRow(props: SpanRowProps): ReactNode {
  const { id, row, place, zoom, tone, parts, isSelected, isFaint, onFold, onSelect } = props;
  const { node, isFolded, key } = row;
  const { span } = node;
  const hasChildren = node.children.length > 0;
  const error = errorOf(span);
  const colour = seriesColour(tone.get(serviceOf(span)));
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the page's, see waterfall.tsx
    <div
      id={id}
      role="row"
      tabIndex={-1}
      aria-level={node.depth + 1}
      aria-expanded={hasChildren ? !isFolded : undefined}
      aria-rowindex={place.index + 2}
      aria-selected={isSelected}
      className={`waterfall-row ${isFaint ? 'waterfall-faint' : ''}`}
      style={{ height: place.height, transform: `translateY(${place.top}px)` }}
      onClick={() => onSelect(isSelected ? null : key)}
    >
      <div role="gridcell" tabIndex={-1} className="waterfall-name" style={{ paddingLeft: indentOf(node.depth) }}>
        {hasChildren ? (
          <button
            type="button"
            tabIndex={-1}
            className="waterfall-fold"
            aria-label={isFolded ? `Unfold ${plural(node.descendants, 'span')}` : 'Fold'}
            onClick={(event) => {
              event.stopPropagation();
              onFold(key, !isFolded);
            }}
          >
            <Icon name={isFolded ? 'right' : 'down'} size={12} />
          </button>
        ) : (
          <span className="waterfall-leaf" />
        )}
        <span className="service-swatch" style={{ background: colour }} aria-hidden="true" />
        <span className="truncate waterfall-text" title={`${serviceOf(span)} ${nameOf(span)}`}>
          <span className="waterfall-service">{serviceOf(span)}</span> <span className="muted">{nameOf(span)}</span>
        </span>
        {error !== null && <StateIcon health="bad" label="Failed" size={11} />}
        {isFolded && (
          <span className="badge" title={`${plural(node.descendants, 'span')} folded away`}>
            {formatExact(node.descendants)}
            {node.errorsBelow > 0 && ', failed'}
          </span>
        )}
      </div>
      <div role="gridcell" tabIndex={-1} className="waterfall-time">
        <Bar
          startUs={node.startUs}
          endUs={node.endUs}
          zoom={zoom}
          colour={colour}
          className={error === null ? 'waterfall-bar' : 'waterfall-bar waterfall-bar-bad'}
          text={formatMicros(node.endUs - node.startUs)}
        />
        {parts.map((part) => (
          <Strip key={part.startUs} part={part} zoom={zoom} />
        ))}
        {node.span.annotations?.map(({ timestamp, value }, index) => (
          <Tick
            key={index}
            atUs={timestamp - (node.span.timestamp ?? timestamp) + node.startUs}
            zoom={zoom}
            value={value}
          />
        ))}
      </div>
    </div>
  );
});

/** A message in its topic: not a span of anybody, but where the time went. */
export function WaitRow({
  row,
  place,
  zoom,
}: {
  row: Extract<WaterfallRow, { kind: 'wait' }>;
  place: RowPlace;
  zoom: Zoom;
}): ReactNode {
  const { wait } = row;
  return (
    <div
      role="row"
      tabIndex={-1}
      aria-level={row.depth + 1}
      aria-rowindex={place.index + 2}
      className="waterfall-row waterfall-wait"
      style={{ height: place.height, transform: `translateY(${place.top}px)` }}
    >
      <div role="gridcell" tabIndex={-1} className="waterfall-name" style={{ paddingLeft: indentOf(row.depth) }}>
        <span className="waterfall-leaf" />
        <span className="waterfall-topic">
          <Icon name="topics" size={12} />
        </span>
        <span className="truncate waterfall-text">
          waits in <span className="mono">{wait.topic ?? 'a topic'}</span>
        </span>
      </div>
      <div role="gridcell" tabIndex={-1} className="waterfall-time">
        <Bar
          startUs={wait.startUs}
          endUs={wait.endUs}
          zoom={zoom}
          className="waterfall-bar waterfall-bar-wait"
          text={formatMicros(wait.endUs - wait.startUs)}
        />
      </div>
    </div>
  );
}

function Bar({
  startUs,
  endUs,
  zoom,
  colour,
  className,
  text,
}: {
  startUs: number;
  endUs: number;
  zoom: Zoom;
  colour?: string;
  className: string;
  text: string;
}): ReactNode {
  const left = Math.max(0, percentOf(startUs, zoom));
  const right = Math.min(100, percentOf(endUs, zoom));
  const isOutside = percentOf(endUs, zoom) < 0 || percentOf(startUs, zoom) > 100;
  // The duration stands where there is room: behind the bar, else before it, else in it.
  const side = right < 84 ? 'after' : left > 16 ? 'before' : 'inside';
  return (
    <>
      {!isOutside && (
        <span
          className={className}
          style={{ left: `${left}%`, width: `max(2px, ${right - left}%)`, background: colour }}
        />
      )}
      <span
        className={`waterfall-took waterfall-took-${isOutside ? 'outside' : side}`}
        style={
          side === 'before'
            ? { right: `${100 - left}%` }
            : { left: isOutside ? undefined : side === 'after' ? `${right}%` : `${left}%` }
        }
      >
        {text}
      </span>
    </>
  );
}

function Strip({ part, zoom }: { part: PathPart; zoom: Zoom }): ReactNode {
  const left = Math.max(0, percentOf(part.startUs, zoom));
  const right = Math.min(100, percentOf(part.endUs, zoom));
  return right > left ? (
    <span className="waterfall-path" style={{ left: `${left}%`, width: `max(2px, ${right - left}%)` }} />
  ) : null;
}

function Tick({ atUs, zoom, value }: { atUs: number; zoom: Zoom; value: string }): ReactNode {
  const left = percentOf(atUs, zoom);
  return left >= 0 && left <= 100 ? (
    <span className="waterfall-tick" style={{ left: `${left}%` }} title={value} />
  ) : null;
}
