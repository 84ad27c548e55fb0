export {
  compilePipeline,
  type Pipeline,
  type PipelineDefinition,
  type PipelineOptions,
  type PipelineResult,
  type ProcessorTrace,
} from './src/compile-pipeline.ts';
export { Grok, type GrokOptions, type GrokType } from './src/grok/grok.ts';
export { grokPatterns } from './src/grok/grok-patterns.ts';
export type { Metadata, Source } from './src/ingest-document.ts';
export { PipelineError, type PipelineErrorCode } from './src/pipeline-error.ts';
export {
  type MinedLine,
  TemplateMiner,
  type TemplateMinerOptions,
  type TemplateMinerState,
  type TemplateSummary,
} from './src/templates/template-miner.ts';
