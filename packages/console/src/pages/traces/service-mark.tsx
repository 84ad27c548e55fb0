import type { ReactNode } from 'react';
import { seriesColour } from '../../format/series.ts';

/** A service's colour beside its name: the name says it, the colour helps to find it again. */
export function ServiceMark({
  name,
  tone,
  count,
}: {
  name: string;
  tone: number | undefined;
  count?: number;
}): ReactNode {
  return (
    <span className="service-mark">
      <span className="service-swatch" style={{ background: seriesColour(tone) }} aria-hidden="true" />
      <span className="truncate">{name}</span>
      {count !== undefined && <span className="muted mono">{count}</span>}
    </span>
  );
}
