import { HttpError } from '@headwater/http';
import type { Alerting } from '../alerting.ts';
import type { GroupView } from '../engine/dispatcher.ts';
import { type Silence, silenceState } from '../engine/silences.ts';
import { type Alert, isResolved } from '../model/alert.ts';
import { cleanLabels, fingerprintOf, isLabelName } from '../model/labels.ts';
import { isObject } from './is-object.ts';

const textMaxChars = 8_192;
const labelsMax = 64;

/** An error in Alertmanager's shape: a JSON text. */
export class AlertmanagerError extends HttpError {
  constructor(status: number, message: string) {
    super(status, 'HW_ALERTS_API', message);
  }
}

export function alertJson(alerting: Alerting, alert: Alert) {
  const { inhibitedBy, silencedBy } = alerting.dispatcher.mutedBy(alert);
  const endsMs = alert.endsMs || alerting.clock.nowMs() + alerting.config.resolveTimeoutMs;
  return {
    annotations: alert.annotations,
    endsAt: timeText(endsMs),
    fingerprint: alert.fingerprint,
    receivers: alerting.dispatcher.receiversOf(alert.labels).map((name) => ({ name })),
    startsAt: timeText(alert.startsMs),
    status: { inhibitedBy, silencedBy, state: inhibitedBy.length + silencedBy.length > 0 ? 'suppressed' : 'active' },
    updatedAt: timeText(alert.updatedMs),
    generatorURL: alert.generatorUrl,
    labels: alert.labels,
  };
}

export function groupJson(
  alerting: Alerting,
  { labels, receiver }: GroupView,
  alerts: readonly ReturnType<typeof alertJson>[],
) {
  return {
    alerts: alerts.length === 0 ? [] : alerts,
    labels,
    receiver: { name: receiver || alerting.config.route.receiver },
  };
}

export function silenceJson(silence: Silence, nowMs: number) {
  return {
    id: silence.id,
    status: { state: silenceState(silence, nowMs) },
    updatedAt: timeText(silence.updatedMs),
    comment: silence.comment,
    createdBy: silence.createdBy,
    endsAt: timeText(silence.endsMs),
    matchers: silence.matchers.map(({ isEqual, isRegex, name, value }) => ({ isEqual, isRegex, name, value })),
    startsAt: timeText(silence.startsMs),
  };
}

/** The body of POST /api/v2/alerts. Throws AlertmanagerError: all are taken, or none. */
export function readAlerts(body: unknown, nowMs: number, resolveTimeoutMs: number): Alert[] {
  if (!Array.isArray(body)) throw new AlertmanagerError(400, 'a list of alerts is needed');
  return body.map((item: unknown) => {
    if (!isObject(item)) throw new AlertmanagerError(400, 'an alert is an object with labels');
    const labels = cleanLabels(textsOf(item['labels'], 'labels'));
    const names = Object.keys(labels);
    if (names.length === 0) throw new AlertmanagerError(400, 'at least one label pair required');
    for (const name of names)
      if (!isLabelName(name))
        throw new AlertmanagerError(400, `invalid label set: invalid name ${JSON.stringify(name.slice(0, 100))}`);
    const startsMs = timeOf(item['startsAt'], 'startsAt');
    const endsMs = timeOf(item['endsAt'], 'endsAt');
    const alert: Alert = {
      fingerprint: fingerprintOf(labels),
      labels,
      annotations: cleanLabels(textsOf(item['annotations'] ?? {}, 'annotations')),
      startsMs: startsMs ?? Math.min(nowMs, endsMs ?? nowMs),
      endsMs: endsMs ?? nowMs + resolveTimeoutMs,
      isTimeout: endsMs === undefined,
      updatedMs: nowMs,
      generatorUrl: typeof item['generatorURL'] === 'string' ? item['generatorURL'].slice(0, textMaxChars) : '',
      origin: 'api',
      value: null,
      causeMs: startsMs ?? null,
    };
    if (alert.endsMs < alert.startsMs) throw new AlertmanagerError(400, 'start time must be before end time');
    return alert;
  });
}

/** The body of POST /api/v2/silences. Throws AlertmanagerError. */
export function readSilence(body: unknown): { id: string; silence: Omit<Silence, 'id' | 'updatedMs'> } {
  if (!isObject(body)) throw new AlertmanagerError(400, 'a silence is needed');
  const { comment, createdBy, id, matchers } = body;
  if (!Array.isArray(matchers) || matchers.length === 0)
    throw new AlertmanagerError(400, 'matchers in body should have at least 1 items');
  const startsMs = timeOf(body['startsAt'], 'startsAt');
  const endsMs = timeOf(body['endsAt'], 'endsAt');
  if (startsMs === undefined || endsMs === undefined)
    throw new AlertmanagerError(400, 'startsAt and endsAt are needed');
  return {
    id: typeof id === 'string' ? id : '',
    silence: {
      startsMs,
      endsMs,
      createdBy: typeof createdBy === 'string' ? createdBy : '',
      comment: typeof comment === 'string' ? comment : '',
      matchers: matchers.map((item: unknown) => {
        if (!isObject(item) || typeof item['name'] !== 'string' || typeof item['value'] !== 'string')
          throw new AlertmanagerError(400, 'a matcher has a name and a value');
        return {
          name: item['name'],
          value: item['value'],
          isRegex: item['isRegex'] === true,
          isEqual: item['isEqual'] !== false,
        };
      }),
    },
  };
}

export function isShown(alert: Alert, nowMs: number): boolean {
  return !isResolved(alert, nowMs);
}

function textsOf(value: unknown, what: string): Record<string, string> {
  if (!isObject(value)) throw new AlertmanagerError(400, `${what} are names and texts`);
  const entries = Object.entries(value);
  if (entries.length > labelsMax) throw new AlertmanagerError(400, `more than ${labelsMax} ${what}`);
  const texts: Record<string, string> = {};
  for (const [name, text] of entries) {
    if (typeof text !== 'string' || text.length > textMaxChars)
      throw new AlertmanagerError(
        400,
        `${what}: "${name.slice(0, 100)}" is no text of at most ${textMaxChars} characters`,
      );
    if (name === '__proto__') throw new AlertmanagerError(400, `invalid label set: invalid name "${name}"`);
    texts[name] = text;
  }
  return texts;
}

/** Undefined: not given, or Go's zero time. */
function timeOf(value: unknown, what: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const ms = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(ms)) throw new AlertmanagerError(400, `${what} is no time such as 2026-01-31T12:00:00Z`);
  return ms <= 0 ? undefined : ms;
}

function timeText(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), 253_402_300_799_999)).toISOString();
}
