import type { Alias, IndexHandle } from '../cluster/index-handle.ts';
import { newDocumentId, type Store } from '../cluster/store.ts';
import { makeBreath } from '../engine/breath.ts';
import type { Shard, WriteOp, WriteResult } from '../engine/shard.ts';
import { EsError, fromJsonError, illegalArgument, parseException, validationFailed } from '../errors.ts';
import type { Flow } from '../flow.ts';
import { type IndexPipelines, ingest, pipelinesOf } from '../ingest/ingest.ts';
import { JsonError } from '../json/json-error.ts';
import { quote, RawJson, writeJsonText } from '../json/json-writer.ts';
import type { SourceRequest } from '../search/search-request.ts';
import { type BulkItem, parseBulk } from './bulk-parser.ts';
import { assertRouting, routingOf } from './documents.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { sourceOf, sourceParams } from './source-params.ts';
import { applyUpdate, parseUpdate, updateAnswer, updateMistakes } from './update.ts';
import {
  applyRefresh,
  assertNoPipeline,
  droppedAnswer,
  refreshOf,
  writeAnswer,
  writeMistakes,
} from './write-params.ts';

const params = [
  'batch_size',
  'pipeline',
  'refresh',
  'require_alias',
  'routing',
  'timeout',
  'type',
  'wait_for_active_shards',
  ...sourceParams,
];

export function bulkRoutes(store: Store, flow: Flow): RestRoute[] {
  const handler = (request: RestRequest): Promise<RestAnswer> => bulk(store, flow, request);
  return [
    { methods: ['POST', 'PUT'], path: '/_bulk', params, handler, isLenientType: true },
    { methods: ['POST', 'PUT'], path: '/{index}/_bulk', params, handler, isLenientType: true },
  ];
}

interface Target {
  index: IndexHandle;
  alias: Alias | null;
}

/** What the request says for items that say nothing themselves. */
interface BulkDefaults {
  index: string | null;
  routing: string | null;
  pipeline: string | null;
  requireAlias: boolean;
  source: SourceRequest | null;
}

/** Writes that wait to be applied to a shard together. */
interface Pending {
  index: IndexHandle;
  ops: WriteOp[];
  items: BulkItem[];
  places: number[];
}

const itemsAtOnce = 256;
const mistakesMax = 1_000;

async function bulk(store: Store, flow: Flow, request: RestRequest): Promise<RestAnswer> {
  const startedMs = performance.now();
  const refresh = refreshOf(request.text('refresh'));
  const body = await request.body();
  if (body.length === 0) throw parseException('request body is required');
  const defaults: BulkDefaults = {
    index: request.text('index'),
    routing: request.text('routing'),
    pipeline: request.text('pipeline'),
    requireAlias: request.boolean('require_alias', false),
    source: sourceOf(request),
  };
  checkAll(body, defaults.index);
  // Answers shaped by the request are kept as values; others are text at once, which is a tenth of the memory.
  const isText = !request.has('filter_path') && !request.has('pretty');
  const run = new BulkRun(store, body, defaults, { isRefreshed: refresh === 'true', isText });
  await run.apply();
  await applyRefresh(refresh, run.touched);
  for (const [name, count] of run.written) flow.record(request.ctx, name, 'index', count);
  const took = Math.round(performance.now() - startedMs);
  return { status: 200, body: { took, errors: run.hasErrors, items: run.items() } };
}

/** Mistakes that refuse the request as a whole. The body is read twice, so that its items need not be kept. */
function checkAll(body: Buffer, defaultIndex: string | null): void {
  const mistakes: string[] = [];
  let count = 0;
  for (const item of parseBulk(body)) {
    count++;
    if ((item.index ?? defaultIndex) === null) mistakes.push('index is missing');
    if (item.id === null && (item.action === 'delete' || item.action === 'update')) mistakes.push('id is missing');
    if (item.action === 'update') mistakes.push(...updateMistakes(parseUpdate(item.source!)));
    mistakes.push(...writeMistakes(item.id, item.action, item));
    if (mistakes.length >= mistakesMax) break;
  }
  if (count === 0) mistakes.push('no requests added');
  if (mistakes.length > 0) throw validationFailed(...mistakes);
}

class BulkRun {
  /** Shards that were written to. */
  readonly touched = new Map<IndexHandle, Set<Shard>>();
  readonly written = new Map<string, number>();
  hasErrors = false;
  readonly #store: Store;
  readonly #body: Buffer;
  readonly #defaults: BulkDefaults;
  readonly #isRefreshed: boolean;
  readonly #isText: boolean;
  readonly #answers: unknown[] = [];
  readonly #targets = new Map<string, Target | EsError>();
  readonly #pending = new Map<Shard, Pending>();
  readonly #pipelines = new Map<string, IndexPipelines>();
  /** Items that a pipeline has sent to another index, by place. */
  readonly #moved = new Map<number, BulkItem>();
  #waiting = 0;

  constructor(
    store: Store,
    body: Buffer,
    defaults: BulkDefaults,
    { isRefreshed, isText }: { isRefreshed: boolean; isText: boolean },
  ) {
    this.#store = store;
    this.#body = body;
    this.#defaults = defaults;
    this.#isRefreshed = isRefreshed;
    this.#isText = isText;
  }

  items(): unknown {
    if (!this.#isText) return this.#answers;
    return new RawJson(Buffer.from(`[${this.#answers.join(',')}]`));
  }

  async apply(): Promise<void> {
    const breath = makeBreath();
    let place = 0;
    for (const sent of parseBulk(this.#body)) {
      const at = place++;
      let item = sent;
      try {
        const made = await this.#ingest(at, sent);
        if (made === null) continue;
        item = made;
        const target = this.#knownTarget(item) ?? (await this.#target(item));
        if (target instanceof EsError) throw target;
        this.#add(at, item, target);
      } catch (error) {
        this.#fail(at, item, error);
      }
      if (this.#waiting >= itemsAtOnce) {
        this.#flush();
        await breath();
      }
    }
    this.#flush();
    for (const [index, shards] of this.touched) {
      try {
        await index.settle(shards);
      } catch (error) {
        this.#failAll(index, error);
      }
    }
  }

  /** None of what was written to the index is known to be durable. */
  #failAll(index: IndexHandle, error: unknown): void {
    let place = 0;
    for (const sent of parseBulk(this.#body)) {
      const item = this.#moved.get(place) ?? sent;
      const target = this.#knownTarget(item);
      if (target !== undefined && !(target instanceof EsError) && target.index === index)
        this.#fail(place, item, error);
      place++;
    }
  }

  /** The item as its pipelines make it; null when they drop it. Most items have none, and wait for nothing. */
  #ingest(place: number, item: BulkItem): BulkItem | null | Promise<BulkItem | null> {
    if (item.action !== 'index' && item.action !== 'create') return item;
    const requested = item.pipeline ?? this.#defaults.pipeline;
    const name = item.index ?? this.#defaults.index!;
    let known = this.#pipelines.get(name);
    if (known === undefined) {
      known = pipelinesOf(this.#store, name);
      this.#pipelines.set(name, known);
    }
    const first = requested === '_none' ? null : (requested ?? known.defaultPipeline);
    if (first === null && known.finalPipeline === null) return item;
    return this.#ingestNow(place, item, name, requested, known);
  }

  async #ingestNow(
    place: number,
    item: BulkItem,
    index: string,
    requested: string | null,
    known: IndexPipelines,
  ): Promise<BulkItem | null> {
    const routing = item.routing ?? this.#defaults.routing;
    const made = await ingest(this.#store, { index, id: item.id, routing, source: item.source! }, requested, known);
    if (made === null) {
      this.#answer(place, { [item.action]: { ...droppedAnswer(index, item.id), status: 200 } });
      return null;
    }
    const out: BulkItem = { ...item, ...made };
    if (made.index !== index) this.#moved.set(place, out);
    return out;
  }

  #key(item: BulkItem): string {
    const name = item.index ?? this.#defaults.index!;
    return `${(item.requireAlias ?? this.#defaults.requireAlias) ? 'alias ' : ''}${item.action === 'delete' ? 'delete ' : ''}${name}`;
  }

  #knownTarget(item: BulkItem): Target | EsError | undefined {
    return this.#targets.get(this.#key(item));
  }

  async #target(item: BulkItem): Promise<Target | EsError> {
    let target: Target | EsError;
    try {
      target = await this.#resolve(item);
      target.index.assertWritable();
    } catch (error) {
      if (!(error instanceof EsError)) throw error;
      target = error;
    }
    this.#targets.set(this.#key(item), target);
    return target;
  }

  async #resolve(item: BulkItem): Promise<Target> {
    const name = item.index ?? this.#defaults.index!;
    const requireAlias = item.requireAlias ?? this.#defaults.requireAlias;
    if (item.action !== 'delete' || item.versionType !== undefined) return this.#store.forWrite(name, requireAlias);
    const found = await this.#store.forRead(name);
    return found.alias === null ? found : this.#store.forWrite(name, requireAlias);
  }

  #add(i: number, item: BulkItem, { index, alias }: Target): void {
    if (item.action === 'update') assertNoPipeline(item.pipeline);
    if (item.id === '') throw illegalArgument('if _id is specified it must not be empty');
    const id = item.id ?? newDocumentId();
    const routing = routingOf(item.routing ?? this.#defaults.routing, alias);
    assertRouting(index, id, routing);
    const shard = index.shardFor(id, routing);
    let shards = this.touched.get(index);
    if (shards === undefined) {
      shards = new Set();
      this.touched.set(index, shards);
    }
    shards.add(shard);
    if (item.action === 'update') {
      // It reads what the items before it have written.
      this.#flush();
      const body = parseUpdate(item.source!);
      const outcome = applyUpdate(index, id, routing, body, item);
      const source = this.#sourceOf(item) ?? body.source;
      const answer = updateAnswer(index, id, outcome, this.#isRefreshed, source);
      answer['status'] = outcome.result?.result === 'created' ? 201 : 200;
      this.#answer(i, { update: answer });
      this.#count(index);
      return;
    }
    let pending = this.#pending.get(shard);
    if (pending === undefined) {
      pending = { index, ops: [], items: [], places: [] };
      this.#pending.set(shard, pending);
    }
    const kind = item.action === 'index' && item.id === null ? 'create' : item.action;
    pending.ops.push({
      kind,
      id,
      routing,
      source: item.source,
      ifSeqNo: item.ifSeqNo,
      ifPrimaryTerm: item.ifPrimaryTerm,
      version: item.version,
      versionType: item.versionType,
    });
    pending.items.push(item);
    pending.places.push(i);
    this.#waiting++;
  }

  #sourceOf(item: BulkItem): SourceRequest | null {
    if (item.sourceFilter === null) return this.#defaults.source;
    if (typeof item.sourceFilter === 'boolean') return { isEnabled: item.sourceFilter, includes: [], excludes: [] };
    return { isEnabled: true, includes: item.sourceFilter, excludes: [] };
  }

  #flush(): void {
    this.#waiting = 0;
    for (const [shard, { index, ops, items, places }] of this.#pending) {
      this.#pending.delete(shard);
      let results: (WriteResult | EsError)[];
      try {
        results = index.apply(shard, ops);
      } catch (error) {
        places.forEach((place, at) => {
          this.#fail(place, items[at]!, error);
        });
        continue;
      }
      results.forEach((result, at) => {
        const place = places[at]!;
        if (result instanceof EsError) this.#fail(place, items[at]!, result);
        else this.#succeed(place, items[at]!.action, index, ops[at]!.id, result);
      });
    }
  }

  #succeed(place: number, action: string, index: IndexHandle, id: string, result: WriteResult): void {
    const status = result.result === 'created' ? 201 : result.result === 'not_found' ? 404 : 200;
    if (this.#isText) this.#answers[place] = this.#successText(action, index, id, result, status);
    else this.#answers[place] = { [action]: { ...writeAnswer(index, id, result, this.#isRefreshed), status } };
    this.#count(index);
  }

  #count(index: IndexHandle): void {
    this.written.set(index.name, (this.written.get(index.name) ?? 0) + 1);
  }

  /** What `writeAnswer` gives, as text: a large request has a hundred thousand of them. */
  #successText(action: string, index: IndexHandle, id: string, result: WriteResult, status: number): string {
    const { version, seqNo, primaryTerm } = result;
    const refreshed = this.#isRefreshed ? ',"forced_refresh":true' : '';
    const shards = `{"total":${1 + index.replicaCount},"successful":1,"failed":0}`;
    return `{"${action}":{"_index":${quote(index.name)},"_id":${quote(id)},"_version":${version},"result":"${result.result}"${refreshed},"_shards":${shards},"_seq_no":${seqNo},"_primary_term":${primaryTerm},"status":${status}}}`;
  }

  #fail(place: number, item: BulkItem, thrown: unknown): void {
    let error = thrown;
    if (error instanceof JsonError) error = fromJsonError(error);
    if (!(error instanceof EsError)) {
      this.#store.logger.error(
        { error: String((thrown as Error)?.stack ?? thrown) },
        'an item of a bulk request failed',
      );
      error = new EsError(500, 'exception', 'the store failed on this document: see its log');
    }
    this.hasErrors = true;
    const { status } = error as EsError;
    this.#answer(place, {
      [item.action]: {
        _index: item.index ?? this.#defaults.index,
        _id: item.id,
        status,
        error: (error as EsError).toObject(),
      },
    });
  }

  #answer(place: number, answer: Record<string, unknown>): void {
    this.#answers[place] = this.#isText ? writeJsonText(answer) : answer;
  }
}
