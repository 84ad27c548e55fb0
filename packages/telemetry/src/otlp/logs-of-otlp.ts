import { attributesMax, boundRecord } from '../logs/decode/bounds.ts';
import { type LogLevel, type LogRecord, logLevels } from '../logs/log-record.ts';
import type { OtlpLogRecord, OtlpLogs } from './otlp-logs.ts';
import { plainAttributes, plainValue } from './otlp-trace.ts';
import { listOf, millisOf, OtlpError, textOf } from './otlp-values.ts';

/** What of a request could be kept. */
export interface OtlpLogRecords {
  records: LogRecord[];
  /** Some of whose parts were cut. */
  truncated: number;
  rejected: number;
  /** Why the first of them was. */
  reason: string;
}

type Field = 'logger' | 'thread' | 'stack' | 'correlationId' | 'file';

/** Attributes that lines have fields for: by the semantic conventions, and as the loggers of the platform name them. */
const fieldOf: Readonly<Record<string, Field>> = {
  'exception.stacktrace': 'stack',
  'thread.name': 'thread',
  'log.file.path': 'file',
  'correlation.id': 'correlationId',
  correlation_id: 'correlationId',
  correlationId: 'correlationId',
  logger: 'logger',
};

/**
 * OpenTelemetry's log records as lines of `headwater-logs`. One that is wrong is left out and counted; the others are kept.
 *
 * @param nowMs when they came, milliseconds since 1970
 */
export function logsOfOtlp(logs: OtlpLogs, nowMs: number): OtlpLogRecords {
  const result: OtlpLogRecords = { records: [], truncated: 0, rejected: 0, reason: '' };
  for (const group of listOf(logs.resourceLogs)) {
    const resource = plainAttributes(listOf(group?.resource?.attributes));
    const origin = originOf(resource);
    for (const scoped of listOf(group?.scopeLogs)) {
      const logger = scoped?.scope?.name ? String(scoped.scope.name) : undefined;
      for (const given of listOf(scoped?.logRecords)) {
        try {
          const record: LogRecord = {
            timestampMs: timeOf(given ?? {}) || nowMs,
            receivedMs: nowMs,
            message: messageOf(given ?? {}),
            source: 'otlp',
            ...origin,
            ...(logger !== undefined && { logger }),
          };
          if (addRest(record, given ?? {}) > 0) result.truncated += 1;
          result.records.push(record);
        } catch (error) {
          if (!(error instanceof OtlpError)) throw error;
          if (result.rejected++ === 0) result.reason = error.message;
        }
      }
    }
  }
  return result;
}

function originOf(resource: Readonly<Record<string, unknown>>): { service: string; instance?: string; host?: string } {
  const { 'service.name': service, 'service.instance.id': instance, 'host.name': host } = resource;
  return {
    service: textOf(service ?? 'unknown_service'),
    ...(instance !== undefined && { instance: textOf(instance) }),
    ...(host !== undefined && { host: textOf(host) }),
  };
}

function timeOf({ observedTimeUnixNano, timeUnixNano }: OtlpLogRecord): number {
  return millisOf(timeUnixNano) || millisOf(observedTimeUnixNano);
}

function messageOf({ body, eventName }: OtlpLogRecord): string {
  const value = body === undefined || body === null ? null : plainValue(body);
  return value === null ? textOf(eventName ?? '') : textOf(value);
}

/** @returns how many parts were cut */
function addRest(record: LogRecord, given: OtlpLogRecord): number {
  const level = levelOf(given);
  if (level !== undefined) record.level = level;
  if (isId(given.traceId, 32)) record.traceId = given.traceId;
  if (isId(given.spanId, 16)) record.spanId = given.spanId;
  const kept: Record<string, string> = {};
  let count = 0;
  let cut = Number(given.droppedAttributesCount ?? 0) || 0;
  const attributes = plainAttributes(listOf(given.attributes));
  for (const key in attributes) {
    const text = textOf(attributes[key]);
    const field = Object.hasOwn(fieldOf, key) ? fieldOf[key] : undefined;
    if (field !== undefined) record[field] = text;
    else if (count < attributesMax) {
      kept[key] = text;
      count += 1;
    } else cut += 1;
  }
  if (count > 0) record.attributes = kept;
  return boundRecord(record, cut);
}

function levelOf({ severityNumber, severityText }: OtlpLogRecord): LogLevel | undefined {
  const number = typeof severityNumber === 'string' ? severityByName(severityNumber) : Number(severityNumber ?? 0);
  if (number >= 1 && number <= 24) return logLevels[Math.floor((number - 1) / 4)];
  return logLevels.find((level) => level === String(severityText ?? '').toUpperCase());
}

/** In JSON numbers of enumerations may come by name: `SEVERITY_NUMBER_WARN2`. */
function severityByName(name: string): number {
  const level = logLevels.findIndex((one) => name.startsWith(`SEVERITY_NUMBER_${one}`));
  return level < 0 ? Number(name) || 0 : level * 4 + 1;
}

function isId(id: unknown, length: number): id is string {
  return typeof id === 'string' && id.length === length && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);
}
