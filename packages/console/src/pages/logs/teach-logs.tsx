import type { ReactNode } from 'react';
import { Command, Empty } from '../../components/notice.tsx';

/** Where lines come from: for a page that has none. */
export function TeachLogs({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <Empty title={title}>
      {children}
      <p>A line of JSON over TCP is a line here, as Logback’s Logstash appender sends it:</p>
      <Command>{`echo '{"service":"orders","level":"ERROR","message":"out of paper"}' | nc -q1 127.0.0.1 5044`}</Command>
      <p>OpenTelemetry sends logs with what it has already:</p>
      <Command>{`OTEL_SERVICE_NAME=orders OTEL_LOGS_EXPORTER=otlp OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}/api/otlp npm start`}</Command>
      <p>Services made with createService send theirs without being told:</p>
      <Command>{`service.log.info({ orderId: 17 }, 'order placed')`}</Command>
    </Empty>
  );
}
