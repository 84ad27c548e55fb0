import type { LogOrigin, LogShipper } from '@headwater/logger/ship';
import type { LogStream } from './json-log.ts';

/**
 * Where log lines are sent to by OTLP: our own variable, or OpenTelemetry's, of which the one for logs is a whole address. Undefined when
 * nobody asks for it, or when whoever started this process reads its standard output (`HEADWATER_LOG_SHIPPING=off`).
 */
export function logsUrl(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const isOff = env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_LOGS_EXPORTER'] === 'none';
  if (isOff || env['HEADWATER_LOG_SHIPPING'] === 'off') return undefined;
  return (
    env['HEADWATER_OTLP_URL'] ||
    env['OTEL_EXPORTER_OTLP_LOGS_ENDPOINT'] ||
    env['OTEL_EXPORTER_OTLP_ENDPOINT'] ||
    undefined
  );
}

/** Lines as they are written, secrets taken out, to the shipper as well. `origin` may come to know its instance later. */
export function shippedToo(stream: LogStream, shipper: LogShipper, origin: LogOrigin): LogStream {
  return {
    write(line: string) {
      shipper.shipLine(origin, line.trimEnd());
      return stream.write(line);
    },
  };
}
