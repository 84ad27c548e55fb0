/** Made-up answers of the configuration part. */
const version = 'b6e29368607b1bacf07cfc1f4e50cac8643b3c08';
const source = (path: string): string => `file:///srv/config/${path}`;
const startedMs = Date.now();

const keys = [
  { key: 'db.password', value: '******', path: 'orders.yml', origin: '2:82', overridden: [] },
  {
    key: 'logging.level.root',
    value: 'DEBUG',
    path: 'orders-dev.yml',
    origin: '2:21',
    overridden: [['application.yml', '2:21', 'INFO']],
  },
  {
    key: 'shop.page-size',
    value: 5,
    path: 'orders-dev.yml',
    origin: '1:17',
    overridden: [
      ['orders.yml', '1:19', 40],
      ['application.yml', '1:51', 20],
    ],
  },
  {
    key: 'shop.title',
    value: '$' + '{shop.greeting} from orders',
    resolved: 'hello from orders',
    path: 'orders.yml',
    origin: '1:30',
    overridden: [],
  },
];

/** The answer to a path below `/api/config/api/`; undefined for what is not served. */
export function configAnswer(name: string, query: URLSearchParams): unknown {
  switch (name) {
    case 'applications':
      return {
        repository: { kind: 'git', address: 'file:///srv/config', defaultLabel: 'main', version },
        applications: [
          { name: 'application', profiles: [] },
          { name: 'orders', profiles: ['dev'] },
        ],
        labels: ['main', 'v1'],
      };
    case 'explain':
      return {
        application: query.get('application'),
        profiles: query.get('profiles'),
        label: query.get('label'),
        version,
        sources: [{ name: source('orders.yml'), path: 'orders.yml' }],
        keys: keys.map(({ overridden, ...rest }) => ({
          ...rest,
          source: source(rest.path),
          overridden: overridden.map(([path, origin, value]) => ({
            path,
            origin,
            value,
            source: source(String(path)),
          })),
        })),
      };
    case 'history':
      return {
        entries: [
          {
            timestampMs: startedMs - 40_000,
            label: 'main',
            version,
            author: 'Grace <grace@example.org>',
            message: 'Fewer orders a page',
            files: [
              {
                path: 'orders.yml',
                kind: 'changed',
                keys: [
                  { key: 'shop.page-size', kind: 'changed' },
                  { key: 'db.user', kind: 'added' },
                  { key: 'db.name', kind: 'removed' },
                ],
              },
            ],
          },
        ],
        next: null,
      };
    case 'diff':
      return { changes: [{ key: 'shop.page-size', kind: 'changed', from: 5, to: 40 }] };
    case 'readers':
      return {
        readers: [
          {
            application: 'orders',
            profiles: 'dev',
            label: null,
            how: 'environment',
            address: '127.0.0.1',
            userAgent: 'Java/17.0.12',
            version,
            lastMs: startedMs,
            count: 3,
          },
        ],
      };
    default:
      return undefined;
  }
}
