/**
 * Loads everything that `npm start` loads, once, so that its compiled code is kept and the first start is as fast as the next. Part of
 * `npm ci`; nothing is started. When it fails the first start is slower, and nothing else.
 */
import { flushCompileCache } from 'node:module';
import { keepCompiledCode } from '../packages/headwater/src/compile-cache.ts';

keepCompiledCode();
const loaded = await Promise.allSettled([
  import('../packages/headwater/src/main.ts'),
  import('../packages/headwater/src/up.ts'),
  import('@headwater/broker'),
  import('@headwater/search'),
  import('@headwater/registry'),
  import('@headwater/rest'),
  import('@headwater/config'),
  import('@headwater/discovery'),
  import('@headwater/identity'),
  import('@headwater/service'),
  import('@headwater/telemetry'),
  import('../packages/headwater/src/parts/start-gateway.ts'),
  import('@headwater/sql'),
  import('@headwater/sql/server'),
  import('@headwater/gateway'),
  import('@headwater/example-tweets'),
  import('@platformatic/kafka'),
  import('@opentelemetry/sdk-trace'),
  import('@opentelemetry/resources'),
  import('@opentelemetry/exporter-trace-otlp-http'),
  import('../packages/service/src/observe/otel-tracer.ts'),
  import('@opensearch-project/opensearch'),
]);
flushCompileCache();
for (const result of loaded) {
  if (result.status === 'rejected') console.error(`not warmed: ${(result.reason as Error).message}`);
}
