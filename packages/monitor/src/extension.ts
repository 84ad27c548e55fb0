import type { HttpServer } from '@headwater/http';
import type { Logger } from '@headwater/logger';
import type { Hub } from './board/hub.ts';
import type { RecentEvent } from './board/recent-events.ts';
import type { Clock } from './clock.ts';
import type { NotificationRecord, Tell } from './events/records.ts';

/** What the monitor lends to what is built on it: alerts, views. */
export interface MonitorFrame {
  /** Before it listens: add routes. */
  server: HttpServer;
  /** What is known of all services, live. */
  hub: Hub;
  /** Puts a record of the monitor on its topic. */
  tell: Tell;
  /** Shows an alert to those who follow `/stream`, and in `/events`. */
  showAlert(event: Omit<RecentEvent, 'kind'> & { timestampMs: number; service: string | null }): void;
  notify(notification: NotificationRecord): void;
  /** Adds lines to `/metrics`: Prometheus' text, each family once. */
  onMetrics(write: () => string): void;
  /** Adds to `/health`. */
  onHealth(name: string, check: () => { status: 'UP' | 'DOWN'; [detail: string]: unknown }): void;
  /** Called when the monitor closes, the last added first; after the server has stopped. */
  onClose(close: () => void | Promise<void>): void;
  /** Called when the server answers. */
  onStarted(start: () => void | Promise<void>): void;
  clock: Clock;
  bootstrap: string | undefined;
  registryUrl: string | undefined;
  /** Where the SQL, metrics and gateway parts are, as far as they are there. */
  urls: Readonly<Record<string, string | undefined>>;
  dataDir: string | undefined;
  /** `monitor: {…}` of headwater.yaml, as given. */
  settings: Readonly<Record<string, unknown>>;
  logger: Logger;
}

export interface MonitorExtension {
  name: string;
  add(frame: MonitorFrame): void | Promise<void>;
}
