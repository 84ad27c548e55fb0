import { HttpError } from '@headwater/http';
import { type LoggerSet, logLevels, parseLogLevel } from '../observe/service-logger.ts';

/** `/actuator/loggers` in Spring Boot's shape. */
export function loggersDocument(loggers: LoggerSet) {
  return {
    levels: logLevels,
    loggers: Object.fromEntries(loggers.names().map((name) => [name, loggerDocument(loggers, name)])),
    groups: {},
  };
}

export function loggerDocument(loggers: LoggerSet, name: string) {
  const configuredLevel = loggers.configuredLevel(name);
  return { ...(configuredLevel && { configuredLevel }), effectiveLevel: loggers.effectiveLevel(name) };
}

/** `{"configuredLevel":"DEBUG"}`; null takes the level away. */
export function setLoggerLevel(loggers: LoggerSet, name: string, body: unknown): void {
  const given = (body as { configuredLevel?: unknown } | undefined)?.configuredLevel ?? null;
  if (given === null) {
    loggers.setLevel(name, undefined);
    return;
  }
  const level = parseLogLevel(String(given));
  if (level === undefined) {
    throw new HttpError(
      400,
      'HW_SERVICE_LOG_LEVEL',
      `${String(given).slice(0, 20)} is no level: give one of ${logLevels.join(', ')}`,
    );
  }
  loggers.setLevel(name, level);
}
