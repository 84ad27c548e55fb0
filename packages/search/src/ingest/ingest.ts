import type { Metadata, Pipeline, Source } from '@headwater/pipeline';
import { resolveOne } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { EsError, fromJsonError, illegalArgument, mapperParsing } from '../errors.ts';
import { JsonError } from '../json/json-error.ts';
import { isJsonObject, type Json, parseJson } from '../json/json-value.ts';
import { writeJson } from '../json/json-writer.ts';
import { fromPlain, toPlain } from './ingest-source.ts';
import { documentError } from './pipeline-registry.ts';

/** A document on its way into an index. */
export interface Incoming {
  index: string;
  id: string | null;
  routing: string | null;
  source: Buffer;
}

/** Pipelines that an index asks for, null for none. */
export interface IndexPipelines {
  defaultPipeline: string | null;
  finalPipeline: string | null;
}

const none: IndexPipelines = { defaultPipeline: null, finalPipeline: null };

/** What the settings of an index say; an index that is not there yet asks for none. */
export function pipelinesOf(store: Store, name: string): IndexPipelines {
  const found = resolveOne(name, store, true);
  if (found === null) return none;
  const setting = (key: string): string | null => {
    const value = found.index.settings.flat.get(key);
    return typeof value !== 'string' || value === '_none' ? null : value;
  };
  return { defaultPipeline: setting('index.default_pipeline'), finalPipeline: setting('index.final_pipeline') };
}

/**
 * Sends a document through the pipeline of its request, or else its index's `default_pipeline`, and then `final_pipeline`: that of the index it is
 * bound for afterwards. Null when it was dropped. Throws EsError.
 */
export async function ingest(
  store: Store,
  document: Incoming,
  requested: string | null,
  known: IndexPipelines = pipelinesOf(store, document.index),
): Promise<Incoming | null> {
  const first = requested === '_none' ? null : (requested ?? known.defaultPipeline);
  if (first === null && known.finalPipeline === null) return document;
  let moved: Moving | null = parseSource(document);
  let final = known.finalPipeline;
  if (first !== null) {
    moved = runOne(await store.pipelines.get(first), moved);
    if (moved === null) return null;
    if (moved.index !== document.index) final = pipelinesOf(store, moved.index).finalPipeline;
  }
  if (final !== null) {
    const bound = moved.index;
    moved = runOne(await store.pipelines.get(final), moved);
    if (moved === null) return null;
    if (moved.index !== bound)
      throw illegalArgument(
        `final pipeline [${final}] can't change the target index (from [${bound}] to [${moved.index}])`,
      );
  }
  const { index, id, routing, plain, original } = moved;
  return { index, id, routing, source: writeJson(fromPlain(plain, original)) };
}

interface Moving {
  index: string;
  id: string | null;
  routing: string | null;
  plain: Source;
  original: Json;
}

function parseSource({ index, id, routing, source }: Incoming): Moving {
  let original: Json;
  try {
    original = parseJson(source, { exactNumbers: true });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw mapperParsing('failed to parse', fromJsonError(error));
  }
  if (!isJsonObject(original)) throw mapperParsing('failed to parse', illegalArgument('a document is a JSON object'));
  return { index, id, routing, plain: toPlain(original) as Source, original };
}

function runOne(pipeline: Pipeline, document: Moving): Moving | null {
  const metadata: Metadata = { _index: document.index };
  if (document.id !== null) metadata['_id'] = document.id;
  if (document.routing !== null) metadata['_routing'] = document.routing;
  const result = pipeline.run(document.plain, metadata);
  if (result.kind === 'dropped') return null;
  if (result.kind === 'error') throw documentError(result.error);
  const text = (name: string): string | null => {
    const value = result.metadata[name];
    return value === undefined || value === null ? null : String(value);
  };
  const index = text('_index');
  if (index === null)
    throw new EsError(400, 'illegal_argument_exception', 'the pipeline took the _index of the document away');
  return { index, id: text('_id'), routing: text('_routing'), plain: result.document, original: document.original };
}
