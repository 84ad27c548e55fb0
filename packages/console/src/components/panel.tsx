import { type ReactNode, useEffect, useRef } from 'react';
import { useShortcuts } from '../app/shortcuts.ts';
import { IconButton } from './controls.tsx';
import './panel.css';

interface PanelProps {
  label: string;
  title: ReactNode;
  subtitle?: ReactNode;
  tools?: ReactNode;
  onClose: () => void;
  /** For forms: the keyboard goes into the panel. A panel that follows the cursor of a table leaves it there. */
  takesFocus?: boolean;
  footer?: ReactNode;
  children: ReactNode;
}

/** Detail at the right of the page. It has an address of its own, and Esc closes it. */
export function Panel({ label, title, subtitle, tools, onClose, takesFocus, footer, children }: PanelProps): ReactNode {
  const panel = useRef<HTMLElement>(null);
  useShortcuts({ Escape: onClose });
  useEffect(() => {
    if (!takesFocus) return;
    const before = document.activeElement as HTMLElement | null;
    panel.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => before?.focus();
  }, [takesFocus]);
  return (
    <aside className="panel" aria-label={label} ref={panel}>
      <header className="panel-head">
        <div className="panel-title">
          <h2 className="truncate">{title}</h2>
          {subtitle && <div className="panel-subtitle">{subtitle}</div>}
        </div>
        {tools}
        <IconButton icon="close" name="Close (Esc)" onClick={onClose} />
      </header>
      <div className="panel-body">{children}</div>
      {footer && <footer className="panel-foot">{footer}</footer>}
    </aside>
  );
}

/** Names and values, one under the other. */
export function Facts({ children }: { children: ReactNode }): ReactNode {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function PanelSection({
  title,
  tools,
  children,
}: {
  title: string;
  tools?: ReactNode;
  children: ReactNode;
}): ReactNode {
  return (
    <section className="panel-section">
      <div className="panel-section-head">
        <h3>{title}</h3>
        {tools}
      </div>
      {children}
    </section>
  );
}
