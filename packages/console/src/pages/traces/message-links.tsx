import { type ReactNode, useMemo } from 'react';
import type { WaterfallRow } from '../../trace/waterfall-rows.ts';
import { percentOf, type Zoom } from './waterfall-scale.ts';

/** From the producer's bar down through the topic to the consumer's: the way of each message, where a part of it is in sight. */
export function MessageLinks({
  rows,
  first,
  last,
  rowHeight,
  zoom,
}: {
  rows: readonly WaterfallRow[];
  first: number;
  last: number;
  rowHeight: number;
  zoom: Zoom;
}): ReactNode {
  const links = useMemo(() => {
    const places = new Map(rows.map((row, index) => [row.key, index]));
    return rows.flatMap((row, index) => {
      if (row.kind !== 'wait') return [];
      const producer = places.get(row.wait.producer.key);
      return producer === undefined ? [] : [{ key: row.key, wait: row.wait, producer, at: index }];
    });
  }, [rows]);
  const middle = (index: number): number => (index + 0.5) * rowHeight;
  const inSight = links.filter(
    ({ producer, at }) => Math.max(producer, at + 1) >= first && Math.min(producer, at) <= last,
  );
  return (
    <div className="waterfall-links" aria-hidden="true">
      {inSight.flatMap(({ key, wait, producer, at }) => [
        <Leg key={`${key}-in`} atUs={wait.startUs} from={middle(producer)} to={middle(at)} zoom={zoom} />,
        <Leg key={`${key}-out`} atUs={wait.endUs} from={middle(at)} to={middle(at + 1)} zoom={zoom} isArrow />,
      ])}
    </div>
  );
}

function Leg({
  atUs,
  from,
  to,
  zoom,
  isArrow,
}: {
  atUs: number;
  from: number;
  to: number;
  zoom: Zoom;
  isArrow?: boolean;
}): ReactNode {
  const left = percentOf(atUs, zoom);
  if (left < 0 || left > 100) return null;
  return (
    <span
      className={`waterfall-leg ${isArrow ? 'waterfall-leg-arrow' : ''}`}
      style={{ left: `${left}%`, top: Math.min(from, to), height: Math.abs(to - from) }}
    />
  );
}
