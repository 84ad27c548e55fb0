import type { ReactNode } from 'react';
import { StateIcon } from '../../components/state.tsx';
import type { LogLevel } from '../../logs/log-line.ts';

/** A shape for each level; the word stands beside it. What is ordinary steps back. */
export function LevelIcon({ level, size = 11 }: { level: LogLevel; size?: number }): ReactNode {
  if (level === 'ERROR' || level === 'FATAL') return <StateIcon health="bad" size={size} label="" />;
  if (level === 'WARN') return <StateIcon health="warning" size={size} label="" />;
  return (
    <svg className="level-quiet" width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      {level === 'INFO' ? (
        <circle cx="6" cy="6" r="2.5" fill="currentColor" />
      ) : level === 'DEBUG' ? (
        <circle cx="6" cy="6" r="2.5" fill="none" stroke="currentColor" strokeWidth="1.4" />
      ) : (
        <path d="M3 6h6" stroke="currentColor" strokeWidth="1.4" />
      )}
    </svg>
  );
}

export function Level({ level }: { level: LogLevel }): ReactNode {
  const tone = level === 'ERROR' || level === 'FATAL' ? 'state-bad' : level === 'WARN' ? 'state-warning' : 'muted';
  return (
    <span className="level">
      <LevelIcon level={level} />
      <span className={`mono ${tone}`}>{level}</span>
    </span>
  );
}
