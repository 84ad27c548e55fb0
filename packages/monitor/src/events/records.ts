/** How a service, or one instance of it, is. */
export type ServiceStatus = 'UP' | 'DOWN' | 'STARTING' | 'DRAINING' | 'OUT_OF_SERVICE' | 'UNKNOWN';

export const serviceStatuses: readonly ServiceStatus[] = [
  'UP',
  'DOWN',
  'STARTING',
  'DRAINING',
  'OUT_OF_SERVICE',
  'UNKNOWN',
];

/** One life of a process, as far as it is known: what a crash is counted once for. */
export interface Run {
  pid: number | null;
  /** When the process started, milliseconds since 1970, as it says itself. */
  startedMs: number | null;
  /** When it was first seen. */
  seenMs: number;
  /** How often it was taken for dead and answered again. */
  returned: number;
  end: 'clean' | 'crash' | null;
}

export interface StatusDetails {
  /** Where it is asked. */
  address: string | null;
  version: string | null;
  /** What the crawler remembers of it: a crawler that starts again goes on from here. */
  run: Run | null;
  /** Where it is known from. */
  source: 'discovery' | 'list' | 'lifecycle' | 'beside';
  /** True: it has left, and is not asked any more. */
  isGone: boolean;
  /** Who looks after it. */
  crawler: string;
}

/** `headwater-service-status`: each change, and every minute as it is. */
export interface StatusRecord {
  timestampMs: number;
  service: string;
  instance: string;
  status: ServiceStatus;
  previous: ServiceStatus | null;
  /** In words. */
  reason: string;
  isFlapping: boolean;
  /** How long the last look took; null: nobody looked. */
  checkMs: number | null;
  isHeartbeat?: boolean;
  details: StatusDetails;
}

/** `headwater-service-triggers`: something happened `count` times. */
export interface TriggerRecord {
  timestampMs: number;
  service: string;
  instance: string | null;
  trigger: string;
  count: number;
  via: 'call' | 'log' | 'http';
  attributes: Readonly<Record<string, string>>;
}

/** `headwater-service-crashes`: a process ended without being asked to, or stopped to answer. */
export interface CrashRecord {
  timestampMs: number;
  service: string;
  instance: string;
  /** How it was noticed first. */
  kind: 'exit' | 'heartbeat' | 'restart';
  pid: number | null;
  exitCode: number | null;
  signal: string | null;
  uptimeMs: number | null;
  restarts: number | null;
  /** The last lines of its standard error. */
  lastLines: readonly string[];
  /** When the process had started, as far as it is known. */
  startedMs: number | null;
  /** How often this process had been taken for dead before, and had answered again. */
  returned: number;
  id: string;
}

/** `headwater-notifications`: a message for people. */
export interface NotificationRecord {
  timestampMs: number;
  id: string;
  service: string;
  severity: 'info' | 'warning' | 'critical';
  title: string;
  text: string;
  link: string | null;
  traceId: string | null;
  labels: Readonly<Record<string, string>>;
}

/** `headwater-process-state`: every 15 s; null is what nobody tells. */
export interface ProcessStateRecord {
  timestampMs: number;
  service: string;
  instance: string;
  pid: number | null;
  /** Of one core: 100 is a whole one. */
  cpuPercent: number | null;
  residentBytes: number | null;
  heapBytes: number | null;
  openFiles: number | null;
  restarts: number | null;
  uptimeMs: number | null;
  eventLoopDelayMs: number | null;
}

/** `headwater-service-lifecycle`: what a supervisor knows of a process that it runs. */
export interface LifecycleRecord {
  timestampMs: number;
  service: string;
  /** Null: the supervisor does not know its name in discovery. */
  instance: string | null;
  event: 'start' | 'ready' | 'exit';
  pid: number | null;
  host: string;
  /** How often it was started again. */
  restarts: number;
  exitCode: number | null;
  signal: string | null;
  uptimeMs: number | null;
  /** The supervisor had told it to stop. */
  isExpected: boolean;
  lastLines: readonly string[];
}

export const monitorTopics = {
  status: 'headwater-service-status',
  trigger: 'headwater-service-triggers',
  crash: 'headwater-service-crashes',
  notification: 'headwater-notifications',
  process: 'headwater-process-state',
  lifecycle: 'headwater-service-lifecycle',
} as const;

export interface MonitorRecords {
  status: StatusRecord;
  trigger: TriggerRecord;
  crash: CrashRecord;
  notification: NotificationRecord;
  process: ProcessStateRecord;
  lifecycle: LifecycleRecord;
}

export type MonitorKind = keyof MonitorRecords;

/** Takes what a crawler, a caller or a supervisor tells. Neither waits nor fails. */
export type Tell = <K extends MonitorKind>(kind: K, record: MonitorRecords[K]) => void;
