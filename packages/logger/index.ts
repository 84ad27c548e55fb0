/**
 * The logger that every room takes: the four methods of pino that they use, so that a pino logger fits as it is.
 *
 * @example
 * import { silentLogger, type Logger } from '@headwater/logger';
 * const logger: Logger = silentLogger;
 * logger.info({ topic: 'orders', partition: 0 }, 'partition opened');
 */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

/** A logger that says nothing: the default of every part used as a library. */
export const silentLogger: Logger = Object.freeze({
  debug() {},
  info() {},
  warn() {},
  error() {},
});
