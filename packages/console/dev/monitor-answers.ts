import type { Counts, MonitoredService, ServiceEvent } from '../src/api/monitor.ts';

const nowMs = Math.floor(Date.now() / 60_000) * 60_000;
const minuteMs = 60_000;

const crash: ServiceEvent = {
  kind: 'crash',
  timestampMs: nowMs - 4 * minuteMs,
  service: 'billing',
  instance: 'billing:8090',
  cause: 'exit',
  exitCode: 137,
  signal: 'SIGKILL',
  uptimeMs: 95_000,
  lastLines: ['Traceback (most recent call last):', '  File "billing.py", line 7', 'MemoryError'],
};

const events: ServiceEvent[] = [
  {
    kind: 'notification',
    timestampMs: nowMs - minuteMs,
    service: 'orders',
    id: 'n-1',
    severity: 'warning',
    title: 'Stock is low',
    text: '3 left of A-1',
    traceId: '0af7651916cd43dd8448eb211c80319c',
  },
  { kind: 'trigger', timestampMs: nowMs - 2 * minuteMs, service: 'orders', trigger: 'order-placed', count: 3 },
  {
    kind: 'status',
    timestampMs: nowMs - 3 * minuteMs,
    service: 'billing',
    instance: 'billing:8090',
    status: 'DOWN',
    previous: 'UP',
    reason: 'connection refused at 127.0.0.1:8090',
  },
  crash,
  {
    kind: 'alert',
    timestampMs: nowMs - 5 * minuteMs,
    service: 'billing',
    rule: 'ServiceDown',
    state: 'firing',
    severity: 'critical',
    annotations: { summary: 'billing has no instance that is up' },
  },
];

function service(name: string, more: Partial<MonitoredService>): MonitoredService {
  const status = more.status ?? 'UP';
  return {
    service: name,
    status,
    sinceMs: nowMs - 30 * minuteMs,
    reason: status === 'UP' ? 'its health is UP, answered in 3 ms' : 'connection refused at 127.0.0.1:8090',
    isFlapping: false,
    isUnstable: false,
    unstableReasons: [],
    instances: [
      {
        instance: `${name}:8090`,
        status,
        sinceMs: nowMs - 30 * minuteMs,
        reason: 'its health is UP, answered in 3 ms',
        isFlapping: false,
        address: '127.0.0.1:8090',
        version: '1.2.0',
        pid: 4711,
        restarts: 2,
        uptimeMs: 30 * minuteMs,
        cpuPercent: 3.25,
        residentBytes: 64_000_000,
        heapBytes: 21_000_000,
        openFiles: 41,
        eventLoopDelayMs: 10.5,
        lastSeenMs: nowMs,
      },
    ],
    triggersToday: 0,
    crashesToday: 0,
    crashesThisWeek: 0,
    notificationsToday: 0,
    lastCrash: null,
    ...more,
  };
}

const services = [
  service('orders', { triggersToday: 12_345, notificationsToday: 1 }),
  service('billing', { status: 'DOWN', crashesToday: 2, crashesThisWeek: 5, lastCrash: crash }),
  service('mailer', {
    isFlapping: true,
    isUnstable: true,
    unstableReasons: ['its status changes too often'],
    crashesThisWeek: 1,
  }),
];

/** What the monitor answers; undefined: it does not know of it. */
export function monitorAnswer(path: string, query: URLSearchParams, isEmpty: boolean): unknown {
  if (path === '/services') return { timestampMs: nowMs, services: isEmpty ? [] : services };
  if (path === '/events') return { events: isEmpty ? [] : events };
  if (path === '/counts') return counts(query);
  const found = services.find((each) => path === `/services/${each.service}`);
  return found && { ...found, events: events.filter((event) => event.service === found.service) };
}

function counts(query: URLSearchParams): Counts {
  const isCrash = query.get('kind') === 'crash';
  const list = Array.from({ length: isCrash ? 2 : 40 }, (_, i) => ({
    service: query.get('service') ?? '',
    name: isCrash ? 'exit' : 'order-placed',
    startMs: nowMs - (isCrash ? i * 7 + 4 : i) * minuteMs,
    count: isCrash ? 1 : ((i * 7) % 11) + 1,
  }));
  const by = (query.get('by') ?? 'minute') as Counts['by'];
  return { by, sinceMs: Number(query.get('sinceMs')), untilMs: nowMs, counts: list };
}
