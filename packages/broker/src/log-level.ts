import type { Logger } from '@headwater/logger';

/** Kafka's names, in its order. */
export const logLevels = ['DEBUG', 'ERROR', 'FATAL', 'INFO', 'TRACE', 'WARN'] as const;
export type LogLevel = (typeof logLevels)[number];

const rank: Readonly<Record<LogLevel, number>> = { TRACE: 0, DEBUG: 1, INFO: 2, WARN: 3, ERROR: 4, FATAL: 5 };

export function isLogLevel(text: string): text is LogLevel {
  return Object.hasOwn(rank, text);
}

/** What the broker hands to its logger: all of it, until a client sets a level (KIP-412). The logger has levels of its own. */
export class LeveledLogger implements Logger {
  level: LogLevel = 'DEBUG';
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  debug(fields: Record<string, unknown>, message: string): void {
    if (rank[this.level] <= rank.DEBUG) this.#logger.debug(fields, message);
  }

  info(fields: Record<string, unknown>, message: string): void {
    if (rank[this.level] <= rank.INFO) this.#logger.info(fields, message);
  }

  warn(fields: Record<string, unknown>, message: string): void {
    if (rank[this.level] <= rank.WARN) this.#logger.warn(fields, message);
  }

  error(fields: Record<string, unknown>, message: string): void {
    if (rank[this.level] <= rank.ERROR) this.#logger.error(fields, message);
  }
}
