import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { readFollow } from '../url/follow.ts';
import { useParams } from './navigation.tsx';
import './page.css';

const FollowPanel = lazy(() => import('../pages/follow/follow-panel.tsx'));

interface PageProps {
  /** What the browser's tab says. */
  title: string;
  /** Detail at the right. */
  panel?: ReactNode;
  /** The page takes the height of the window, and a table in it scrolls. */
  isFilled?: boolean;
  children: ReactNode;
}

export function Page({ title, panel, isFilled, children }: PageProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · Headwater`;
  }, [title]);
  // "Follow" is on every page the same panel, in front of the page's own.
  const followed = readFollow(useParams().get('follow'));
  return (
    <div className={`page ${isFilled ? 'page-filled' : ''}`}>
      <main className="page-main" id="main" tabIndex={-1}>
        <p className="visually-hidden" role="status">
          {title}
        </p>
        {children}
      </main>
      {followed ? (
        <Suspense>
          <FollowPanel subject={followed} />
        </Suspense>
      ) : (
        panel
      )}
    </div>
  );
}

/** The line of tools over a table. */
export function Toolbar({ children }: { children: ReactNode }): ReactNode {
  return <div className="toolbar">{children}</div>;
}

export function Spring(): ReactNode {
  return <span className="spring" />;
}

/** A few figures over a page, each with its unit. */
export function Figures({ children, label }: { children: ReactNode; label: string }): ReactNode {
  return (
    <dl className="figures" aria-label={label}>
      {children}
    </dl>
  );
}

export function Figure({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
