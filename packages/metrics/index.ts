export { LabelSet } from './src/labels/label-set.ts';
export { MetricsError, type MetricsErrorCode } from './src/metrics-error.ts';
export { type Prometheus, type PrometheusOptions, startPrometheus } from './src/prometheus.ts';
export { parsePromql } from './src/promql/parse.ts';
export { type QueryOptions, type QueryResult, queryInstant, queryRange } from './src/promql/query.ts';
export { SampleStore, type SampleStoreOptions } from './src/store/sample-store.ts';
