import { isIPv4, isIPv6 } from 'node:net';
import type { Annotation, Endpoint, Span, SpanKind } from './span.ts';
import { SpanError } from './span-error.ts';

const kinds = new Set<string>(['CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER']);
/** A span with more is cut, and says so by the tag `headwater.truncated`: one service must not fill the store of all. */
const tagsMax = 256;
const annotationsMax = 1_024;
const textCharsMax = 32 * 1024;
const nameCharsMax = 1_024;

/**
 * Makes a span of what came in, by the rules of Zipkin's v2 API: ids are padded, names lowered, what is null or empty left out, what is unknown ignored.
 *
 * @param at for messages: where it stands in what was sent
 * @throws SpanError
 */
export function checkSpan(value: unknown, at: string): Span {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SpanError(`${at}: a span must be an object`);
  const given = value as Record<string, unknown>;
  const id = spanId(given['id'], 'id', at);
  const parentId = given['parentId'] == null ? undefined : spanId(given['parentId'], 'parentId', at);
  const span: Span = { traceId: traceId(given['traceId'], at), id };
  // A root's parent may be said to be itself or nothing.
  const hasParent = parentId !== undefined && parentId !== id && parentId !== '0000000000000000';
  const kind = kindOf(given['kind'], at);
  const name = text(given['name'], 'name', at)?.toLowerCase().slice(0, nameCharsMax);
  const timestamp = micros(given['timestamp'], 'timestamp', at);
  const duration = micros(given['duration'], 'duration', at);
  const local = endpoint(given['localEndpoint'], `${at}.localEndpoint`);
  const remote = endpoint(given['remoteEndpoint'], `${at}.remoteEndpoint`);
  const annotations = annotationsOf(given['annotations'], at);
  const tags = tagsOf(given['tags'], at);
  return {
    traceId: span.traceId,
    ...(hasParent && { parentId }),
    id,
    ...(kind !== undefined && { kind }),
    ...(name ? { name } : {}),
    ...(timestamp && { timestamp }),
    ...(duration && { duration }),
    ...(local !== undefined && { localEndpoint: local }),
    ...(remote !== undefined && { remoteEndpoint: remote }),
    ...(annotations !== undefined && { annotations }),
    ...(tags !== undefined && { tags }),
    ...(given['debug'] === true && { debug: true }),
    ...(given['shared'] === true && { shared: true }),
  };
}

/** 1 to 32 hexadecimal digits, padded to 16 or 32. */
export function traceId(value: unknown, at: string): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{1,32}$/i.test(value) || /^0+$/.test(value))
    throw new SpanError(
      `${at}.traceId: 1 to 32 hexadecimal digits, not all 0, are needed, and this is ${shown(value)}`,
    );
  const lower = value.toLowerCase();
  if (lower.length <= 16) return lower.padStart(16, '0');
  const padded = lower.padStart(32, '0');
  return padded.startsWith('0000000000000000') ? padded.slice(16) : padded;
}

function spanId(value: unknown, name: string, at: string): string {
  if (typeof value !== 'string' || !/^[0-9a-f]{1,16}$/i.test(value) || (name === 'id' && /^0+$/.test(value)))
    throw new SpanError(`${at}.${name}: 1 to 16 hexadecimal digits are needed, and this is ${shown(value)}`);
  return value.toLowerCase().padStart(16, '0');
}

function kindOf(value: unknown, at: string): SpanKind | undefined {
  if (value == null) return undefined;
  if (typeof value !== 'string' || !kinds.has(value))
    throw new SpanError(`${at}.kind: CLIENT, SERVER, PRODUCER or CONSUMER is needed, and this is ${shown(value)}`);
  return value as SpanKind;
}

function text(value: unknown, name: string, at: string): string | undefined {
  if (value == null) return undefined;
  if (typeof value !== 'string') throw new SpanError(`${at}.${name}: a text is needed, and this is ${shown(value)}`);
  return value;
}

/** Zipkin takes numbers and texts of digits; 0 is "not known". */
function micros(value: unknown, name: string, at: string): number | undefined {
  if (value == null) return undefined;
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0)
    throw new SpanError(`${at}.${name}: microseconds are needed, and this is ${shown(value)}`);
  return Math.trunc(number);
}

function endpoint(value: unknown, at: string): Endpoint | undefined {
  if (value == null) return undefined;
  if (typeof value !== 'object') throw new SpanError(`${at}: an object is needed, and this is ${shown(value)}`);
  const given = value as Record<string, unknown>;
  const serviceName = text(given['serviceName'], 'serviceName', at)?.toLowerCase().slice(0, nameCharsMax);
  const addresses = [given['ipv4'], given['ipv6']].filter((ip): ip is string => typeof ip === 'string');
  const ipv4 = addresses.find((ip) => isIPv4(ip));
  const ipv6 = addresses.find((ip) => isIPv6(ip));
  const port = given['port'] == null ? 0 : Number(given['port']);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new SpanError(`${at}.port: a port is needed, and this is ${shown(given['port'])}`);
  if (!serviceName && ipv4 === undefined && ipv6 === undefined && port === 0) return undefined;
  return {
    ...(serviceName && { serviceName }),
    ...(ipv4 !== undefined && { ipv4 }),
    ...(ipv6 !== undefined && { ipv6 }),
    ...(port > 0 && { port }),
  };
}

function annotationsOf(value: unknown, at: string): Annotation[] | undefined {
  if (value == null) return undefined;
  if (!Array.isArray(value)) throw new SpanError(`${at}.annotations: a list is needed, and this is ${shown(value)}`);
  if (value.length === 0) return undefined;
  const annotations = value.slice(0, annotationsMax).map((one: unknown, i) => {
    const where = `${at}.annotations[${i}]`;
    const { timestamp, value: said } = (one ?? {}) as { timestamp?: unknown; value?: unknown };
    const time = micros(timestamp, 'timestamp', where);
    if (time === undefined || typeof said !== 'string')
      throw new SpanError(`${where}: timestamp and value are needed, and this is ${shown(one)}`);
    return { timestamp: time, value: cut(said) };
  });
  return sorted(annotations);
}

/** By time, then by value, each once: as Zipkin keeps them. */
export function sorted(annotations: Annotation[]): Annotation[] {
  annotations.sort((a, b) => a.timestamp - b.timestamp || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  return annotations.filter(
    (one, i) => i === 0 || one.timestamp !== annotations[i - 1]!.timestamp || one.value !== annotations[i - 1]!.value,
  );
}

function tagsOf(value: unknown, at: string): Record<string, string> | undefined {
  if (value == null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw new SpanError(`${at}.tags: an object is needed, and this is ${shown(value)}`);
  const entries = Object.entries(value);
  if (entries.length === 0) return undefined;
  // No prototype: a tag may have any name.
  const tags: Record<string, string> = Object.create(null);
  for (const [key, said] of entries.slice(0, tagsMax)) {
    if (typeof said === 'object' && said !== null)
      throw new SpanError(`${at}.tags["${key.slice(0, 100)}"]: a text is needed, and this is ${shown(said)}`);
    if (said == null) throw new SpanError(`${at}.tags["${key.slice(0, 100)}"]: a text is needed, and this is null`);
    tags[key.slice(0, nameCharsMax)] = cut(String(said));
  }
  if (entries.length > tagsMax) tags['headwater.truncated'] = `${entries.length - tagsMax} tags`;
  return tags;
}

function cut(said: string): string {
  return said.length <= textCharsMax ? said : `${said.slice(0, textCharsMax)}…`;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 100) ?? 'missing';
}
