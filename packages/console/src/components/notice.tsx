import type { ReactNode } from 'react';
import type { ApiError } from '../api/api-error.ts';
import { Button, IconButton } from './controls.tsx';
import { StateIcon } from './state.tsx';
import { copyText } from './toasts.tsx';
import './notice.css';

/** A command to run: what an empty page teaches. */
export function Command({ children, label = 'Command' }: { children: string; label?: string }): ReactNode {
  return (
    <div className="command">
      <pre>{children}</pre>
      <IconButton icon="copy" name={`Copy ${label.toLowerCase()}`} onClick={() => void copyText(children, label)} />
    </div>
  );
}

/** Nothing to show, why, and what fills it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="notice">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Something failed: what, with its code, and the way on. */
export function Failure({
  error,
  title,
  onRetry,
  children,
}: {
  error: Pick<ApiError, 'message' | 'code' | 'status'>;
  title: string;
  onRetry?: () => void;
  children?: ReactNode;
}): ReactNode {
  return (
    <div className="notice" role="alert">
      <h2>
        <StateIcon health="bad" label="Error" size={14} />
        {title}
      </h2>
      <p>{error.message}</p>
      <p className="mono muted">
        {error.code}
        {error.status > 0 && ` · HTTP ${error.status}`}
      </p>
      {children}
      {onRetry && (
        <p>
          <Button icon="refresh" onClick={onRetry}>
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}

/** The shape of what will come, so that nothing jumps when it does. */
export function Loading({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }): ReactNode {
  return (
    <div className="loading" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="loading-row" />
      ))}
    </div>
  );
}
