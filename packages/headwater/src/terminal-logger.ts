import type { Logger } from '@headwater/logger';

const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

/** A logger for a person at a terminal: one line an event, `12:00:01.123 WARN  kafka: message (key=value)`. */
export function terminalLogger(name: string, write: (line: string) => void, level: string = 'info'): Logger {
  const lowest = Math.max(0, levels.indexOf(level as Level));
  const log =
    (at: Level) =>
    (fields: Record<string, unknown>, message: string): void => {
      if (levels.indexOf(at) < lowest) return;
      const time = new Date().toISOString().slice(11, 23);
      const rest = Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`);
      write(
        `${time} ${at.toUpperCase().padEnd(5)} ${name}: ${message}${rest.length > 0 ? ` (${rest.join(' ')})` : ''}\n`,
      );
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

/** A value on one line, with control characters made visible: a log line cannot be forged by its data. */
function shown(value: unknown): string {
  const text =
    value instanceof Error ? value.message : typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const safe = text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const short = safe.length > 2_000 ? `${safe.slice(0, 2_000)}…` : safe;
  return /[\s"]/.test(short) ? JSON.stringify(short) : short;
}
