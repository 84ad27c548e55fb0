import type { IconName } from '../components/icons.tsx';
import { pathOf, type placeOf } from '../url/route.ts';
import type { Platform } from './platform.ts';

export interface Place {
  id: NonNullable<ReturnType<typeof placeOf>>;
  name: string;
  icon: IconName;
  path: string;
  /** The second key after `g`. */
  key: string;
  /** Only places that exist are shown. */
  exists: (facts: PlaceFacts) => boolean;
}

export interface PlaceFacts {
  platform: Platform;
  /** Keys of the parts that the gateway serves; null while they are not known. */
  parts: ReadonlySet<string> | null;
}

/** The topic of the tweets example: its own page and the tail of the first page exist when it does. */
export const tweetsTopic = 'twitter-topic';

const always = (): boolean => true;

export const places: readonly Place[] = [
  { id: 'map', name: 'Map', icon: 'map', path: pathOf({ page: 'map' }), key: 'm', exists: always },
  {
    id: 'tweets',
    name: 'Tweets',
    icon: 'tweets',
    path: pathOf({ page: 'tweets' }),
    key: 'w',
    exists: ({ platform }) => platform.topics.has(tweetsTopic),
  },
  {
    id: 'services',
    name: 'Services',
    icon: 'service',
    path: pathOf({ page: 'services' }),
    key: 'v',
    exists: ({ parts }) => parts === null || parts.has('discovery'),
  },
  { id: 'topics', name: 'Topics', icon: 'topics', path: pathOf({ page: 'topics' }), key: 't', exists: always },
  { id: 'groups', name: 'Groups', icon: 'groups', path: pathOf({ page: 'groups' }), key: 'g', exists: always },
  {
    id: 'traces',
    name: 'Traces',
    icon: 'traces',
    path: pathOf({ page: 'traces' }),
    key: 'r',
    exists: ({ parts }) => parts === null || parts.has('zipkin'),
  },
  {
    id: 'logs',
    name: 'Logs',
    icon: 'logs',
    path: pathOf({ page: 'logs' }),
    key: 'l',
    exists: ({ parts }) => parts === null || parts.has('search'),
  },
  {
    id: 'metrics',
    name: 'Metrics',
    icon: 'metrics',
    path: pathOf({ page: 'metrics' }),
    key: 'x',
    exists: ({ parts }) => parts === null || parts.has('prometheus'),
  },
  {
    id: 'alerts',
    name: 'Alerts',
    icon: 'alerts',
    path: pathOf({ page: 'alerts' }),
    key: 'a',
    exists: ({ parts }) => parts === null || parts.has('monitor'),
  },
  {
    id: 'sql',
    name: 'SQL',
    icon: 'sql',
    path: pathOf({ page: 'sql' }),
    key: 'q',
    exists: ({ parts }) => parts === null || parts.has('sql'),
  },
  {
    id: 'search',
    name: 'Search',
    icon: 'search',
    path: pathOf({ page: 'search' }),
    key: 's',
    exists: ({ parts }) => parts === null || parts.has('search'),
  },
  {
    id: 'config',
    name: 'Config',
    icon: 'config',
    path: pathOf({ page: 'config' }),
    key: 'c',
    exists: ({ parts }) => parts === null || parts.has('config'),
  },
  {
    id: 'identity',
    name: 'Users',
    icon: 'user',
    path: pathOf({ page: 'identity' }),
    key: 'u',
    exists: ({ parts }) => parts === null || parts.has('identity'),
  },
  { id: 'gateway', name: 'Gateway', icon: 'gateway', path: pathOf({ page: 'gateway' }), key: 'y', exists: always },
];
