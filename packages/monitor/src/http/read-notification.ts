import { randomUUID } from 'node:crypto';
import { isServiceName } from '../crawl/target.ts';
import type { NotificationRecord } from '../events/records.ts';
import { bad, readTexts } from './read-triggers.ts';

const severities = ['info', 'warning', 'critical'] as const;
const titleMax = 200;
const textMax = 10_000;
const linkMax = 2_000;

/** The body of `POST /notify`: `{title, text?, service?, severity?, link?, traceId?, labels?}`. @throws HttpError 400 that says which field is wrong */
export function readNotification(body: unknown, nowMs: number): NotificationRecord {
  const example = '{"title":"Stock is low","service":"orders","severity":"warning"}';
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw bad(`the body must be an object such as ${example}`);
  const {
    labels,
    link = null,
    service = 'unknown',
    severity = 'info',
    text = '',
    title,
    traceId = null,
  } = body as Record<string, unknown>;
  if (typeof title !== 'string' || title.trim() === '' || title.length > titleMax)
    throw bad(`title must be a text of 1 to ${titleMax} characters: give ${example}`);
  if (typeof text !== 'string' || text.length > textMax)
    throw bad(`text must be a text of ${textMax} characters at most`);
  if (!isServiceName(service)) throw bad(`service is not a name of a service: give ${example}`);
  if (typeof severity !== 'string' || !(severities as readonly string[]).includes(severity))
    throw bad(`severity must be one of ${severities.join(', ')}`);
  // A link is clicked by people: only what opens a page.
  if (
    link !== null &&
    (typeof link !== 'string' || link.length > linkMax || !/^(?:https?:\/\/|\/(?!\/))[^\s]*$/.test(link))
  )
    throw bad('link must be an address that begins with http://, https:// or /');
  if (traceId !== null && (typeof traceId !== 'string' || !/^[0-9a-f]{16}(?:[0-9a-f]{16})?$/.test(traceId)))
    throw bad('traceId must be 16 or 32 hexadecimal digits');
  return {
    timestampMs: nowMs,
    id: randomUUID(),
    service: service.toLowerCase(),
    severity: severity as NotificationRecord['severity'],
    title,
    text,
    link,
    traceId,
    labels: readTexts(labels, 'labels'),
  };
}
