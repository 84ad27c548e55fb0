import type { Alias, IndexHandle } from '../cluster/index-handle.ts';
import { newDocumentId, type Store } from '../cluster/store.ts';
import type { StoredDocument, WriteOp } from '../engine/shard.ts';
import { EsError, illegalArgument, parseException, resourceNotFound } from '../errors.ts';
import type { Flow } from '../flow.ts';
import { type Incoming, ingest } from '../ingest/ingest.ts';
import { RawJson } from '../json/json-writer.ts';
import { selectSource } from '../search/fetch.ts';
import type { SourceRequest } from '../search/search-request.ts';
import { SourceValues } from '../search/source-values.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { sourceOf, sourceParams } from './source-params.ts';
import {
  applyRefresh,
  assertNoMistakes,
  concurrencyOf,
  droppedAnswer,
  refreshOf,
  writeAnswer,
  writeMistakes,
} from './write-params.ts';

const writeParams = [
  'if_primary_term',
  'if_seq_no',
  'op_type',
  'pipeline',
  'refresh',
  'require_alias',
  'routing',
  'timeout',
  'version',
  'version_type',
  'wait_for_active_shards',
];
const getParams = [
  'preference',
  'realtime',
  'refresh',
  'routing',
  'stored_fields',
  'version',
  'version_type',
  ...sourceParams,
];

export function documentRoutes(store: Store, flow: Flow): RestRoute[] {
  const index = (request: RestRequest): Promise<RestAnswer> => write(store, flow, request, request.text('op_type'));
  const create = (request: RestRequest): Promise<RestAnswer> => write(store, flow, request, 'create');
  return [
    { methods: ['PUT', 'POST'], path: '/{index}/_doc/{id}', params: writeParams, handler: index },
    { methods: ['POST'], path: '/{index}/_doc', params: writeParams, handler: index },
    { methods: ['PUT', 'POST'], path: '/{index}/_create/{id}', params: writeParams, handler: create },
    {
      methods: ['DELETE'],
      path: '/{index}/_doc/{id}',
      params: writeParams,
      handler: (request) => remove(store, flow, request),
    },
    {
      methods: ['GET', 'HEAD'],
      path: '/{index}/_doc/{id}',
      params: getParams,
      handler: (request) => get(store, request),
    },
    {
      methods: ['GET', 'HEAD'],
      path: '/{index}/_source/{id}',
      params: getParams,
      handler: (request) => getSource(store, request),
    },
  ];
}

async function write(store: Store, flow: Flow, request: RestRequest, opType: string | null): Promise<RestAnswer> {
  const givenId = request.text('id');
  if (opType !== null && opType !== 'index' && opType !== 'create') {
    throw illegalArgument(`opType must be 'create' or 'index', found: [${opType}]`);
  }
  const kind = opType === 'create' || (givenId === null && opType === null) ? 'create' : 'index';
  const refresh = refreshOf(request.text('refresh'));
  const wants = concurrencyOf(request);
  const requireAlias = request.boolean('require_alias', false);
  const body = await request.body();
  if (body.length === 0) throw parseException('request body is required');
  assertNoMistakes(writeMistakes(givenId, givenId === null ? 'index' : kind, wants));
  const incoming: Incoming = {
    index: request.part('index'),
    id: givenId,
    routing: request.text('routing'),
    source: body,
  };
  const made = await ingest(store, incoming, request.text('pipeline'));
  if (made === null) return { status: 200, body: droppedAnswer(incoming.index, givenId) };
  const { source } = made;
  const { index, alias } = await store.forWrite(made.index, requireAlias);
  index.assertWritable();
  const id = made.id ?? newDocumentId();
  const routing = routingOf(made.routing, alias);
  assertRouting(index, id, routing);
  const op: WriteOp = { kind, id, routing, source, ...wants };
  const result = await applyOne(index, op);
  await applyRefresh(refresh, [[index, [index.shardFor(id, routing)]]]);
  flow.record(request.ctx, index.name, 'index', 1);
  const isCreated = result.result === 'created';
  return {
    status: isCreated ? 201 : 200,
    ...(isCreated
      ? { headers: { location: `/${encodeURIComponent(index.name)}/_doc/${encodeURIComponent(id)}` } }
      : {}),
    body: writeAnswer(index, id, result, refresh === 'true'),
  };
}

async function remove(store: Store, flow: Flow, request: RestRequest): Promise<RestAnswer> {
  const id = request.part('id');
  const refresh = refreshOf(request.text('refresh'));
  const wants = concurrencyOf(request);
  assertNoMistakes(writeMistakes(id, 'delete', wants));
  const { index, alias } =
    wants.versionType === undefined
      ? await existing(store, request.part('index'))
      : await store.forWrite(request.part('index'));
  index.assertWritable();
  const routing = routingOf(request.text('routing'), alias);
  assertRouting(index, id, routing);
  const result = await applyOne(index, { kind: 'delete', id, routing, source: null, ...wants });
  await applyRefresh(refresh, [[index, [index.shardFor(id, routing)]]]);
  flow.record(request.ctx, index.name, 'index', 1);
  return {
    status: result.result === 'not_found' ? 404 : 200,
    body: writeAnswer(index, id, result, refresh === 'true'),
  };
}

/** A delete does not make the index that it finds missing. */
async function existing(store: Store, name: string): Promise<{ index: IndexHandle; alias: Alias | null }> {
  const found = await store.forRead(name);
  return found.alias === null ? found : store.forWrite(name);
}

export async function applyOne(index: IndexHandle, op: WriteOp) {
  const shard = index.shardFor(op.id, op.routing);
  const [result] = index.apply(shard, [op]);
  await index.settle([shard]);
  if (result instanceof EsError) throw result;
  return result!;
}

/** The routing that a request names, or that its alias gives. */
export function routingOf(given: string | null, alias: Alias | null): string | null {
  return given ?? alias?.indexRouting ?? null;
}

export function assertRouting(index: IndexHandle, id: string, routing: string | null): void {
  if (routing !== null || !index.mapping.isRoutingRequired) return;
  throw new EsError(400, 'routing_missing_exception', `routing is required for [${index.name}]/[${id}]`, {
    index: index.name,
    index_uuid: index.uuid,
  });
}

async function find(
  store: Store,
  request: RestRequest,
): Promise<{ index: IndexHandle; id: string; document: StoredDocument | null }> {
  const id = request.part('id');
  const isRealtime = request.boolean('realtime', true);
  const shouldRefresh = request.boolean('refresh', false);
  const version = request.long('version');
  const { index, alias } = await store.forRead(request.part('index'));
  const routing = routingOf(request.text('routing'), alias);
  assertRouting(index, id, routing);
  if (shouldRefresh) index.refresh();
  const document = index.get(id, routing, isRealtime);
  if (document !== null && version !== undefined && document.version !== version) {
    throw new EsError(
      409,
      'version_conflict_engine_exception',
      `[${id}]: version conflict, current version [${document.version}] is different than the one provided [${version}]`,
      { index: index.name, shard: '0', index_uuid: index.uuid },
    );
  }
  return { index, id, document };
}

async function get(store: Store, request: RestRequest): Promise<RestAnswer> {
  const source = sourceOf(request);
  const storedFields = request.list('stored_fields');
  const { index, id, document } = await find(store, request);
  const body = documentAnswer(index, id, document, source, storedFields);
  return { status: document === null ? 404 : 200, body };
}

/** A document as get and mget show it. */
export function documentAnswer(
  index: IndexHandle,
  id: string,
  document: StoredDocument | null,
  source: SourceRequest | null,
  storedFields: readonly string[] | null,
): Record<string, unknown> {
  if (document === null) return { _index: index.name, _id: id, found: false };
  const showsSource = source !== null || storedFields === null || storedFields.includes('_source');
  const bytes = showsSource ? selectSource(document.source, source, index.mapping) : null;
  const fields = storedFields === null ? null : readStored(index, document, storedFields);
  return {
    _index: index.name,
    _id: id,
    _version: document.version,
    _seq_no: document.seqNo,
    _primary_term: document.primaryTerm,
    ...(document.routing === null ? {} : { _routing: document.routing }),
    found: true,
    ...(bytes === null ? {} : { _source: new RawJson(bytes) }),
    ...(fields === null ? {} : { fields }),
  };
}

function readStored(
  index: IndexHandle,
  document: StoredDocument,
  names: readonly string[],
): Record<string, unknown[]> | null {
  const values = new SourceValues(document.source);
  const fields: [string, unknown[]][] = [];
  for (const name of names) {
    const field = index.mapping.field(name);
    if (field === undefined || !field.isStored) continue;
    const found = values.of(field.path, index.mapping).map((value) => field.fetchValue(value));
    if (found.length > 0) fields.push([name, found]);
  }
  return fields.length === 0 ? null : Object.fromEntries(fields);
}

async function getSource(store: Store, request: RestRequest): Promise<RestAnswer> {
  const source = sourceOf(request);
  if (source?.isEnabled === false) throw illegalArgument('fetching source can not be disabled');
  const { index, id, document } = await find(store, request);
  if (document === null) throw resourceNotFound(`Document not found [${index.name}]/[${id}]`);
  const bytes = selectSource(document.source, source, index.mapping);
  if (bytes === null) throw resourceNotFound(`Source not found [${index.name}]/[${id}]`);
  return { status: 200, body: new RawJson(bytes) };
}
