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
export { keyNumber, recordJson } from './src/record-json.ts';
export { type Rest, type RestOptions, startRest } from './src/rest.ts';
export { RecordSchemas } from './src/schemas/record-schemas.ts';
export { type KnownSchema, SchemaForms } from './src/schemas/schema-forms.ts';
export { type TopicSchema, TopicSchemas } from './src/schemas/topic-schemas.ts';
