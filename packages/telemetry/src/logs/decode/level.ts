import type { LogLevel } from '../log-record.ts';

/** Names of levels in the libraries that are known, in lower case. */
const byName: Readonly<Record<string, LogLevel>> = {
  trace: 'TRACE',
  silly: 'TRACE',
  finest: 'TRACE',
  finer: 'TRACE',
  verbose: 'DEBUG',
  debug: 'DEBUG',
  fine: 'DEBUG',
  config: 'DEBUG',
  info: 'INFO',
  information: 'INFO',
  informational: 'INFO',
  notice: 'INFO',
  http: 'INFO',
  log: 'INFO',
  warn: 'WARN',
  warning: 'WARN',
  err: 'ERROR',
  error: 'ERROR',
  severe: 'ERROR',
  fatal: 'FATAL',
  critical: 'FATAL',
  crit: 'FATAL',
  alert: 'FATAL',
  emerg: 'FATAL',
  emergency: 'FATAL',
  panic: 'FATAL',
  dpanic: 'FATAL',
};

/** The level of a name, or of a number as pino and bunyan count (10 is TRACE, 60 FATAL). Undefined for what is neither. */
export function levelOf(value: string | number): LogLevel | undefined {
  if (typeof value === 'number') return levelOfNumber(value);
  const name = byName[value] ?? byName[value.trim().toLowerCase()];
  return name ?? (/^\d{1,3}$/.test(value) ? levelOfNumber(Number(value)) : undefined);
}

function levelOfNumber(value: number): LogLevel | undefined {
  if (!(value >= 1 && value <= 100)) return undefined;
  if (value < 20) return 'TRACE';
  if (value < 30) return 'DEBUG';
  if (value < 40) return 'INFO';
  if (value < 50) return 'WARN';
  return value < 60 ? 'ERROR' : 'FATAL';
}
