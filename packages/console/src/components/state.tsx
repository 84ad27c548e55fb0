import type { ReactNode } from 'react';
import type { Health } from '../flow/health.ts';
import './state.css';

const names: Record<Health, string> = { good: 'Good', warning: 'Warning', bad: 'Bad', unknown: 'Quiet' };

/**
 * A state as a shape of its own: disc, triangle, octagon, open ring. The colour only repeats it. An empty label is for a shape
 * with its words beside it.
 */
export function StateIcon({
  health,
  size = 12,
  label = names[health],
}: {
  health: Health;
  size?: number;
  label?: string;
}): ReactNode {
  const shared = { className: `state-icon state-${health}`, width: size, height: size, viewBox: '0 0 12 12' };
  return label === '' ? (
    <svg {...shared} aria-hidden="true">
      {shapes[health]}
    </svg>
  ) : (
    <svg {...shared} role="img" aria-label={label}>
      {shapes[health]}
    </svg>
  );
}

const shapes: Record<Health, ReactNode> = {
  good: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  warning: (
    <>
      <path d="M6 1 11.5 10.7H.5z" fill="currentColor" stroke="currentColor" strokeWidth="0.8" strokeLinejoin="round" />
      <path d="M6 4.5v2.6M6 8.8v.1" stroke="var(--surface)" strokeWidth="1.2" strokeLinecap="round" />
    </>
  ),
  bad: (
    <>
      <path d="M3.7.5h4.6L11.5 3.7v4.6L8.3 11.5H3.7L.5 8.3V3.7z" fill="currentColor" />
      <path d="M4.2 4.2l3.6 3.6M7.8 4.2 4.2 7.8" stroke="var(--surface)" strokeWidth="1.3" strokeLinecap="round" />
    </>
  ),
  unknown: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.2 1.6" />,
};

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
