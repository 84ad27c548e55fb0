import type { Alias, IndexHandle } from '../cluster/index-handle.ts';
import { newDocumentId, type Store } from '../cluster/store.ts';
import { makeBreath } from '../engine/breath.ts';
import type { Shard, WriteOp, WriteResult } from '../engine/shard.ts';
import { EsError, fromJsonError, illegalArgument, parseException, validationFailed } from '../errors.ts';
import type { Flow } from '../flow.ts';
import { JsonError } from '../json/json-error.ts';
import type { SourceRequest } from '../search/search-request.ts';
import { type BulkItem, parseBulk } from './bulk-parser.ts';
import { assertRouting, routingOf } from './documents.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { sourceOf, sourceParams } from './source-params.ts';
import { applyUpdate, parseUpdate, type UpdateBody, updateAnswer, updateMistakes } from './update.ts';
import { applyRefresh, assertNoPipeline, refreshOf, writeAnswer, writeMistakes } from './write-params.ts';

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
  places: number[];
}

const itemsAtOnce = 256;

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
  const items = [...parseBulk(body)];
  const updates = new Map<number, UpdateBody>();
  checkAll(items, defaults.index, updates);
  const run = new BulkRun(store, items, updates, defaults, refresh === 'true');
  await run.apply();
  await applyRefresh(refresh, run.touched);
  for (const [name, count] of run.written) flow.record(request.ctx, name, 'index', count);
  const took = Math.round(performance.now() - startedMs);
  return { status: 200, body: { took, errors: run.hasErrors, items: run.answers } };
}

/** Mistakes that refuse the request as a whole. */
function checkAll(items: readonly BulkItem[], defaultIndex: string | null, updates: Map<number, UpdateBody>): void {
  const mistakes: string[] = [];
  if (items.length === 0) mistakes.push('no requests added');
  items.forEach((item, i) => {
    if ((item.index ?? defaultIndex) === null) mistakes.push('index is missing');
    if (item.id === null && (item.action === 'delete' || item.action === 'update')) mistakes.push('id is missing');
    if (item.action === 'update') {
      const body = parseUpdate(item.source!);
      mistakes.push(...updateMistakes(body));
      updates.set(i, body);
    }
    mistakes.push(...writeMistakes(item.id, item.action, item));
  });
  if (mistakes.length > 0) throw validationFailed(...mistakes);
}

class BulkRun {
  readonly answers: Record<string, unknown>[];
  /** Shards that were written to. */
  readonly touched = new Map<IndexHandle, Set<Shard>>();
  readonly written = new Map<string, number>();
  hasErrors = false;
  readonly #store: Store;
  readonly #items: readonly BulkItem[];
  readonly #updates: ReadonlyMap<number, UpdateBody>;
  readonly #defaults: BulkDefaults;
  readonly #isRefreshed: boolean;
  readonly #targets = new Map<string, Target | EsError>();
  readonly #pending = new Map<Shard, Pending>();
  #waiting = 0;

  constructor(
    store: Store,
    items: readonly BulkItem[],
    updates: ReadonlyMap<number, UpdateBody>,
    defaults: BulkDefaults,
    isRefreshed: boolean,
  ) {
    this.#store = store;
    this.#items = items;
    this.#updates = updates;
    this.#defaults = defaults;
    this.#isRefreshed = isRefreshed;
    this.answers = new Array(items.length);
  }

  async apply(): Promise<void> {
    const breath = makeBreath();
    for (let i = 0; i < this.#items.length; i++) {
      const item = this.#items[i]!;
      try {
        const target = await this.#target(item);
        this.#add(i, item, target);
      } catch (error) {
        this.#fail(i, error);
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
        // None of what was written to the index is known to be durable.
        this.#items.forEach((item, i) => {
          const target = this.#targets.get(this.#key(item));
          if (target !== undefined && !(target instanceof EsError) && target.index === index) this.#fail(i, error);
        });
      }
    }
  }

  #key(item: BulkItem): string {
    const name = item.index ?? this.#defaults.index!;
    return `${(item.requireAlias ?? this.#defaults.requireAlias) ? 'alias ' : ''}${item.action === 'delete' ? 'delete ' : ''}${name}`;
  }

  async #target(item: BulkItem): Promise<Target> {
    const key = this.#key(item);
    let target = this.#targets.get(key);
    if (target === undefined) {
      try {
        target = await this.#resolve(item);
        target.index.assertWritable();
      } catch (error) {
        if (!(error instanceof EsError)) throw error;
        target = error;
      }
      this.#targets.set(key, target);
    }
    if (target instanceof EsError) throw target;
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
    assertNoPipeline(item.pipeline ?? this.#defaults.pipeline);
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
      const body = this.#updates.get(i)!;
      const outcome = applyUpdate(index, id, routing, body, item);
      const source = this.#sourceOf(item) ?? body.source;
      const answer = updateAnswer(index, id, outcome, this.#isRefreshed, source);
      answer['status'] = outcome.result?.result === 'created' ? 201 : 200;
      this.answers[i] = { update: answer };
      this.#count(index);
      return;
    }
    let pending = this.#pending.get(shard);
    if (pending === undefined) {
      pending = { index, ops: [], places: [] };
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
    for (const [shard, { index, ops, places }] of this.#pending) {
      this.#pending.delete(shard);
      let results: (WriteResult | EsError)[];
      try {
        results = index.apply(shard, ops);
      } catch (error) {
        for (const place of places) this.#fail(place, error);
        continue;
      }
      results.forEach((result, at) => {
        const place = places[at]!;
        if (result instanceof EsError) this.#fail(place, result);
        else this.#succeed(place, index, ops[at]!.id, result);
      });
    }
  }

  #succeed(place: number, index: IndexHandle, id: string, result: WriteResult): void {
    const answer = writeAnswer(index, id, result, this.#isRefreshed);
    answer['status'] = result.result === 'created' ? 201 : result.result === 'not_found' ? 404 : 200;
    this.answers[place] = { [this.#items[place]!.action]: answer };
    this.#count(index);
  }

  #count(index: IndexHandle): void {
    this.written.set(index.name, (this.written.get(index.name) ?? 0) + 1);
  }

  #fail(place: number, thrown: unknown): void {
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
    const item = this.#items[place]!;
    const { status } = error as EsError;
    this.answers[place] = {
      [item.action]: {
        _index: item.index ?? this.#defaults.index,
        _id: item.id,
        status,
        error: (error as EsError).toObject(),
      },
    };
  }
}
