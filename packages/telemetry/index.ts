export { type Otlp, type OtlpOptions, startOtlp } from './src/otlp/otlp.ts';
export type { Annotation, Endpoint, Span, SpanKind } from './src/spans/span.ts';
export { startZipkin, type Zipkin, type ZipkinOptions } from './src/zipkin/zipkin.ts';
