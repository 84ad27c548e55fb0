import { createHash } from 'node:crypto';
import type { Alert } from './model/alert.ts';
import { cleanLabels, fingerprintOf, isLabelName } from './model/labels.ts';
import { type EventRecord, fieldOf, textOf } from './rules/event-record.ts';

export const notificationsTopic = 'headwater-notifications';
const labelsMax = 30;

/** A notification as an alert that routes can take: `alertname="Notification"`, its service, severity and labels. It is told once and has no end. */
export function notificationAlert(record: EventRecord, nowMs: number): { alert: Alert; id: string } | null {
  const text = (path: string): string => textOf(fieldOf(record, path)).slice(0, 4_096);
  const title = text('title') || text('text');
  if (title === '') return null;
  const given = fieldOf(record, 'labels');
  const more = typeof given === 'object' && given !== null ? Object.entries(given).slice(0, labelsMax) : [];
  const labels = cleanLabels({
    ...Object.fromEntries(
      more.filter(([name]) => isLabelName(name)).map(([name, value]) => [name, textOf(value).slice(0, 256)]),
    ),
    alertname: 'Notification',
    service: text('service'),
    severity: text('severity') || 'info',
  });
  // The same for the same record, whoever wrote it: a record that is read again is the same message.
  const place = `${text('id')} ${record.partition} ${record.offset}`;
  return {
    id: hashOf(place),
    alert: {
      fingerprint: fingerprintOf(labels),
      labels,
      annotations: cleanLabels({
        summary: title,
        description: text('text'),
        link: text('link'),
        traceId: text('traceId'),
      }),
      startsMs: Math.min(record.timestampMs, nowMs),
      endsMs: 0,
      isTimeout: false,
      updatedMs: nowMs,
      generatorUrl: text('link'),
      origin: 'notification',
      value: null,
      causeMs: record.timestampMs,
    },
  };
}

/** The same id each time that a notification goes to the same receiver. */
export function deliveryIdOf(id: string, lane: string): string {
  return hashOf(`${id} ${lane}`);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
