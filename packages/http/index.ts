export { type BrowserGuardOptions, guardBrowser } from './src/browser-guard.ts';
export { checkJson, isJson, type JsonMistake } from './src/check-json.ts';
export { HttpContext } from './src/context.ts';
export { errorBody, HttpError } from './src/http-error.ts';
export { isLoopback } from './src/loopback.ts';
export { type MetricKind, PrometheusText } from './src/prometheus-text.ts';
export {
  createHttpServer,
  type Handler,
  type HttpAddress,
  type HttpMetricsOptions,
  type HttpSecurity,
  type HttpServer,
  type HttpServerOptions,
  type HttpTlsOptions,
} from './src/server.ts';
export { type SseEvent, SseStream } from './src/sse.ts';
export {
  formatTraceparent,
  newFlags,
  newSpanId,
  newTraceId,
  parseTraceparent,
  type TraceContext,
} from './src/trace-context.ts';
export { withoutLogin } from './src/url-login.ts';
