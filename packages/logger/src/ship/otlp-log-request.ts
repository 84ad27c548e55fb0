import type { LineLevel, LogLine } from './log-line.ts';

/** Whose line it is. */
export interface LogOrigin {
  service: string;
  instance?: string | undefined;
  version?: string | undefined;
}

const severities: Readonly<Record<LineLevel, number>> = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 };
const textMax = 64 * 1024;
const attributesMax = 64;

/** Lines as an ExportLogsServiceRequest of OTLP in JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp), by origin. */
export function otlpLogRequest(lines: readonly { origin: LogOrigin; line: LogLine }[]): string {
  const byOrigin = new Map<LogOrigin, LogLine[]>();
  for (const { line, origin } of lines) {
    const list = byOrigin.get(origin);
    if (list === undefined) byOrigin.set(origin, [line]);
    else list.push(line);
  }
  return JSON.stringify({
    resourceLogs: [...byOrigin].map(([{ instance, service, version }, list]) => ({
      resource: {
        attributes: [
          attribute('service.name', service),
          ...(instance === undefined ? [] : [attribute('service.instance.id', instance)]),
          ...(version === undefined ? [] : [attribute('service.version', version)]),
        ],
      },
      scopeLogs: [{ scope: {}, logRecords: list.map(logRecord) }],
    })),
  });
}

function logRecord({ fields, level, message, timeMs }: LogLine): object {
  // Whose line it is stands in the resource.
  const { instance: _, service: __, spanId, stack, thread, traceId, ...rest } = fields;
  const attributes: object[] = [];
  if (typeof stack === 'string') attributes.push(attribute('exception.stacktrace', stack));
  if (typeof thread === 'string') attributes.push(attribute('thread.name', thread));
  for (const key in rest) {
    if (attributes.length >= attributesMax) break;
    if (rest[key] !== undefined) attributes.push(attribute(key, textOf(rest[key])));
  }
  return {
    timeUnixNano: `${Math.trunc(timeMs)}000000`,
    severityNumber: severities[level],
    severityText: level.toUpperCase(),
    body: { stringValue: cut(message) },
    attributes,
    ...(isHex(traceId, 32) && { traceId }),
    ...(isHex(spanId, 16) && { spanId }),
  };
}

function attribute(key: string, text: string): object {
  return { key, value: { stringValue: cut(text) } };
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.message;
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '';
}

function cut(text: string): string {
  return text.length > textMax ? text.slice(0, textMax) : text;
}

function isHex(value: unknown, length: number): boolean {
  return typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value);
}
