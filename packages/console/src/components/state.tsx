import type { ReactNode } from 'react';
import type { Health } from '../flow/health.ts';
import './state.css';

const names: Record<Health, string> = { good: 'Good', warning: 'Warning', bad: 'Bad', unknown: 'Quiet' };

/** A state as a shape of its own: disc, triangle, octagon, open ring. The colour only repeats it. */
export function StateIcon({ health, size = 12, label }: { health: Health; size?: number; label?: string }): ReactNode {
  return (
    <svg
      className={`state-icon state-${health}`}
      width={size}
      height={size}
      viewBox="0 0 12 12"
      role="img"
      aria-label={label ?? names[health]}
    >
      {health === 'good' && <circle cx="6" cy="6" r="4" fill="currentColor" />}
      {health === 'warning' && (
        <>
          <path
            d="M6 1 11.5 10.700H.5z"
            fill="currentColor"
            stroke="currentColor"
            strokeWidth="0.8"
            strokeLinejoin="round"
          />
          <path d="M6 4.500v2.600M6 8.800v.1" stroke="var(--surface)" strokeWidth="1.2" strokeLinecap="round" />
        </>
      )}
      {health === 'bad' && (
        <>
          <path d="M3.7.5h4.600L11.5 3.700v4.600L8.3 11.500H3.700L.5 8.300V3.700z" fill="currentColor" />
          <path
            d="M4.2 4.200l3.6 3.600M7.8 4.2 4.2 7.8"
            stroke="var(--surface)"
            strokeWidth="1.3"
            strokeLinecap="round"
          />
        </>
      )}
      {health === 'unknown' && (
        <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.2 1.6" />
      )}
    </svg>
  );
}

/** The shape with its words. */
export function State({ health, children }: { health: Health; children: ReactNode }): ReactNode {
  return (
    <span className="state">
      <StateIcon health={health} label="" />
      <span>{children}</span>
    </span>
  );
}

/** A small neutral word beside a name: `internal`, `compacted`. */
export function Badge({ children }: { children: ReactNode }): ReactNode {
  return <span className="badge">{children}</span>;
}
