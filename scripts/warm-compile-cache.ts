/**
 * Loads everything that `npm start` loads, once, so that its compiled code is kept and the first start is as fast as the next; and makes the
 * files that a new database of the analytics store is a copy of. Part of `npm ci`; no part is started. When it fails the first start is slower,
 * and nothing else.
 */
import { flushCompileCache } from 'node:module';
import { clusterTemplate } from '../packages/analytics/src/engine/cluster-template.ts';
import { keepCompiledCode } from '../packages/headwater/src/compile-cache.ts';
import { keepHeapSmall } from '../packages/headwater/src/process-memory.ts';

// V8 takes back what was compiled with the same flags only.
keepHeapSmall();
keepCompiledCode();
// In a process of its own.
const template = clusterTemplate();
template.catch(() => {});
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
  import('../packages/headwater/src/services-thread/services-thread.ts'),
  import('../examples/tweets/twitter-to-kafka/main.ts'),
  import('../examples/tweets/streams/main.ts'),
  import('../examples/tweets/kafka-to-elastic/main.ts'),
  import('../examples/tweets/analytics/main.ts'),
  import('../examples/tweets/query-service/main.ts'),
  import('@headwater/analytics'),
  import('@electric-sql/pglite'),
  import('@platformatic/kafka'),
  import('@opentelemetry/sdk-trace'),
  import('@opentelemetry/resources'),
  import('@opentelemetry/exporter-trace-otlp-http'),
  import('../packages/service/src/observe/otel-tracer.ts'),
  import('@opensearch-project/opensearch'),
]);
flushCompileCache();
for (const result of [...loaded, ...(await Promise.allSettled([template]))]) {
  if (result.status === 'rejected') console.error(`not warmed: ${(result.reason as Error).message}`);
}
