export type {
  CorrelatedDocument,
  CorrelatedLogs,
  CorrelatedRecord,
  CorrelatedRow,
  CorrelatedTrace,
  Correlation,
  Searched,
} from './src/correlate/correlation.ts';
export type { CorrelateUrls } from './src/correlate/correlator.ts';
export { type Rest, type RestOptions, startRest } from './src/rest.ts';
