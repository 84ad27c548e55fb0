/** A line of a log before it is sent. */
export interface LogLine {
  /** Milliseconds since 1970. */
  timeMs: number;
  level: LineLevel;
  message: string;
  /** Whatever else the line says; `traceId`, `spanId`, `correlationId`, `logger`, `thread`, `stack` are known. */
  fields: Record<string, unknown>;
}

export type LineLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

const levels: readonly LineLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
/** pino's and bunyan's numbers: 10 trace … 60 fatal. */
const levelOfNumber = (number: number): LineLevel => levels[Math.min(5, Math.max(0, Math.ceil(number / 10) - 1))]!;
const synonyms: Readonly<Record<string, LineLevel>> = {
  ...{ warning: 'warn', err: 'error', severe: 'error', critical: 'fatal', notice: 'info', information: 'info' },
  ...{ fine: 'debug', finer: 'trace', finest: 'trace', panic: 'fatal', verbose: 'debug' },
};

/** Names that loggers in use give to what every line has. */
const names = {
  time: ['time', 'timestamp', '@timestamp', 'ts', 'datetime'],
  level: ['level', 'severity', 'log.level', 'levelname', 'lvl'],
  message: ['message', 'msg', 'event', 'text'],
  logger: ['logger', 'logger_name', 'log.logger', 'name'],
  thread: ['thread', 'thread_name', 'threadName'],
  traceId: ['traceId', 'trace_id', 'trace.id'],
  spanId: ['spanId', 'span_id', 'span.id'],
  correlationId: ['correlationId', 'correlation_id', 'x-correlation-id'],
  stack: ['stack', 'stack_trace', 'error.stack_trace', 'exc_info'],
} as const;

/**
 * What a process writes on its standard output: a line of JSON in the form of any usual logger, or plain text.
 *
 * @param otherwise the level of a line that does not say its own
 * @param nowMs the time of a line that does not say its own
 */
export function readLine(line: string, otherwise: LineLevel, nowMs: number): LogLine {
  const fields = fieldsOf(line);
  if (fields === undefined) return { timeMs: nowMs, level: otherwise, message: line, fields: {} };
  const taken: Record<string, unknown> = {};
  for (const [name, spellings] of Object.entries(names)) {
    const found = spellings.find((spelling) => isPlain(fields[spelling]));
    if (found === undefined) continue;
    taken[name] = fields[found];
    delete fields[found];
  }
  const { level, message, time, ...known } = taken;
  Object.assign(fields, known);
  const error = fields['err'] ?? fields['error'];
  if (fields['stack'] === undefined && typeof error === 'object' && error !== null) {
    const { stack } = error as { stack?: unknown };
    if (typeof stack === 'string') fields['stack'] = stack;
  }
  return {
    timeMs: timeOf(time) ?? nowMs,
    level: levelOf(level) ?? otherwise,
    message: message === undefined ? line : String(message),
    fields,
  };
}

/** The level in any usual spelling; undefined when it is none. */
export function levelOf(value: unknown): LineLevel | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? levelOfNumber(value) : undefined;
  const name = String(value).toLowerCase();
  return levels.find((level) => level === name) ?? synonyms[name];
}

function fieldsOf(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isPlain(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'number';
}

/** Seconds, milliseconds, microseconds or nanoseconds since 1970 by their size, or a date as text. */
function timeOf(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Date.parse(value) : Number(value);
  if (!Number.isFinite(number)) return undefined;
  if (typeof value === 'string' || number <= 0) return number > 0 ? number : undefined;
  if (number < 1e11) return Math.round(number * 1e3);
  if (number < 1e14) return Math.round(number);
  return Math.round(number < 1e17 ? number / 1e3 : number / 1e6);
}
