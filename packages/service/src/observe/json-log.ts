import type { LogOrigin, LogShipper } from '@headwater/logger/ship';
import type { LogSink } from './service-logger.ts';
import { shippedToo } from './ship-logs.ts';

/** Where lines go; `process.stdout` is one. */
export interface LogStream {
  write(line: string): unknown;
}

export interface JsonLog {
  sink: LogSink;
  /** Writes what is held back. */
  flush(): void;
}

/** What must not be read in a log, at the top of a line's fields and one level below. */
const secrets = [
  'password',
  'passwd',
  'secret',
  'clientSecret',
  'client_secret',
  'token',
  'accessToken',
  'access_token',
  'refresh_token',
  'authorization',
  'Authorization',
  'cookie',
  'apiKey',
];

/** JSON lines by pino: `{"level":"info","time":"…","service":"orders","instance":"…","traceId":"…","message":"…"}`. */
export async function openJsonLog(
  base: Record<string, unknown>,
  redact: readonly string[],
  stream?: LogStream,
  shipping?: { shipper: LogShipper; origin: LogOrigin },
): Promise<JsonLog> {
  const { default: pino } = await import('pino');
  const destination = stream === undefined ? pino.destination({ dest: 1, sync: false }) : undefined;
  const written = stream ?? destination!;
  const paths = [...secrets, ...secrets.map((name) => `*.${name}`), 'headers["set-cookie"]', ...redact];
  const logger = pino(
    {
      level: 'trace',
      base,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: { paths, censor: '[redacted]' },
      serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
    },
    shipping === undefined ? written : shippedToo(written, shipping.shipper, shipping.origin),
  );
  return {
    sink: logger,
    flush: () => {
      try {
        destination?.flushSync();
      } catch {
        // Standard output is not ready or gone: there is nobody to tell.
      }
    },
  };
}
