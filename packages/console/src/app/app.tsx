import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { getJson } from '../api/http.ts';
import { Loading } from '../components/notice.tsx';
import { Toasts } from '../components/toasts.tsx';
import { MapPage } from '../pages/map/map-page.tsx';
import type { Route } from '../url/route.ts';
import { Banner } from './banner.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Help } from './help.tsx';
import { paused, useLiveState } from './live.ts';
import { navigate, useRoute } from './navigation.tsx';
import { NotFound } from './not-found.tsx';
import { Palette } from './palette.tsx';
import { places } from './places.ts';
import { usePlatform, watchTopics } from './platform.ts';
import { Rail } from './rail.tsx';
import { focusPageFilter, useShortcuts } from './shortcuts.ts';
import { TopBar } from './top-bar.tsx';
import './shell.css';

const TweetsPage = lazy(() => import('../pages/tweets/tweets-page.tsx'));
const TopicsPage = lazy(() => import('../pages/topics/topics-page.tsx'));
const TopicPage = lazy(() => import('../pages/topic/topic-page.tsx'));
const GroupsPage = lazy(() => import('../pages/groups/groups-page.tsx'));
const GroupPage = lazy(() => import('../pages/groups/group-page.tsx'));
const ServicesPage = lazy(() => import('../pages/services/services-page.tsx'));
const SqlPage = lazy(() => import('../pages/sql/sql-page.tsx'));
const ConfigPage = lazy(() => import('../pages/config/config-page.tsx'));
const IdentityPage = lazy(() => import('../pages/identity/identity-page.tsx'));
const GatewayPage = lazy(() => import('../pages/gateway/gateway-page.tsx'));
const TracesPage = lazy(() => import('../pages/traces/traces-page.tsx'));
const TracePage = lazy(() => import('../pages/traces/trace-page.tsx'));
const LogsPage = lazy(() => import('../pages/logs/logs-page.tsx'));
const AlertsPage = lazy(() => import('../pages/alerts/alerts-page.tsx'));
const MetricsPage = lazy(() => import('../pages/metrics/metrics-page.tsx'));
const SearchPage = lazy(() => import('../pages/search/search-page.tsx'));

/** The page for users has a frame of its own; everything else is the console. */
export function App(): ReactNode {
  if (useRoute().page !== 'tweets') return <Console />;
  return (
    <ErrorBoundary resetKey="tweets">
      <Suspense fallback={<Loading />}>
        <TweetsPage />
      </Suspense>
    </ErrorBoundary>
  );
}

function Console(): ReactNode {
  const route = useRoute();
  const [overlay, setOverlay] = useState<'palette' | 'help' | null>(null);
  const platform = usePlatform();
  const parts = useParts();
  const existing = places.filter((place) => place.exists({ platform, parts }));

  useEffect(() => watchTopics(), []);
  useEffect(() => {
    const open = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      setOverlay((current) => (current === 'palette' ? null : 'palette'));
    };
    addEventListener('keydown', open);
    return () => removeEventListener('keydown', open);
  }, []);
  useShortcuts({
    ...Object.fromEntries(existing.map((place) => [`g ${place.key}`, () => navigate(place.path)])),
    '/': focusPageFilter,
    '?': () => setOverlay('help'),
    p: () => paused.set(!paused.get()),
  });

  return (
    <>
      <div className="shell">
        <a className="skip-link" href="#main">
          Skip to the content
        </a>
        <Rail places={existing} />
        <div className="shell-main">
          <TopBar onPalette={() => setOverlay('palette')} onHelp={() => setOverlay('help')} />
          <Banner />
          <ErrorBoundary resetKey={JSON.stringify(route)}>
            <Suspense fallback={<Loading />}>
              <CurrentPage route={route} />
            </Suspense>
          </ErrorBoundary>
        </div>
      </div>
      <Toasts />
      {overlay === 'palette' && (
        <Palette places={existing} onHelp={() => setOverlay('help')} onClose={() => setOverlay(null)} />
      )}
      {overlay === 'help' && <Help places={existing} onClose={() => setOverlay(null)} />}
    </>
  );
}

function CurrentPage({ route }: { route: Route }): ReactNode {
  switch (route.page) {
    case 'map':
      return <MapPage />;
    case 'topics':
      return <TopicsPage />;
    case 'topic':
      return <TopicPage key={route.topic} topic={route.topic} tab={route.tab} />;
    case 'groups':
      return <GroupsPage />;
    case 'group':
      return <GroupPage key={route.group} groupId={route.group} />;
    case 'services':
      return <ServicesPage />;
    case 'sql':
      return <SqlPage />;
    case 'config':
      return <ConfigPage />;
    case 'identity':
      return <IdentityPage />;
    case 'gateway':
      return <GatewayPage />;
    case 'search':
      return <SearchPage />;
    case 'logs':
      return <LogsPage />;
    case 'alerts':
      return <AlertsPage />;
    case 'metrics':
      return <MetricsPage />;
    case 'traces':
      return <TracesPage />;
    case 'trace':
      return <TracePage key={route.traceId} traceId={route.traceId} />;
    // Has a frame of its own: see above.
    case 'tweets':
      return null;
    default:
      return <NotFound path={route.path} />;
  }
}

/** Which parts the gateway serves, asked again whenever the connection comes back. */
function useParts(): ReadonlySet<string> | null {
  const [parts, setParts] = useState<ReadonlySet<string> | null>(null);
  const isOpen = useLiveState().kind === 'open';
  useEffect(() => {
    if (!isOpen) return;
    const controller = new AbortController();
    getJson<{ parts?: { key?: string }[] }>('/api', controller.signal).then(
      ({ parts: list }) => list && setParts(new Set(list.map((part) => String(part.key)))),
      // Not known: every place is shown, and one that does not answer says so itself.
      () => {},
    );
    return () => controller.abort();
  }, [isOpen]);
  return parts;
}
