/** What the part `monitor` says of services (`/api/monitor/…`): its README has the shapes. */
export type ServiceStatus = 'UP' | 'DOWN' | 'STARTING' | 'DRAINING' | 'OUT_OF_SERVICE' | 'UNKNOWN';

export interface MonitoredInstance {
  instance: string;
  status: ServiceStatus;
  sinceMs: number;
  reason: string;
  isFlapping: boolean;
  address: string | null;
  version: string | null;
  pid: number | null;
  restarts: number | null;
  uptimeMs: number | null;
  cpuPercent: number | null;
  residentBytes: number | null;
  heapBytes: number | null;
  openFiles: number | null;
  eventLoopDelayMs: number | null;
  lastSeenMs: number;
}

export const eventKinds = ['status', 'trigger', 'crash', 'notification', 'alert'] as const;
export type EventKind = (typeof eventKinds)[number];

/** Something that happened to a service; what else it has depends on its kind. */
export interface ServiceEvent {
  kind: EventKind;
  timestampMs: number;
  service: string | null;
  instance?: string | null;
  status?: string;
  previous?: string | null;
  reason?: string;
  trigger?: string;
  count?: number;
  via?: string;
  /** Of a crash: how it was noticed first. */
  cause?: 'exit' | 'heartbeat' | 'restart';
  exitCode?: number | null;
  signal?: string | null;
  uptimeMs?: number | null;
  lastLines?: readonly string[];
  id?: string;
  severity?: string;
  title?: string;
  text?: string;
  link?: string | null;
  traceId?: string | null;
  rule?: string;
  state?: string;
  annotations?: Readonly<Record<string, string>>;
}

export interface MonitoredService {
  service: string;
  status: ServiceStatus;
  sinceMs: number;
  reason: string;
  isFlapping: boolean;
  isUnstable: boolean;
  unstableReasons: string[];
  instances: MonitoredInstance[];
  triggersToday: number;
  crashesToday: number;
  crashesThisWeek: number;
  notificationsToday: number;
  lastCrash: ServiceEvent | null;
}

export type CountBy = 'minute' | 'hour' | 'day' | 'week';

export interface CountRow {
  service: string;
  name: string;
  startMs: number;
  count: number;
}

export interface Counts {
  by: CountBy;
  sinceMs: number;
  untilMs: number;
  counts: CountRow[];
}

const base = '/api/monitor';

export const monitoredServicesPath = `${base}/services`;
/** Events of all kinds as they happen. */
export const monitorStreamPath = `${base}/stream`;

export const monitoredServicePath = (service: string): string =>
  `${monitoredServicesPath}/${encodeURIComponent(service)}`;

export const eventsPath = (limit: number): string => `${base}/events?limit=${limit}`;

export function countsPath(kind: 'trigger' | 'crash', service: string, by: CountBy, sinceMs: number): string {
  const query = new URLSearchParams({ kind, service, by, sinceMs: String(sinceMs) });
  return `${base}/counts?${query}`;
}
