/** Every page as data, and back. Paths are below the base `/ui`. */
export type TopicTab = 'messages' | 'partitions' | 'groups' | 'config';

export type Route =
  | { page: 'map' }
  | { page: 'tweets' }
  | { page: 'topics' }
  | { page: 'topic'; topic: string; tab: TopicTab }
  | { page: 'groups' }
  | { page: 'group'; group: string }
  | { page: 'services' }
  | { page: 'search' }
  | { page: 'sql' }
  | { page: 'config' }
  | { page: 'identity' }
  | { page: 'gateway' }
  | { page: 'traces' }
  | { page: 'trace'; traceId: string }
  | { page: 'logs' }
  | { page: 'alerts' }
  | { page: 'metrics' }
  | { page: 'not-found'; path: string };

const topicTabs: readonly TopicTab[] = ['messages', 'partitions', 'groups', 'config'];

export const base = '/ui';

export function parseRoute(pathname: string): Route {
  const notFound: Route = { page: 'not-found', path: pathname };
  if (pathname !== base && !pathname.startsWith(`${base}/`)) return notFound;
  let segments: string[];
  try {
    segments = pathname.slice(base.length).split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return notFound;
  }
  const [place, name, tab, ...rest] = segments;
  if (rest.length > 0) return notFound;
  if (place === undefined || (place === 'map' && name === undefined)) return { page: 'map' };
  if (place === 'topics' && name !== undefined) {
    const found = tab === undefined ? 'messages' : topicTabs.find((known) => known === tab);
    return found ? { page: 'topic', topic: name, tab: found } : notFound;
  }
  if (tab !== undefined) return notFound;
  if (place === 'groups' && name !== undefined) return { page: 'group', group: name };
  if (place === 'traces' && name !== undefined) return { page: 'trace', traceId: name };
  if (name !== undefined) return notFound;
  if (
    place === 'topics' ||
    place === 'groups' ||
    place === 'services' ||
    place === 'search' ||
    place === 'sql' ||
    place === 'tweets' ||
    place === 'config' ||
    place === 'identity' ||
    place === 'gateway' ||
    place === 'traces' ||
    place === 'logs' ||
    place === 'alerts' ||
    place === 'metrics'
  ) {
    return { page: place };
  }
  return notFound;
}

export function pathOf(route: Exclude<Route, { page: 'not-found' }>): string {
  switch (route.page) {
    case 'map':
      return `${base}/`;
    case 'topic': {
      const path = `${base}/topics/${encodeURIComponent(route.topic)}`;
      return route.tab === 'messages' ? path : `${path}/${route.tab}`;
    }
    case 'group':
      return `${base}/groups/${encodeURIComponent(route.group)}`;
    case 'trace':
      return `${base}/traces/${encodeURIComponent(route.traceId)}`;
    default:
      return `${base}/${route.page}`;
  }
}

export const topicPath = (topic: string, tab: TopicTab = 'messages'): string => pathOf({ page: 'topic', topic, tab });
export const groupPath = (group: string): string => pathOf({ page: 'group', group });

export const tracePath = (traceId: string, spanKey?: string): string =>
  pathOf({ page: 'trace', traceId }) + (spanKey === undefined ? '' : `?span=${encodeURIComponent(spanKey)}`);

/** A service as the monitor sees it. */
export const servicePath = (service: string): string =>
  `${pathOf({ page: 'services' })}?service=${encodeURIComponent(service)}`;

/** Log lines that a query finds; of the last week unless another start is given. */
export const logsPath = (query: string, from = '-7d'): string =>
  `${pathOf({ page: 'logs' })}?q=${encodeURIComponent(query)}&from=${from}`;

/** The place in the rail that a page belongs to. */
export function placeOf(route: Route): Exclude<Route['page'], 'topic' | 'group' | 'trace' | 'not-found'> | null {
  if (route.page === 'topic') return 'topics';
  if (route.page === 'group') return 'groups';
  if (route.page === 'trace') return 'traces';
  return route.page === 'not-found' ? null : route.page;
}

/** Pages that show what happened from when to when: the top bar has the time control there. */
export const hasTimeRange = (route: Route): boolean =>
  route.page === 'traces' || route.page === 'logs' || route.page === 'metrics';
