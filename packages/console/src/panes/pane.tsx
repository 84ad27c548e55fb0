import type { ReactNode } from 'react';
import './pane.css';

/** A titled region of a page that scrolls by itself. */
export function Pane({
  title,
  tools,
  children,
  className = '',
}: {
  title: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
  className?: string;
}): ReactNode {
  return (
    <section className={`pane ${className}`}>
      <header className="pane-head">
        <h2>{title}</h2>
        {tools}
      </header>
      {children}
    </section>
  );
}
