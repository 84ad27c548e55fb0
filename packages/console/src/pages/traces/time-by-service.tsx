import { type ReactNode, useMemo } from 'react';
import { formatMicros } from '../../format/micros.ts';
import { seriesColour } from '../../format/series.ts';
import { criticalPath } from '../../trace/critical-path.ts';
import { serviceOf } from '../../trace/span.ts';
import type { Trace } from '../../trace/trace-tree.ts';

/** Where the time of the trace went: its critical path by service, and what it lay in topics. */
export function TimeByService({ trace, tones }: { trace: Trace; tones: ReadonlyMap<string, number> }): ReactNode {
  const shares = useMemo(() => sharesOf(trace), [trace]);
  const whole = Math.max(1, trace.durationUs);
  return (
    <div className="time-by-service">
      <div className="time-by-service-bar" aria-hidden="true">
        {shares.map(({ name, us, kind }) => (
          <span
            key={name}
            className={kind === 'service' ? undefined : `time-by-service-${kind}`}
            style={{
              width: `${(us / whole) * 100}%`,
              ...(kind === 'service' && { background: seriesColour(tones.get(name)) }),
            }}
          />
        ))}
      </div>
      <ul aria-label="Where the time went">
        {shares.map(({ name, us, kind }) => (
          <li key={name}>
            <span
              className={`service-swatch ${kind === 'service' ? '' : `time-by-service-${kind}`}`}
              style={kind === 'service' ? { background: seriesColour(tones.get(name)) } : undefined}
              aria-hidden="true"
            />
            {name} <span className="mono">{formatMicros(us)}</span>{' '}
            <span className="muted mono">{Math.round((us / whole) * 100)} %</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface Share {
  name: string;
  us: number;
  kind: 'service' | 'wait' | 'gap';
}

function sharesOf(trace: Trace): Share[] {
  const services = new Map<string, number>();
  let covered = 0;
  for (const { node, startUs, endUs } of criticalPath(trace)) {
    const name = serviceOf(node.span);
    services.set(name, (services.get(name) ?? 0) + endUs - startUs);
    covered += endUs - startUs;
  }
  const shares: Share[] = [...services].map(([name, us]) => ({ name, us, kind: 'service' as const }));
  shares.sort((a, b) => b.us - a.us);
  const left = Math.max(0, trace.durationUs - covered);
  const waited = Math.min(left, unionOf(trace.waits));
  if (waited > 0) shares.push({ name: 'waiting in topics', us: waited, kind: 'wait' });
  // Time that no span covers: on the way between services, or in a service that sends no spans.
  if (left - waited > trace.durationUs * 0.005) shares.push({ name: 'between spans', us: left - waited, kind: 'gap' });
  return shares;
}

/** How long at least one message waited. */
function unionOf(waits: readonly { startUs: number; endUs: number }[]): number {
  let sum = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { startUs, endUs } of [...waits].sort((a, b) => a.startUs - b.startUs)) {
    sum += Math.max(0, endUs - Math.max(until, startUs));
    until = Math.max(until, endUs);
  }
  return sum;
}
