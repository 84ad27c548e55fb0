import type { IndexHandle } from '../cluster/index-handle.ts';
import type { Store } from '../cluster/store.ts';
import type { StoredDocument, WriteOp, WriteResult } from '../engine/shard.ts';
import { contentParseError, EsError, illegalArgument, parsingError, validationFailed } from '../errors.ts';
import type { Flow } from '../flow.ts';
import {
  copyJson,
  isJsonObject,
  type Json,
  JsonDocument,
  type JsonObject,
  jsonEquals,
  parseJson,
  tokenNameOf,
} from '../json/json-value.ts';
import { RawJson, writeJson } from '../json/json-writer.ts';
import { Dsl } from '../query/dsl.ts';
import { selectSource } from '../search/fetch.ts';
import { parseSource, type SourceRequest } from '../search/search-request.ts';
import { assertRouting, routingOf } from './documents.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { sourceOf, sourceParams } from './source-params.ts';
import {
  applyRefresh,
  assertNoMistakes,
  type Concurrency,
  concurrencyOf,
  refreshOf,
  writeAnswer,
  writeMistakes,
} from './write-params.ts';

const params = [
  'if_primary_term',
  'if_seq_no',
  'lang',
  'refresh',
  'require_alias',
  'retry_on_conflict',
  'routing',
  'timeout',
  'version',
  'version_type',
  'wait_for_active_shards',
  ...sourceParams,
];

export function updateRoutes(store: Store, flow: Flow): RestRoute[] {
  return [
    { methods: ['POST'], path: '/{index}/_update/{id}', params, handler: (request) => update(store, flow, request) },
  ];
}

/** The body of an update. */
export interface UpdateBody {
  doc: JsonObject | null;
  upsert: JsonObject | null;
  isDocUpsert: boolean;
  detectsNoop: boolean;
  hasScript: boolean;
  source: SourceRequest | null;
  ifSeqNo?: number;
  ifPrimaryTerm?: number;
}

/** Reads an update's body; numbers of documents are kept as they were written. */
export function parseUpdate(bytes: Buffer): UpdateBody {
  const body: UpdateBody = {
    doc: null,
    upsert: null,
    isDocUpsert: false,
    detectsNoop: true,
    hasScript: false,
    source: null,
  };
  const root = parseJson(bytes, { exactNumbers: true, positions: true });
  const document = new JsonDocument(bytes, root);
  if (!isJsonObject(root)) {
    throw parsingError(`Expected [START_OBJECT] but found [${tokenNameOf(root)}]`, { line: 1, column: 1 });
  }
  const dsl = new Dsl(document, new Map());
  const flag = (key: string, value: Json): boolean => {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    const cause = illegalArgument(`Failed to parse value [${String(value)}] as only [true] or [false] are allowed.`);
    throw contentParseError(`[UpdateRequest] failed to parse field [${key}]`, dsl.at(root, key), cause);
  };
  for (const [key, value] of root) {
    switch (key) {
      case 'doc':
      case 'upsert':
        if (!isJsonObject(value)) throw dsl.wrongType('UpdateRequest', root, key);
        body[key] = value;
        break;
      case 'doc_as_upsert':
        body.isDocUpsert = flag(key, value);
        break;
      case 'detect_noop':
        body.detectsNoop = flag(key, value);
        break;
      case 'script':
      case 'scripted_upsert':
        body.hasScript ||= key === 'script';
        break;
      case '_source':
        body.source = parseSource(value, root, dsl);
        break;
      case 'if_seq_no':
        body.ifSeqNo = Number(value);
        break;
      case 'if_primary_term':
        body.ifPrimaryTerm = Number(value);
        break;
      default:
        throw dsl.unknownField('UpdateRequest', root, key);
    }
  }
  return body;
}

/** What is wrong with an update before it is tried. */
export function updateMistakes(body: UpdateBody): string[] {
  const mistakes: string[] = [];
  if (!body.hasScript && body.doc === null) mistakes.push('script or doc is missing');
  if (body.hasScript && body.doc !== null) mistakes.push("can't provide both script and doc");
  if (body.doc === null && body.isDocUpsert) mistakes.push('doc must be specified if doc_as_upsert is enabled');
  return mistakes;
}

export interface UpdateOutcome {
  /** Null: nothing was to change. */
  result: WriteResult | null;
  document: StoredDocument | null;
  source: Buffer;
}

/** Reads the document, changes it and writes it back: in one turn, so nothing comes between. */
export function applyUpdate(
  index: IndexHandle,
  id: string,
  routing: string | null,
  body: UpdateBody,
  wants: Concurrency,
): UpdateOutcome {
  if (body.hasScript) throw illegalArgument('script_lang not supported [painless]');
  const shard = index.shardFor(id, routing);
  const current = shard.get(id);
  const run = (op: WriteOp): WriteResult => {
    const [result] = index.apply(shard, [op]);
    if (result instanceof EsError) throw result;
    return result!;
  };
  if (current === null) {
    const created = body.isDocUpsert ? body.doc : body.upsert;
    if (created === null) {
      throw new EsError(404, 'document_missing_exception', `[${id}]: document missing`, {
        index: index.name,
        shard: String(shard.options.shardId),
        index_uuid: index.uuid,
      });
    }
    const source = writeJson(created);
    return { result: run({ kind: 'create', id, routing, source }), document: null, source };
  }
  const ifSeqNo = wants.ifSeqNo ?? body.ifSeqNo;
  const ifPrimaryTerm = wants.ifPrimaryTerm ?? body.ifPrimaryTerm;
  if (ifSeqNo !== undefined && (current.seqNo !== ifSeqNo || current.primaryTerm !== ifPrimaryTerm)) {
    throw new EsError(
      409,
      'version_conflict_engine_exception',
      `[${id}]: version conflict, required seqNo [${ifSeqNo}], primary term [${ifPrimaryTerm}]. current document has seqNo [${current.seqNo}] and primary term [${current.primaryTerm}]`,
      { index: index.name, shard: String(shard.options.shardId), index_uuid: index.uuid },
    );
  }
  const merged = copyJson(parseJson(current.source, { exactNumbers: true }) as JsonObject);
  const isChanged = mergeInto(merged, body.doc!);
  if (!isChanged && body.detectsNoop) {
    index.counters.noops++;
    return { result: null, document: current, source: current.source };
  }
  const source = writeJson(merged);
  return { result: run({ kind: 'index', id, routing: current.routing, source }), document: current, source };
}

/** Puts the fields of `changes` into `target`, objects into objects; true when something is different then. */
function mergeInto(target: JsonObject, changes: JsonObject): boolean {
  let isChanged = false;
  for (const [key, value] of changes) {
    const before = target.get(key);
    if (isJsonObject(value) && before !== undefined && isJsonObject(before)) {
      if (mergeInto(before, value)) isChanged = true;
      continue;
    }
    if (before === undefined || !jsonEquals(before, value)) isChanged = true;
    target.set(key, value);
  }
  return isChanged;
}

async function update(store: Store, flow: Flow, request: RestRequest): Promise<RestAnswer> {
  const id = request.part('id');
  const refresh = refreshOf(request.text('refresh'));
  const wants = concurrencyOf(request);
  const requireAlias = request.boolean('require_alias', false);
  const bytes = await request.body();
  if (bytes.length === 0) throw validationFailed('script or doc is missing');
  const body = parseUpdate(bytes);
  assertNoMistakes([...writeMistakes(id, 'update', wants), ...updateMistakes(body)]);
  const { index, alias } = await store.forWrite(request.part('index'), requireAlias);
  index.assertWritable();
  const routing = routingOf(request.text('routing'), alias);
  assertRouting(index, id, routing);
  const outcome = applyUpdate(index, id, routing, body, wants);
  await index.settle([index.shardFor(id, routing)]);
  await applyRefresh(refresh, [[index, [index.shardFor(id, routing)]]]);
  flow.record(request.ctx, index.name, 'index', 1);
  const answer = updateAnswer(index, id, outcome, refresh === 'true', sourceOf(request) ?? body.source);
  const isCreated = outcome.result?.result === 'created';
  return {
    status: isCreated ? 201 : 200,
    ...(isCreated
      ? { headers: { location: `/${encodeURIComponent(index.name)}/_doc/${encodeURIComponent(id)}` } }
      : {}),
    body: answer,
  };
}

export function updateAnswer(
  index: IndexHandle,
  id: string,
  { result, document, source }: UpdateOutcome,
  isRefreshed: boolean,
  wanted: SourceRequest | null,
): Record<string, unknown> {
  const answer: Record<string, unknown> =
    result === null
      ? {
          _index: index.name,
          _id: id,
          _version: document!.version,
          result: 'noop',
          _shards: { total: 0, successful: 0, failed: 0 },
          _seq_no: document!.seqNo,
          _primary_term: document!.primaryTerm,
        }
      : writeAnswer(index, id, result, isRefreshed);
  if (wanted?.isEnabled === true) {
    const shown = selectSource(source, wanted, index.mapping);
    answer['get'] = {
      _seq_no: answer['_seq_no'],
      _primary_term: answer['_primary_term'],
      found: true,
      ...(shown === null ? {} : { _source: new RawJson(shown) }),
    };
  }
  return answer;
}
