import { compilePipeline, type PipelineDefinition, TemplateMiner } from '@headwater/pipeline';
import { attributesMax, boundRecord } from '../decode/bounds.ts';
import { levelOf } from '../decode/level.ts';
import type { LogRecord } from '../log-record.ts';
import type { ProcessedRecord } from './log-document.ts';

const texts = [
  'service',
  'instance',
  'message',
  'logger',
  'thread',
  'traceId',
  'spanId',
  'correlationId',
  'stack',
  'host',
  'file',
] as const satisfies readonly (keyof LogRecord)[];
const kept = new Set<string>([...texts, 'timestampMs', 'receivedMs', 'source', 'level', 'attributes', '@timestamp']);

/** What becomes of a record before it is indexed: a pipeline where one is given, then the template of its message. */
export class RecordProcessor {
  /** Records that the pipeline failed on: they are indexed as they were. */
  failed = 0;
  readonly #pipeline: ReturnType<typeof compilePipeline> | undefined;
  readonly #miner = new TemplateMiner();

  /** @throws PipelineError for a definition that is not understood */
  constructor(definition?: PipelineDefinition) {
    this.#pipeline = definition === undefined ? undefined : compilePipeline(definition);
  }

  /** Null: the pipeline drops it. */
  process(record: LogRecord): ProcessedRecord | null {
    const made = this.#pipeline === undefined ? record : this.#run(this.#pipeline, record);
    if (made === null || made.message === '') return made;
    return { ...made, template: this.#miner.mine(made.message).template };
  }

  #run(pipeline: ReturnType<typeof compilePipeline>, record: LogRecord): LogRecord | null {
    const document = {
      ...record,
      '@timestamp': new Date(record.timestampMs).toISOString(),
      ...(record.attributes !== undefined && { attributes: { ...record.attributes } }),
    };
    const result = pipeline.run(document);
    if (result.kind === 'dropped') return null;
    if (result.kind === 'document') return recordOfDocument(result.document as Record<string, unknown>, record);
    this.failed += 1;
    return record;
  }
}

/** Fields that a record has not become attributes, so that they are found as labels. */
function recordOfDocument(document: Readonly<Record<string, unknown>>, from: LogRecord): LogRecord {
  const record: LogRecord = { ...from };
  for (const name of texts) {
    const value = document[name];
    if (typeof value === 'string') record[name] = value;
    else if (value === undefined && name !== 'service' && name !== 'message') delete record[name];
  }
  const level = document['level'];
  const known = typeof level === 'string' || typeof level === 'number' ? levelOf(level) : undefined;
  if (known !== undefined) record.level = known;
  const time = document['@timestamp'];
  const timestampMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (!Number.isNaN(timestampMs)) record.timestampMs = timestampMs;
  const attributes: Record<string, string> = {};
  const given = document['attributes'];
  const fields = Object.entries(typeof given === 'object' && given !== null ? given : {});
  for (const entry of Object.entries(document)) if (!kept.has(entry[0])) fields.push(entry);
  for (const [name, value] of fields.slice(0, attributesMax))
    if (value !== null && value !== undefined)
      attributes[name] = typeof value === 'string' ? value : JSON.stringify(value);
  if (Object.keys(attributes).length > 0) record.attributes = attributes;
  else delete record.attributes;
  boundRecord(record, Math.max(0, fields.length - attributesMax));
  return record;
}
