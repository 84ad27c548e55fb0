import type { Logger } from '@headwater/logger';
import { requestScopes } from './request-scope.ts';

export const logLevels = ['OFF', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The logger of a service: four methods of pino's, and `trace`. */
export interface ServiceLogger extends Logger {
  trace(fields: Record<string, unknown>, message: string): void;
  readonly name: string;
}

/** Where lines go: a pino logger, or whatever the composition shows them with. */
export interface LogSink extends Logger {
  trace?(fields: Record<string, unknown>, message: string): void;
}

const root = 'ROOT';

/**
 * The loggers of a service by name, with levels that can be changed while it runs. A name without a level of its own has that of the
 * nearest name above it (`http` for `http.client`), at last ROOT's. Lines carry the ids of the work that they were written in.
 */
export class LoggerSet {
  readonly #sink: LogSink;
  readonly #levels = new Map<string, LogLevel>();
  readonly #loggers = new Map<string, NamedLogger>();

  constructor(sink: LogSink, level: LogLevel = 'INFO') {
    this.#sink = sink;
    this.#levels.set(root, level);
  }

  logger(name: string): ServiceLogger {
    let known = this.#loggers.get(name);
    if (known === undefined)
      this.#loggers.set(name, (known = new NamedLogger(name, this.#sink, this.effectiveLevel(name))));
    return known;
  }

  /** Names of all loggers that were made or configured, sorted, ROOT first. */
  names(): string[] {
    const names = new Set([...this.#loggers.keys(), ...this.#levels.keys()]);
    names.delete(root);
    return [root, ...[...names].sort()];
  }

  configuredLevel(name: string): LogLevel | undefined {
    return this.#levels.get(name);
  }

  effectiveLevel(name: string): LogLevel {
    for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const level = this.#levels.get(at);
      if (level !== undefined) return level;
    }
    return this.#levels.get(root) ?? 'INFO';
  }

  /** Sets a level for a name and those below it; undefined takes it away. */
  setLevel(name: string, level: LogLevel | undefined): void {
    const key = name.toUpperCase() === root ? root : name;
    if (level !== undefined) this.#levels.set(key, level);
    else if (key === root) this.#levels.set(root, 'INFO');
    else this.#levels.delete(key);
    for (const [known, logger] of this.#loggers) logger.setLevel(this.effectiveLevel(known));
  }
}

/** A level in any spelling, with those that only other systems have (`FATAL`, `ALL`, `warning`); undefined when it is none. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const upper = text.trim().toUpperCase();
  const known = { FATAL: 'ERROR', ALL: 'TRACE', WARNING: 'WARN', FALSE: 'OFF' }[upper] ?? upper;
  return logLevels.find((level) => level === known);
}

class NamedLogger implements ServiceLogger {
  readonly name: string;
  readonly #sink: LogSink;
  #rank: number;

  constructor(name: string, sink: LogSink, level: LogLevel) {
    this.name = name;
    this.#sink = sink;
    this.#rank = logLevels.indexOf(level);
  }

  setLevel(level: LogLevel): void {
    this.#rank = logLevels.indexOf(level);
  }

  trace(fields: Record<string, unknown>, message: string): void {
    if (this.#rank < 5) return;
    if (this.#sink.trace) this.#sink.trace(this.#withIds(fields), message);
    else this.#sink.debug(this.#withIds(fields), message);
  }

  debug(fields: Record<string, unknown>, message: string): void {
    if (this.#rank >= 4) this.#sink.debug(this.#withIds(fields), message);
  }

  info(fields: Record<string, unknown>, message: string): void {
    if (this.#rank >= 3) this.#sink.info(this.#withIds(fields), message);
  }

  warn(fields: Record<string, unknown>, message: string): void {
    if (this.#rank >= 2) this.#sink.warn(this.#withIds(fields), message);
  }

  error(fields: Record<string, unknown>, message: string): void {
    if (this.#rank >= 1) this.#sink.error(this.#withIds(fields), message);
  }

  #withIds(fields: Record<string, unknown>): Record<string, unknown> {
    const scope = requestScopes.getStore();
    if (scope === undefined) return { logger: this.name, ...fields };
    const { traceId, spanId } = scope.span.context;
    return { logger: this.name, traceId, spanId, correlationId: scope.correlationId, ...fields };
  }
}
