import type { Notification } from '../engine/dispatcher.ts';
import type { Alert } from '../model/alert.ts';
import type { Labels } from '../model/labels.ts';

/** What a receiver is told, in the shape of Alertmanager's webhook (version 4). */
export interface Message {
  readonly version: '4';
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly status: 'firing' | 'resolved';
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly externalURL: string;
  readonly alerts: readonly MessageAlert[];
}

export interface MessageAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

/** As Go writes a time that is not there: an alert that fires has no end. */
const noTime = '0001-01-01T00:00:00Z';
const alertsMax = 500;
const messageMaxBytes = 256 * 1024;

export function makeMessage(
  { alerts, groupKey, groupLabels, integration }: Notification,
  externalUrl: string,
): Message {
  const shown: MessageAlert[] = [];
  let sizeBytes = 0;
  for (const alert of alerts) {
    const one = messageAlert(alert);
    sizeBytes += Buffer.byteLength(JSON.stringify(one));
    if (shown.length > 0 && (shown.length >= alertsMax || sizeBytes > messageMaxBytes)) break;
    shown.push(one);
  }
  return {
    version: '4',
    groupKey,
    truncatedAlerts: alerts.length - shown.length,
    status: alerts.some(({ endsMs }) => endsMs === 0) ? 'firing' : 'resolved',
    receiver: integration.receiver,
    groupLabels,
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    alerts: shown,
  };
}

/** At most so many alerts, as a receiver wants it; 0: all. */
export function cutMessage(message: Message, max: number): Message {
  if (max === 0 || message.alerts.length <= max) return message;
  return {
    ...message,
    alerts: message.alerts.slice(0, max),
    truncatedAlerts: message.truncatedAlerts + message.alerts.length - max,
  };
}

/** One line: `[FIRING:2] ServiceDown orders`. */
export function subjectOf(message: Message): string {
  const count = message.alerts.filter(({ status }) => status === 'firing').length;
  const head = message.status === 'firing' ? `[FIRING:${count}]` : '[RESOLVED]';
  const words = Object.values(message.groupLabels);
  return oneLine(
    `${head} ${(words.length > 0 ? words : [message.commonLabels['alertname'] ?? 'alerts']).join(' ')}`,
  ).slice(0, 250);
}

/** Labels come from anywhere: no line breaks and no other control characters where one line is meant. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ');
}

function messageAlert(alert: Alert): MessageAlert {
  const isOver = alert.endsMs !== 0;
  return {
    status: isOver ? 'resolved' : 'firing',
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: new Date(alert.startsMs).toISOString(),
    endsAt: isOver ? new Date(alert.endsMs).toISOString() : noTime,
    generatorURL: alert.generatorUrl,
    fingerprint: alert.fingerprint,
  };
}

function common(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((labels) => labels[name] === value)),
  );
}
