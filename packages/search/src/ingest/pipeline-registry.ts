import type { Pipeline, PipelineError } from '@headwater/pipeline';
import { EsError, illegalArgument, resourceNotFound } from '../errors.ts';
import { isJsonObject, type JsonObject, parseJson } from '../json/json-value.ts';
import { writeJson } from '../json/json-writer.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { SearchStoreError } from '../search-store-error.ts';
import { toPlain } from './ingest-source.ts';

const pipelinesMax = 2_000;

/** Where the definitions are kept; null keeps them in memory. */
export interface PipelineFile {
  read(): Promise<Buffer | null>;
  write(bytes: Buffer): Promise<void>;
}

/** The ingest pipelines of a store, by id. The library that runs them is loaded with the first one that is used. */
export class PipelineRegistry {
  readonly #file: PipelineFile | null;
  readonly #definitions = new Map<string, JsonObject>();
  readonly #compiled = new Map<string, Pipeline | EsError>();
  #saving: Promise<void> = Promise.resolve();

  constructor(file: PipelineFile | null) {
    this.#file = file;
  }

  async load(): Promise<void> {
    const bytes = (await this.#file?.read()) ?? null;
    if (bytes === null) return;
    let state: JsonObject | undefined;
    try {
      state = parseJson(bytes, { exactNumbers: true }) as JsonObject;
    } catch {
      state = undefined;
    }
    const pipelines =
      state !== undefined && isJsonObject(state) && state.get('format') === 1 ? state.get('pipelines') : undefined;
    if (pipelines === undefined || !isJsonObject(pipelines)) {
      throw new SearchStoreError(
        'HW_SEARCH_CORRUPT_FILE',
        'pipelines.json of the data directory cannot be read: restore it, or move it away and put the ingest pipelines again',
      );
    }
    for (const [id, definition] of pipelines as JsonObject) this.#definitions.set(id, definition as JsonObject);
  }

  get size(): number {
    return this.#definitions.size;
  }

  /** Definitions by ids and patterns, `*` among them; sorted by id. */
  find(patterns: readonly string[]): [string, JsonObject][] {
    return [...this.#definitions]
      .filter(([id]) => patterns.some((pattern) => pattern === '_all' || matchesWildcard(pattern, id)))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Compiles a definition that is not kept, for `_simulate`; pipelines it names are found here. */
  async compile(definition: JsonObject, id?: string): Promise<Pipeline> {
    await this.#compileAll();
    const { compilePipeline, PipelineError: Refusal } = await import('@headwater/pipeline');
    try {
      return compilePipeline(toPlain(definition), {
        ...(id === undefined ? {} : { id }),
        pipelines: (other) => {
          const found = this.#compiled.get(other);
          if (found instanceof EsError) throw found;
          return found;
        },
      });
    } catch (error) {
      if (error instanceof Refusal) throw definitionError(error);
      throw error;
    }
  }

  /** Throws `illegal_argument_exception` when there is none of this id. */
  async get(id: string): Promise<Pipeline> {
    await this.#compileAll();
    const found = this.#compiled.get(id);
    if (found === undefined) throw illegalArgument(`pipeline with id [${id}] does not exist`);
    if (found instanceof EsError) throw found;
    return found;
  }

  async put(id: string, definition: JsonObject): Promise<void> {
    const compiled = await this.compile(definition, id);
    if (!this.#definitions.has(id) && this.#definitions.size >= pipelinesMax)
      throw illegalArgument(`this store holds at most [${pipelinesMax}] ingest pipelines`);
    await this.#change(() => {
      this.#definitions.set(id, definition);
      this.#compiled.set(id, compiled);
    });
  }

  async delete(pattern: string): Promise<void> {
    const ids = this.find([pattern]).map(([id]) => id);
    if (ids.length === 0 && !pattern.includes('*')) throw resourceNotFound(`pipeline [${pattern}] is missing`);
    await this.#change(() => {
      for (const id of ids) {
        this.#definitions.delete(id);
        this.#compiled.delete(id);
      }
    });
  }

  async #compileAll(): Promise<void> {
    if (this.#compiled.size === this.#definitions.size) return;
    const { compilePipeline } = await import('@headwater/pipeline');
    for (const [id, definition] of this.#definitions) {
      if (this.#compiled.has(id)) continue;
      try {
        const options = { id, pipelines: (other: string): Pipeline | undefined => this.#known(other) };
        this.#compiled.set(id, compilePipeline(toPlain(definition), options));
      } catch (error) {
        // It was put by a version that served more: writes through it are refused, the others go on.
        this.#compiled.set(id, definitionError(error as PipelineError));
      }
    }
  }

  #known(id: string): Pipeline | undefined {
    const found = this.#compiled.get(id);
    if (found instanceof EsError) throw found;
    return found;
  }

  /** One change after the other; what cannot be kept is taken back. */
  #change(apply: () => void): Promise<void> {
    const changed = this.#saving.then(async () => {
      const before = new Map(this.#definitions);
      const compiledBefore = new Map(this.#compiled);
      apply();
      if (this.#file === null) return;
      try {
        await this.#file.write(
          writeJson({ format: 1, pipelines: new Map([...this.#definitions].sort(([a], [b]) => (a < b ? -1 : 1))) }),
        );
      } catch (error) {
        this.#definitions.clear();
        for (const [id, definition] of before) this.#definitions.set(id, definition);
        this.#compiled.clear();
        for (const [id, pipeline] of compiledBefore) this.#compiled.set(id, pipeline);
        throw error;
      }
    });
    this.#saving = changed.catch(() => {});
    return changed;
  }
}

/** A definition that is refused, in the real system's shape. */
export function definitionError(error: PipelineError): EsError {
  return new EsError(400, 'parse_exception', error.message, {
    ...(error.processor === undefined ? {} : { processor_type: error.processor }),
    ...(error.tag === undefined ? {} : { processor_tag: error.tag }),
    ...(error.field === undefined ? {} : { property_name: error.field }),
  });
}

/** A document that a pipeline could not treat. */
export function documentError(error: PipelineError): EsError {
  if (error.cause instanceof EsError) return error.cause;
  const isFail = error.code === 'HW_PIPELINE_FAILED';
  return new EsError(
    isFail ? 500 : 400,
    isFail ? 'fail_processor_exception' : 'illegal_argument_exception',
    error.message,
    {
      ...(error.processor === undefined ? {} : { processor_type: error.processor }),
      ...(error.tag === undefined ? {} : { processor_tag: error.tag }),
      ...(error.pipeline === undefined ? {} : { pipeline: error.pipeline }),
    },
  );
}
