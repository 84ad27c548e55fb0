import { type Condition, compileCondition } from './conditions/condition.ts';
import { ConfigReader } from './config-reader.ts';
import { IngestDocument, isObject, type Metadata, type Source, type Value } from './ingest-document.ts';
import { PipelineError } from './pipeline-error.ts';
import type { CompileContext, Run } from './processors/processor.ts';
import { processorTypes, refusedTypes } from './processors/processor-types.ts';

/** An ingest pipeline as Elasticsearch and OpenSearch write it. */
export interface PipelineDefinition {
  description?: string;
  version?: number;
  processors: unknown;
  on_failure?: unknown;
}

export interface PipelineOptions {
  /** Named in errors, and by the `pipeline` processor. */
  id?: string;
  /** Finds another pipeline for the `pipeline` processor. */
  pipelines?: (id: string) => Pipeline | undefined;
  /** For `_ingest.timestamp`, and the year of dates without one. Default Date.now. */
  nowMs?: () => number;
}

export type PipelineResult =
  | { kind: 'document'; document: Source; metadata: Metadata; ingest: Source }
  | { kind: 'dropped' }
  | { kind: 'error'; error: PipelineError };

/** One processor's work, for `_simulate?verbose`. */
export interface ProcessorTrace {
  processor: string;
  tag: string | undefined;
  description: string | undefined;
  status: 'success' | 'error' | 'error_ignored' | 'skipped' | 'dropped';
  error?: PipelineError;
  document?: { source: Source; metadata: Metadata; ingest: Source };
}

const processorsMax = 2_000;
const nestingMax = 50;

interface Step {
  type: string;
  tag: string | undefined;
  description: string | undefined;
  condition: Condition | undefined;
  run: Run;
  ignoresFailure: boolean;
  onFailure: Step[];
}

/**
 * A compiled pipeline. One at a time: `run` is synchronous and keeps nothing of a document.
 *
 * @example
 * const pipeline = compilePipeline({ processors: [{ grok: { field: 'message', patterns: ['%{IP:client} %{WORD:verb}'] } }] });
 * pipeline.run({ message: '10.0.0.1 GET' }); // { kind: 'document', document: { message, client: '10.0.0.1', verb: 'GET' }, … }
 */
export class Pipeline {
  readonly id: string | undefined;
  readonly description: string | undefined;
  readonly #steps: Step[];
  readonly #onFailure: Step[];
  readonly #nowMs: () => number;
  readonly #pipelines: (id: string) => Pipeline | undefined;
  #processorCount = 0;
  /** Pipelines that treat the present document, outermost first. */
  static readonly #running: Pipeline[] = [];
  static #trace: ProcessorTrace[] | null = null;

  /** Throws PipelineError. */
  constructor(definition: unknown, options: PipelineOptions = {}) {
    this.id = options.id;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#pipelines = options.pipelines ?? (() => undefined);
    if (!isObject(definition))
      throw new PipelineError('HW_PIPELINE_DEFINITION', 'a pipeline is an object with "processors"');
    const config = new ConfigReader('pipeline', definition);
    try {
      this.description = config.text('description', null) ?? undefined;
      config.raw('version');
      config.raw('_meta');
      config.raw('deprecated');
      this.#steps = this.#compileSteps(config.requireRaw('processors'), 'processors', 0);
      const onFailure = config.raw('on_failure');
      if (Array.isArray(onFailure) && onFailure.length === 0)
        throw new PipelineError('HW_PIPELINE_DEFINITION', 'pipeline cannot have an empty on_failure option defined', {
          field: 'on_failure',
        });
      this.#onFailure = onFailure === undefined ? [] : this.#compileSteps(onFailure, 'on_failure', 0);
      config.finish();
    } catch (error) {
      if (error instanceof PipelineError && error.processor === 'pipeline') error.processor = undefined;
      throw error;
    }
  }

  /** Treats a document, which is changed in place. */
  run(source: Source, metadata: Metadata = {}): PipelineResult {
    const document = new IngestDocument(source, metadata, { timestamp: new Date(this.#nowMs()).toISOString() });
    Pipeline.#running.length = 0;
    try {
      if (!this.#run(document)) return { kind: 'dropped' };
      return { kind: 'document', document: document.source, metadata: document.metadata, ingest: document.ingest };
    } catch (error) {
      return { kind: 'error', error: asPipelineError(error) };
    } finally {
      Pipeline.#running.length = 0;
    }
  }

  /** As `run`, telling what each processor made of it. */
  trace(source: Source, metadata: Metadata = {}): { result: PipelineResult; steps: ProcessorTrace[] } {
    const steps: ProcessorTrace[] = [];
    Pipeline.#trace = steps;
    try {
      return { result: this.run(source, metadata), steps };
    } finally {
      Pipeline.#trace = null;
    }
  }

  #run(document: IngestDocument): boolean {
    if (Pipeline.#running.includes(this))
      throw new PipelineError('HW_PIPELINE_VALUE', `Cycle detected for pipeline: ${this.id}`);
    if (Pipeline.#running.length >= nestingMax)
      throw new PipelineError('HW_PIPELINE_VALUE', `pipelines are nested deeper than ${nestingMax}`);
    Pipeline.#running.push(this);
    try {
      return this.#runSteps(this.#steps, document);
    } catch (error) {
      if (this.#onFailure.length === 0) throw error;
      return this.#handle(this.#onFailure, document, asPipelineError(error));
    } finally {
      Pipeline.#running.pop();
    }
  }

  #runSteps(steps: readonly Step[], document: IngestDocument): boolean {
    for (let i = 0; i < steps.length; i++) if (!this.#runStep(steps[i]!, document)) return false;
    return true;
  }

  #runStep(step: Step, document: IngestDocument): boolean {
    const trace = Pipeline.#trace;
    try {
      if (step.condition !== undefined && !step.condition(document)) {
        trace?.push({ ...named(step), status: 'skipped' });
        return true;
      }
      const goesOn = step.run(document) !== false;
      if (trace !== null) {
        if (!goesOn) trace.push({ ...named(step), status: 'dropped' });
        else if (step.type !== 'pipeline')
          trace.push({ ...named(step), status: 'success', document: snapshot(document) });
      }
      return goesOn;
    } catch (thrown) {
      const error = asPipelineError(thrown).at({ processor: step.type, tag: step.tag, pipeline: this.id });
      if (step.ignoresFailure) {
        trace?.push({ ...named(step), status: 'error_ignored', error, document: snapshot(document) });
        return true;
      }
      trace?.push({ ...named(step), status: 'error', error });
      if (step.onFailure.length === 0) throw error;
      return this.#handle(step.onFailure, document, error);
    }
  }

  #handle(steps: readonly Step[], document: IngestDocument, error: PipelineError): boolean {
    const { ingest } = document;
    ingest['on_failure_message'] = error.message;
    ingest['on_failure_processor_type'] = error.processor ?? 'unknown';
    ingest['on_failure_processor_tag'] = error.tag ?? null;
    if (error.pipeline !== undefined) ingest['on_failure_pipeline'] = error.pipeline;
    try {
      return this.#runSteps(steps, document);
    } finally {
      for (const name of ['message', 'processor_type', 'processor_tag', 'pipeline'])
        delete ingest[`on_failure_${name}`];
    }
  }

  #compileSteps(definitions: Value, name: string, depth: number): Step[] {
    if (!Array.isArray(definitions))
      throw new PipelineError('HW_PIPELINE_DEFINITION', `[${name}] property isn't a list`, { field: name });
    return definitions.map((one) => this.#step(one, depth));
  }

  #step(definition: Value, depth: number): Step {
    if (depth > nestingMax)
      throw new PipelineError('HW_PIPELINE_DEFINITION', `processors are nested deeper than ${nestingMax}`);
    if (++this.#processorCount > processorsMax)
      throw new PipelineError('HW_PIPELINE_DEFINITION', `a pipeline has at most ${processorsMax} processors`);
    const entries = isObject(definition) ? Object.entries(definition) : [];
    if (entries.length !== 1)
      throw new PipelineError(
        'HW_PIPELINE_DEFINITION',
        'a processor is an object with one key, its type: {"grok": {…}}',
        { field: 'processors' },
      );
    const [type, body] = entries[0]!;
    if (!isObject(body))
      throw new PipelineError('HW_PIPELINE_DEFINITION', `the processor [${type}] has no object of properties`, {
        processor: type,
      });
    const tag = typeof body['tag'] === 'string' ? body['tag'] : undefined;
    if (Object.hasOwn(refusedTypes, type))
      throw new PipelineError(
        'HW_PIPELINE_NOT_SERVED',
        `the processor [${type}] is not served: ${refusedTypes[type]}`,
        { processor: type, ...(tag === undefined ? {} : { tag }) },
      );
    if (!Object.hasOwn(processorTypes, type))
      throw new PipelineError('HW_PIPELINE_DEFINITION', `No processor type exists with name [${type}]`, {
        processor: type,
        ...(tag === undefined ? {} : { tag }),
      });
    const config = new ConfigReader(type, body);
    try {
      const description = config.text('description', null) ?? undefined;
      const ignoresFailure = config.boolean('ignore_failure', false);
      const source = config.has('if') ? config.raw('if') : undefined;
      if (source !== undefined && typeof source !== 'string')
        throw config.notServed('if', 'stored scripts are not served: write the condition itself');
      const condition = source === undefined ? undefined : compileCondition(source);
      const failure = config.raw('on_failure');
      if (Array.isArray(failure) && failure.length === 0)
        throw config.error('on_failure', 'processors list cannot be empty');
      const onFailure = failure === undefined ? [] : this.#compileSteps(failure, 'on_failure', depth + 1);
      const run = processorTypes[type]!(config, this.#context(depth));
      config.finish();
      return { type, tag, description, condition, run, ignoresFailure, onFailure };
    } catch (error) {
      throw asPipelineError(error).at({ processor: type, tag, pipeline: this.id });
    }
  }

  #context(depth: number): CompileContext {
    return {
      nowMs: this.#nowMs,
      pipeline: (id) => {
        const other = this.#pipelines(id);
        return other === undefined ? undefined : (document) => other.#run(document);
      },
      processor: (definition) => {
        const step = this.#step(definition, depth + 1);
        return (document) => this.#runStep(step, document);
      },
    };
  }
}

/** Compiles a pipeline. Throws PipelineError: what is not understood or not served is refused here, not when a document comes. */
export function compilePipeline(definition: unknown, options: PipelineOptions = {}): Pipeline {
  return new Pipeline(definition, options);
}

function asPipelineError(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PipelineError('HW_PIPELINE_VALUE', message, { cause: error });
}

function named(step: Step): { processor: string; tag: string | undefined; description: string | undefined } {
  return { processor: step.type, tag: step.tag, description: step.description };
}

function snapshot(document: IngestDocument): { source: Source; metadata: Metadata; ingest: Source } {
  return structuredClone({ source: document.source, metadata: document.metadata, ingest: document.ingest });
}
