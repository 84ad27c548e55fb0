import type { LogRecord, LogSource } from '../log-record.ts';
import { attributesMax, boundRecord, nameCharsMax } from './bounds.ts';
import { levelOf } from './level.ts';
import { timestampOf } from './timestamp.ts';

/** What is known of a line besides its text. */
export interface LineOrigin {
  source: LogSource;
  receivedMs: number;
  /** For a line that names none. */
  service: string;
  /** For a line that names none. */
  host?: string;
  file?: string;
  attributes?: Readonly<Record<string, string>>;
}

type TextField = Exclude<keyof LogRecord, 'timestampMs' | 'receivedMs' | 'source' | 'attributes' | 'level'>;
type Target = TextField | 'level' | 'time' | 'nothing';

/**
 * Names that loggers give to one thing, the first the surest: logstash-logback-encoder, ECS, pino, bunyan, winston, zap, Log4j 2's JsonLayout,
 * python-logstash, OpenTelemetry, Beats. Nested objects are met by their path.
 */
const namesOf: Readonly<Record<Target, readonly string[]>> = {
  time: ['@timestamp', 'timestamp', 'time', 'ts', 'timeMillis', 'timestampMs', 'datetime', 'asctime'],
  level: ['level', 'log.level', 'levelname', 'severity', 'severityText', 'loglevel', 'level_name', 'lvl'],
  message: ['message', 'msg', 'short_message', 'body', 'event.original'],
  logger: ['logger_name', 'log.logger', 'logger', 'loggerName', 'logger.name'],
  thread: ['thread_name', 'process.thread.name', 'thread', 'threadName', 'thread.name'],
  stack: [
    'stack_trace',
    'error.stack_trace',
    'err.stack',
    'error.stack',
    'exception.stacktrace',
    'stack',
    'stacktrace',
    'stackTrace',
    'thrown.extendedStackTrace',
    'exc_info',
    'exc_text',
    'exception',
  ],
  service: [
    'service.name',
    'service',
    'spring.application.name',
    'springAppName',
    'app',
    'application',
    'app_name',
    'appName',
    'application_name',
    'fields.service',
    'fields.app',
    'kubernetes.container.name',
    'name',
  ],
  instance: ['service.instance.id', 'service.node.name', 'instance', 'instanceId', 'instance_id'],
  traceId: ['traceId', 'trace_id', 'trace.id', 'X-B3-TraceId', 'traceid'],
  spanId: ['spanId', 'span_id', 'span.id', 'X-B3-SpanId', 'spanid'],
  correlationId: ['correlationId', 'correlation_id', 'correlation-id', 'x-correlation-id', 'X-Correlation-ID'],
  host: ['host.name', 'hostname', 'host', 'HOSTNAME', 'logsource', 'host.hostname', 'agent.hostname', 'beat.hostname'],
  file: ['log.file.path'],
  nothing: ['@version', 'level_value', 'v', '@metadata.beat', '@metadata.type', '@metadata.version'],
};

const targets = new Map<string, { field: Target; rank: number }>();
for (const [field, names] of Object.entries(namesOf))
  for (const [rank, name] of names.entries()) targets.set(name, { field: field as Target, rank });

/** Objects whose fields are as if they stood one higher: mapped diagnostic contexts. */
const flattened = new Set(['mdc', 'contextMap', 'extra']);
const depthMax = 4;
/** Fields looked at, used or not: a bomb of them costs no more. */
const fieldsMax = 1_000;

/** The record of a logger's JSON object; `cut` counts what was cut or left out of it. */
export function recordOfJson(
  object: Readonly<Record<string, unknown>>,
  origin: LineOrigin,
): { record: LogRecord; cut: number } {
  const reader = new FieldReader(origin);
  reader.visit(object, '', 0);
  return reader.finish();
}

class FieldReader {
  readonly #origin: LineOrigin;
  readonly #found = new Map<Target, { value: string | number; rank: number; name: string }>();
  #attributes: Record<string, string> | undefined;
  #attributeCount = 0;
  #fields = 0;
  #cut = 0;

  constructor(origin: LineOrigin) {
    this.#origin = origin;
    if (origin.attributes !== undefined)
      for (const [name, value] of Object.entries(origin.attributes)) this.#keep(name, value);
  }

  visit(object: Readonly<Record<string, unknown>>, prefix: string, depth: number): void {
    for (const key of Object.keys(object)) {
      this.#fields += 1;
      if (this.#fields > fieldsMax) {
        this.#cut += 1;
        continue;
      }
      const value = object[key];
      if (value === null || value === undefined) continue;
      const name = prefix === '' ? key : prefix + key;
      if (typeof value !== 'object') this.#place(name, value as string | number | boolean);
      else if (!Array.isArray(value) && depth < depthMax)
        this.visit(value as Record<string, unknown>, flattened.has(name) ? '' : `${name}.`, depth + 1);
      else this.#place(name, textOf(value));
    }
  }

  finish(): { record: LogRecord; cut: number } {
    const { file, host, receivedMs, service, source } = this.#origin;
    const { level, timestampMs } = this.#timeAndLevel();
    const text = (field: TextField): string | undefined => {
      const value = this.#found.get(field)?.value;
      return value === undefined || value === '' ? undefined : String(value);
    };
    const record: LogRecord = {
      timestampMs: timestampMs ?? receivedMs,
      receivedMs,
      service: text('service')?.trim() || service,
      message: '',
      source,
    };
    if (level !== undefined) record.level = level;
    const message = text('message');
    if (message !== undefined) record.message = message;
    for (const field of optionalTexts) {
      const value = text(field);
      if (value !== undefined) record[field] = value;
    }
    if (record.host === undefined && host !== undefined) record.host = host;
    if (file !== undefined) record.file = file;
    if (message === undefined && record.stack !== undefined) record.message = record.stack.split('\n', 1)[0]!;
    if (this.#attributes !== undefined) record.attributes = this.#attributes;
    return { record, cut: boundRecord(record, this.#cut) };
  }

  /** A time or a level that cannot be read stays as an attribute. */
  #timeAndLevel(): { timestampMs: number | undefined; level: LogRecord['level'] } {
    const time = this.#found.get('time');
    const level = this.#found.get('level');
    const timestampMs = time === undefined ? undefined : timestampOf(time.value);
    if (time !== undefined && timestampMs === undefined) this.#keep(time.name, String(time.value));
    const known = level === undefined ? undefined : levelOf(level.value);
    if (level !== undefined && known === undefined) this.#keep(level.name, String(level.value));
    return { timestampMs, level: known };
  }

  #place(name: string, value: string | number | boolean): void {
    const target = targets.get(name);
    if (target === undefined || typeof value === 'boolean') {
      this.#keep(name, String(value));
      return;
    }
    const { field, rank } = target;
    if (field === 'nothing') return;
    const other = this.#found.get(field);
    if (other === undefined) this.#found.set(field, { value, rank, name });
    else if (other.rank < rank) this.#keep(name, String(value));
    else {
      this.#found.set(field, { value, rank, name });
      this.#keep(other.name, String(other.value));
    }
  }

  #keep(name: string, value: string): void {
    if (this.#attributeCount >= attributesMax) {
      this.#cut += 1;
      return;
    }
    // A name such as __proto__ is a name like others.
    this.#attributes ??= Object.create(null) as Record<string, string>;
    this.#attributes[name.length > nameCharsMax ? name.slice(0, nameCharsMax) : name] = value;
    this.#attributeCount += 1;
  }
}

const optionalTexts = [
  'instance',
  'logger',
  'thread',
  'traceId',
  'spanId',
  'correlationId',
  'stack',
  'host',
  'file',
] as const satisfies readonly TextField[];

function textOf(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}
