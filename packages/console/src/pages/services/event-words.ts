import type { EventKind, ServiceEvent } from '../../api/monitor.ts';
import type { Health } from '../../flow/health.ts';
import { formatAge } from '../../format/time.ts';
import { statusHealth, statusText } from './instance-health.ts';

export const kindNames: Record<EventKind, string> = {
  status: 'Status',
  trigger: 'Trigger',
  crash: 'Crash',
  notification: 'Notification',
  alert: 'Alert',
};

export const kindPlurals: Record<EventKind, string> = {
  status: 'Status',
  trigger: 'Triggers',
  crash: 'Crashes',
  notification: 'Notifications',
  alert: 'Alerts',
};

const severityHealth: Record<string, Health> = { info: 'unknown', warning: 'warning', critical: 'bad' };

/** The shape beside an event: how bad it is, whatever kind it is of. */
export function eventHealth(event: ServiceEvent): Health {
  switch (event.kind) {
    case 'crash':
      return 'bad';
    case 'status':
      return statusHealth(event.status ?? 'UNKNOWN');
    case 'notification':
      return severityHealth[event.severity ?? ''] ?? 'unknown';
    case 'alert':
      return event.state === 'resolved' ? 'good' : (severityHealth[event.severity ?? ''] ?? 'warning');
    default:
      return 'unknown';
  }
}

/** What happened, in a sentence without the service. */
export function eventText(event: ServiceEvent): string {
  switch (event.kind) {
    case 'status': {
      const from = event.previous ? `${statusText(event.previous)} → ` : '';
      return `${from}${statusText(event.status ?? 'UNKNOWN')}${event.reason ? `: ${event.reason}` : ''}`;
    }
    case 'trigger':
      return `${event.trigger ?? 'something'}${(event.count ?? 1) === 1 ? '' : ` × ${event.count}`}`;
    case 'crash':
      return crashText(event);
    case 'notification':
      return `${event.title ?? ''}${event.text ? ` · ${event.text}` : ''}`;
    case 'alert': {
      const summary = event.annotations?.['summary'] ?? event.annotations?.['description'];
      // Its summary says what was wrong: with "resolved" alone it would read as if it still were.
      const before = event.state === 'resolved' ? ', it was: ' : ': ';
      return `${event.rule ?? 'alert'} is ${event.state ?? 'firing'}${summary ? `${before}${summary}` : ''}`;
    }
  }
}

/** How a crash was noticed, after which time. */
export function crashText({ cause, exitCode, signal, uptimeMs }: ServiceEvent): string {
  const after = uptimeMs === null || uptimeMs === undefined ? '' : ` after ${formatAge(uptimeMs)}`;
  if (signal) return `killed by ${signal}${after}`;
  if (exitCode !== null && exitCode !== undefined) return `ended with ${exitCode}${after}`;
  if (cause === 'restart') return `was started again unasked${after}`;
  return `ceased to answer${after}`;
}
