import type { Pipeline, PipelineResult, ProcessorTrace, Source } from '@headwater/pipeline';
import type { Store } from '../cluster/store.ts';
import { illegalArgument, parseException } from '../errors.ts';
import { fromPlain, toPlain } from '../ingest/ingest-source.ts';
import { documentError } from '../ingest/pipeline-registry.ts';
import { isJsonObject, type Json, JsonObject } from '../json/json-value.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const timeouts = ['timeout', 'master_timeout', 'cluster_manager_timeout'];
const docsMax = 1_000;

/** Ingest pipelines: kept, shown, removed, and tried on documents. */
export function ingestRoutes(store: Store): RestRoute[] {
  const get = (request: RestRequest): RestAnswer => getPipelines(store, request);
  const simulated = (request: RestRequest): Promise<RestAnswer> => simulate(store, request);
  return [
    { methods: ['GET'], path: '/_ingest/pipeline', params: ['summary', ...timeouts], handler: get },
    { methods: ['GET'], path: '/_ingest/pipeline/{id}', params: ['summary', ...timeouts], handler: get },
    {
      methods: ['PUT'],
      path: '/_ingest/pipeline/{id}',
      params: timeouts,
      handler: async (request) => {
        await store.pipelines.put(pipelineId(request), await request.object());
        return { status: 200, body: { acknowledged: true } };
      },
    },
    {
      methods: ['DELETE'],
      path: '/_ingest/pipeline/{id}',
      params: timeouts,
      handler: async (request) => {
        await store.pipelines.delete(request.part('id'));
        return { status: 200, body: { acknowledged: true } };
      },
    },
    ...['/_ingest/pipeline/_simulate', '/_ingest/pipeline/{id}/_simulate'].map((path) => ({
      methods: ['GET', 'POST'],
      path,
      params: ['verbose'],
      handler: simulated,
    })),
    {
      methods: ['GET'],
      path: '/_ingest/processor/grok',
      params: ['s'],
      handler: async (request) => {
        const { grokPatterns } = await import('@headwater/pipeline');
        const entries = Object.entries(grokPatterns);
        if (request.boolean('s', false)) entries.sort(([a], [b]) => (a < b ? -1 : 1));
        return { status: 200, body: { patterns: Object.fromEntries(entries) } };
      },
    },
  ];
}

function pipelineId(request: RestRequest): string {
  const id = request.part('id');
  if (id.length > 512 || /[\s,*?"<>|\\/#]/.test(id)) throw illegalArgument(`invalid pipeline id [${id.slice(0, 600)}]`);
  return id;
}

function getPipelines(store: Store, request: RestRequest): RestAnswer {
  const patterns = request.list('id') ?? ['*'];
  const found = store.pipelines.find(patterns);
  const isSummary = request.boolean('summary', false);
  const body = new JsonObject();
  for (const [id, definition] of found) body.set(id, isSummary ? new JsonObject() : definition);
  const isMissing = found.length === 0 && request.has('id') && patterns.some((pattern) => !pattern.includes('*'));
  return { status: isMissing ? 404 : 200, body };
}

async function simulate(store: Store, request: RestRequest): Promise<RestAnswer> {
  const body = await request.object();
  const isVerbose = request.boolean('verbose', false);
  const id = request.text('id');
  const definition = body.get('pipeline');
  let pipeline: Pipeline;
  if (id !== null) pipeline = await store.pipelines.get(id);
  else if (definition !== undefined && isJsonObject(definition))
    pipeline = await store.pipelines.compile(definition as JsonObject, '_simulate_pipeline');
  else throw parseException('[pipeline] required property is missing');
  const docs = body.get('docs');
  if (!Array.isArray(docs)) throw parseException('[docs] required property is missing');
  if (docs.length === 0) throw illegalArgument('must specify at least one document in [docs]');
  if (docs.length > docsMax)
    throw illegalArgument(`[docs] holds [${docs.length}] documents, at most [${docsMax}] are tried at once`);
  return { status: 200, body: { docs: docs.map((doc) => simulateOne(pipeline, doc, isVerbose)) } };
}

function simulateOne(pipeline: Pipeline, doc: Json, isVerbose: boolean): unknown {
  const original = isJsonObject(doc) ? (doc as JsonObject).get('_source') : undefined;
  if (original === undefined || !isJsonObject(original)) throw parseException('[_source] required property is missing');
  const metadata: Record<string, unknown> = { _index: '_index', _id: '_id' };
  for (const name of ['_index', '_id', '_routing', '_version', '_version_type']) {
    const value = (doc as JsonObject).get(name);
    if (value !== undefined && value !== null) metadata[name] = toPlain(value);
  }
  const source = toPlain(original) as Source;
  if (!isVerbose) return resultJson(pipeline.run(source, metadata), original);
  const { steps } = pipeline.trace(source, metadata);
  return { processor_results: steps.map((step) => stepJson(step, original)) };
}

function resultJson(result: PipelineResult, original: Json): unknown {
  if (result.kind === 'dropped') return null;
  if (result.kind === 'error') return { error: documentError(result.error).toErrorObject() };
  return { doc: documentJson(result.metadata, result.document, result.ingest, original) };
}

function stepJson(step: ProcessorTrace, original: Json): unknown {
  return {
    processor_type: step.processor,
    status: step.status,
    ...(step.description === undefined ? {} : { description: step.description }),
    ...(step.tag === undefined ? {} : { tag: step.tag }),
    ...(step.error === undefined
      ? {}
      : step.status === 'error_ignored'
        ? { ignored_error: { error: documentError(step.error).toErrorObject() } }
        : { error: documentError(step.error).toErrorObject() }),
    ...(step.document === undefined
      ? {}
      : { doc: documentJson(step.document.metadata, step.document.source, step.document.ingest, original) }),
  };
}

function documentJson(metadata: object, source: Source, ingest: Source, original: Json): unknown {
  return { ...metadata, _source: fromPlain(source, original), _ingest: fromPlain(ingest, undefined) };
}
