import type { ReactNode } from 'react';

/** A titled block at the side. */
export function Card({
  title,
  note,
  tools,
  children,
}: {
  title: string;
  note?: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
}): ReactNode {
  return (
    <section className="card">
      <div className="card-head">
        <h2>{title}</h2>
        {note != null && <span className="card-note">{note}</span>}
        {tools}
      </div>
      {children}
    </section>
  );
}
