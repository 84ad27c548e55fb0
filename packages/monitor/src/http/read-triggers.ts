import { HttpError } from '@headwater/http';
import { isServiceName } from '../crawl/target.ts';
import type { TriggerRecord } from '../events/records.ts';

const triggersMax = 1_000;
const countMax = 1_000_000;
const attributesMax = 20;
const attributeMax = 500;
/** Names of triggers: what may stand in a log line and in a column. */
export const triggerName = /^[\p{L}\p{N}][\p{L}\p{N}._:/-]{0,99}$/u;

/**
 * The body of `POST /triggers`: `{service, trigger, count?, instance?, timestampMs?, attributes?}`, or a list of them.
 *
 * @throws HttpError 400 that says which field is wrong; nothing of the list is taken then
 */
export function readTriggers(body: unknown, nowMs: number): TriggerRecord[] {
  const list = Array.isArray(body) ? body : [body];
  if (list.length > triggersMax) throw bad(`${list.length} triggers in one request: give ${triggersMax} at most`);
  return list.map((entry, i) => readTrigger(entry, Array.isArray(body) ? `[${i}].` : '', nowMs));
}

function readTrigger(value: unknown, at: string, nowMs: number): TriggerRecord {
  const example = '{"service":"orders","trigger":"order-placed"}';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(`the body must be an object such as ${example}`);
  const { service, trigger, count = 1, instance = null, attributes, via } = value as Record<string, unknown>;
  if (!isServiceName(service)) throw bad(`${at}service is not a name of a service: give one such as ${example}`);
  if (typeof trigger !== 'string' || !triggerName.test(trigger))
    throw bad(`${at}trigger must be letters, digits and . _ : / -, 100 at most: give one such as ${example}`);
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > countMax)
    throw bad(`${at}count must be a whole number from 1 to ${countMax}`);
  if (instance !== null && (typeof instance !== 'string' || instance.length > 200))
    throw bad(`${at}instance must be a text of 200 characters at most`);
  return {
    timestampMs: readTime((value as Record<string, unknown>)['timestampMs'], at, nowMs),
    service: service.toLowerCase(),
    instance,
    trigger,
    count,
    via: via === 'call' ? 'call' : 'http',
    attributes: readTexts(attributes, `${at}attributes`),
  };
}

/** When it happened: a day back at most, as older counts are told already. */
function readTime(value: unknown, at: string, nowMs: number): number {
  if (value === undefined) return nowMs;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw bad(`${at}timestampMs must be milliseconds since 1970`);
  if (value < nowMs - 86_400_000 || value > nowMs + 60_000)
    throw bad(`${at}timestampMs is ${value}: it may be a day old and a minute ahead at most`);
  return Math.min(nowMs, Math.round(value));
}

/** Names and texts. @throws HttpError 400 */
export function readTexts(value: unknown, at: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw bad(`${at} must be an object of texts`);
  const entries = Object.entries(value);
  if (entries.length > attributesMax) throw bad(`${at} has ${entries.length} entries: give ${attributesMax} at most`);
  const texts: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, entry] of entries) {
    if (typeof entry === 'object') throw bad(`${at}.${name.slice(0, 50)} must be a text`);
    const text = String(entry);
    if (name.length > 100 || text.length > attributeMax)
      throw bad(`${at}.${name.slice(0, 50)} is too long: ${attributeMax} characters at most`);
    texts[name] = text;
  }
  return texts;
}

export function bad(message: string): HttpError {
  return new HttpError(400, 'HW_MONITOR_BODY', message);
}
