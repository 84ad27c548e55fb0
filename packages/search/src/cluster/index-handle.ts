import type { Logger } from '@headwater/logger';
import { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import type { ArrayCache } from '../engine/array-source.ts';
import { type Files, joinPath } from '../engine/files.ts';
import { Shard, type StoredDocument, type WriteOp, type WriteResult } from '../engine/shard.ts';
import { EsError } from '../errors.ts';
import { isJsonObject, type Json, JsonArray, JsonObject, parseJson } from '../json/json-value.ts';
import { writeJson } from '../json/json-writer.ts';
import { DocumentParser } from '../mapping/document-parser.ts';
import { Mapping, type MappingLimits } from '../mapping/mapping.ts';
import { blockError, type DiskGuard } from './disk-guard.ts';
import { type FlatSettings, IndexSettings, nestSettings } from './index-settings.ts';
import { routingShards, shardOf } from './shard-routing.ts';

/** Another name for indices, maybe with a filter. */
export interface Alias {
  filter: JsonObject | null;
  indexRouting: string | null;
  searchRouting: string | null;
  isWriteIndex: boolean | null;
  isHidden: boolean | null;
}

export interface IndexState {
  name: string;
  uuid: string;
  createdMs: number;
  settings: FlatSettings;
  mapping: JsonObject;
  aliases: Map<string, Alias>;
  isOpen: boolean;
}

export interface IndexEnvironment {
  files: Files;
  cache: ArrayCache;
  logger: Logger;
  disk: DiskGuard;
  nowMs: () => number;
}

/** Counters that stats show; they begin at zero with every start. */
export class IndexCounters {
  indexed = 0;
  deleted = 0;
  failed = 0;
  noops = 0;
  gets = 0;
  getsFound = 0;
  searches = 0;
  searchMs = 0;
  fetches = 0;
}

const idleCommitMs = 10_000;

/** An index: its settings and mapping, its shards, when they are refreshed. */
export class IndexHandle {
  readonly name: string;
  readonly uuid: string;
  readonly createdMs: number;
  readonly aliases: Map<string, Alias>;
  readonly counters = new IndexCounters();
  settings: IndexSettings;
  analysis: AnalysisRegistry;
  isOpen: boolean;
  /** Resolves when the shards can be used; rejects (503) when their files cannot be read. */
  readonly ready: Promise<void>;
  state: 'loading' | 'open' | 'failed' = 'loading';
  readonly #dir: string | null;
  readonly #environment: IndexEnvironment;
  #mapping: Mapping;
  #parser: DocumentParser;
  #shards: Shard[] = [];
  #refreshTimer: NodeJS.Timeout | null = null;
  #refreshWaiters: (() => void)[] = [];
  #idleTimer: NodeJS.Timeout | null = null;
  #lastWriteMs = 0;
  #isMetaDirty = false;
  #metaSaving: Promise<void> | null = null;
  #isClosed = false;

  constructor(state: IndexState, dir: string | null, environment: IndexEnvironment) {
    this.name = state.name;
    this.uuid = state.uuid;
    this.createdMs = state.createdMs;
    this.aliases = state.aliases;
    this.isOpen = state.isOpen;
    this.settings = new IndexSettings(state.settings);
    this.analysis = new AnalysisRegistry(this.settings.section('index.analysis'));
    this.#mapping = Mapping.parse(state.mapping, this.analysis);
    this.#mapping.check(this.limits);
    this.#dir = dir;
    this.#environment = environment;
    this.#parser = new DocumentParser(this.#mapping, this.limits);
    this.ready = this.#openShards().then(
      () => {
        this.state = 'open';
      },
      (error: unknown) => {
        this.state = 'failed';
        environment.logger.error({ index: this.name, error: String(error) }, 'an index could not be opened');
        const { message } = error as Error;
        throw new EsError(503, 'no_shard_available_action_exception', `[${this.name}] could not be opened: ${message}`);
      },
    );
    // Callers see the failure when they wait for the index.
    this.ready.catch(() => {});
  }

  async #openShards(): Promise<void> {
    const { cache, files, logger, nowMs } = this.#environment;
    const shards: Shard[] = [];
    for (let shardId = 0; shardId < this.shardCount; shardId++) {
      const shard = await Shard.open({
        indexName: this.name,
        indexUuid: this.uuid,
        shardId,
        dir: this.#dir === null ? null : joinPath(this.#dir, String(shardId)),
        files,
        cache,
        logger,
        nowMs,
        parse: (buffer, doc, op) => {
          const { root, isMappingChanged } = this.#parser.parse(buffer, doc, op);
          if (isMappingChanged) this.#isMetaDirty = true;
          return root;
        },
        onDirty: () => this.#scheduleRefresh(),
      });
      shards.push(shard);
    }
    this.#shards = shards;
  }

  get shardCount(): number {
    return this.settings.integer('index.number_of_shards');
  }

  get replicaCount(): number {
    return this.settings.integer('index.number_of_replicas');
  }

  get isHidden(): boolean {
    return this.settings.boolean('index.hidden');
  }

  get mapping(): Mapping {
    return this.#mapping;
  }

  get limits(): MappingLimits {
    return {
      totalFields: this.settings.integer('index.mapping.total_fields.limit'),
      depth: this.settings.integer('index.mapping.depth.limit'),
      fieldNameLength: this.settings.integer('index.mapping.field_name_length.limit'),
    };
  }

  get shards(): readonly Shard[] {
    return this.#shards;
  }

  shardFor(id: string, routing: string | null): Shard {
    const slots = this.settings.flat.get('index.number_of_routing_shards');
    const slotCount = slots === undefined ? routingShards(this.shardCount) : Number(slots);
    return this.#shards[shardOf(routing ?? id, this.shardCount, slotCount)]!;
  }

  /** Shards that a search with a routing has to ask. */
  shardsFor(routing: string | null): readonly Shard[] {
    if (routing === null) return this.#shards;
    return [...new Set(routing.split(',').map((one) => this.shardFor(one, one)))];
  }

  assertOpen(): void {
    if (this.isOpen) return;
    throw new EsError(400, 'index_closed_exception', 'closed', { index: this.name, index_uuid: this.uuid });
  }

  /** Refuses writes that a block of the index or the disk forbids. */
  assertWritable(): void {
    this.assertOpen();
    const has = (name: string): boolean => this.settings.flat.get(`index.blocks.${name}`) === 'true';
    if (has('read_only')) throw blockError(403, this.name, 'FORBIDDEN/5/index read-only (api)');
    if (has('write')) throw blockError(403, this.name, 'FORBIDDEN/8/index write (api)');
    if (has('read_only_allow_delete')) {
      throw blockError(
        429,
        this.name,
        'TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block',
      );
    }
    this.#environment.disk.assertWritable(this.name);
  }

  assertReadable(): void {
    this.assertOpen();
    if (this.settings.flat.get('index.blocks.read') === 'true') {
      throw blockError(403, this.name, 'FORBIDDEN/7/index read (api)');
    }
  }

  /** Applies writes to one shard, in order; they are not durable before `settle`. */
  apply(shard: Shard, ops: readonly WriteOp[]): (WriteResult | EsError)[] {
    this.#lastWriteMs = performance.now();
    let results: (WriteResult | EsError)[];
    try {
      results = shard.apply(ops);
    } catch (error) {
      this.#lastWriteMs = performance.now();
      throw this.#environment.disk.explain(error, this.name);
    }
    results.forEach((result, i) => {
      if (result instanceof EsError) this.counters.failed++;
      else if (ops[i]!.kind === 'delete') this.counters.deleted++;
      else this.counters.indexed++;
    });
    this.#scheduleIdleCommit();
    return results;
  }

  /** Resolves when what was applied to the shards is durable, the mapping that it grew included. */
  async settle(shards: Iterable<Shard>): Promise<void> {
    try {
      if (this.#isMetaDirty || this.#metaSaving !== null) await this.saveMeta();
      if (this.settings.text('index.translog.durability').toLowerCase() === 'async') return;
      await Promise.all([...new Set(shards)].map((shard) => shard.sync()));
    } catch (error) {
      throw this.#environment.disk.explain(error, this.name);
    }
  }

  get(id: string, routing: string | null, isRealtime: boolean): StoredDocument | null {
    const found = this.shardFor(id, routing).get(id, isRealtime);
    this.counters.gets++;
    if (found !== null) this.counters.getsFound++;
    return found;
  }

  /** Makes what was written visible to search, on all shards or some. */
  refresh(shards: Iterable<Shard> = this.#shards): void {
    for (const shard of shards) if (shard.isDirty) shard.refresh();
    if (this.#shards.some((shard) => shard.isDirty)) return;
    if (this.#refreshTimer !== null) clearTimeout(this.#refreshTimer);
    this.#refreshTimer = null;
    const waiters = this.#refreshWaiters;
    this.#refreshWaiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Resolves at the next refresh. */
  waitForRefresh(): Promise<void> {
    const interval = this.settings.timeMs('index.refresh_interval');
    const isDirty = this.#shards.some((shard) => shard.isDirty);
    if (!isDirty) return Promise.resolve();
    // Nothing would ever come: better now than never.
    if (interval < 0 || this.#refreshWaiters.length >= 1000) {
      this.refresh();
      return Promise.resolve();
    }
    this.#scheduleRefresh();
    return new Promise((resolve) => {
      this.#refreshWaiters.push(resolve);
    });
  }

  #scheduleRefresh(): void {
    if (this.#refreshTimer !== null || this.#isClosed) return;
    const interval = this.settings.timeMs('index.refresh_interval');
    if (interval < 0) return;
    this.#refreshTimer = setTimeout(() => {
      this.#refreshTimer = null;
      try {
        this.refresh();
      } catch (error) {
        this.#environment.logger.error({ index: this.name, error: String(error) }, 'a refresh failed');
      }
    }, interval);
    this.#refreshTimer.unref();
  }

  /** An index that nobody writes to any more is committed, so that the next start has nothing to replay. */
  #scheduleIdleCommit(): void {
    if (this.#dir === null || this.#idleTimer !== null || this.#isClosed) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = null;
      if (performance.now() - this.#lastWriteMs < idleCommitMs * 0.9) this.#scheduleIdleCommit();
      else void this.flush().catch(() => {});
    }, idleCommitMs);
    this.#idleTimer.unref();
  }

  async flush(): Promise<void> {
    for (const shard of this.#shards) await shard.flush();
  }

  /** Replaces the mapping by one that holds more. */
  async updateMapping(definition: JsonObject): Promise<void> {
    const merged = this.#mapping.merge(Mapping.parse(definition, this.analysis), this.limits);
    this.#setMapping(merged);
    this.#isMetaDirty = true;
    await this.saveMeta();
  }

  #setMapping(mapping: Mapping): void {
    this.#mapping = mapping;
    this.#parser = new DocumentParser(mapping, this.limits);
  }

  async updateSettings(flat: FlatSettings): Promise<void> {
    this.settings = new IndexSettings(flat);
    this.#parser = new DocumentParser(this.#mapping, this.limits);
    if (this.#refreshTimer !== null) {
      clearTimeout(this.#refreshTimer);
      this.#refreshTimer = null;
    }
    if (this.#shards.some((shard) => shard.isDirty)) this.#scheduleRefresh();
    this.#isMetaDirty = true;
    await this.saveMeta();
  }

  /** Saves settings, mapping and aliases; calls at the same time share a write. */
  async saveMeta(): Promise<void> {
    this.#isMetaDirty = true;
    while (this.#isMetaDirty || this.#metaSaving !== null) {
      if (this.#metaSaving !== null) {
        await this.#metaSaving.catch(() => {});
        continue;
      }
      this.#isMetaDirty = false;
      this.#metaSaving = this.#writeMeta().finally(() => {
        this.#metaSaving = null;
      });
      try {
        await this.#metaSaving;
      } catch (error) {
        this.#isMetaDirty = true;
        throw error;
      }
      return;
    }
  }

  async #writeMeta(): Promise<void> {
    if (this.#dir === null) return;
    await this.#environment.files.writeFile(joinPath(this.#dir, 'index.json'), [writeJson(this.toState(), true)]);
  }

  toState(): JsonObject {
    return new JsonObject([
      ['format', 1],
      ['name', this.name],
      ['uuid', this.uuid],
      ['created_ms', this.createdMs],
      ['is_open', this.isOpen],
      ['settings', new JsonObject([...this.settings.flat].map(([name, value]) => [name, value as unknown as Json]))],
      ['mapping', this.#mapping.toJson()],
      ['aliases', new JsonObject([...this.aliases].map(([name, alias]) => [name, aliasToJson(alias)]))],
    ]);
  }

  /** Settings as answers show them, with those that the store sets itself. */
  shownSettings(): FlatSettings {
    const flat: FlatSettings = new Map(this.settings.flat);
    flat.set('index.number_of_shards', String(this.shardCount));
    flat.set('index.number_of_replicas', String(this.replicaCount));
    flat.set('index.uuid', this.uuid);
    flat.set('index.creation_date', String(this.createdMs));
    flat.set('index.provided_name', this.name);
    flat.set('index.version.created', '8190099');
    return flat;
  }

  settingsJson(): JsonObject {
    return nestSettings(this.shownSettings());
  }

  mappingJson(): JsonObject {
    return this.#mapping.toJson();
  }

  async close(options: { commit: boolean }): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#refreshTimer !== null) clearTimeout(this.#refreshTimer);
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    for (const resolve of this.#refreshWaiters) resolve();
    await this.ready.catch(() => {});
    if (options.commit && this.#isMetaDirty) await this.saveMeta().catch(() => {});
    for (const shard of this.#shards) await shard.close(options);
  }
}

export function aliasToJson(alias: Alias): JsonObject {
  const json = new JsonObject();
  if (alias.filter !== null) json.set('filter', alias.filter);
  if (alias.indexRouting !== null) json.set('index_routing', alias.indexRouting);
  if (alias.searchRouting !== null) json.set('search_routing', alias.searchRouting);
  if (alias.isWriteIndex !== null) json.set('is_write_index', alias.isWriteIndex);
  if (alias.isHidden !== null) json.set('is_hidden', alias.isHidden);
  return json;
}

export function aliasFromJson(value: Json): Alias {
  const json = isJsonObject(value) ? value : new JsonObject();
  const text = (key: string): string | null => (json.has(key) && json.get(key) !== null ? String(json.get(key)) : null);
  const flag = (key: string): boolean | null =>
    typeof json.get(key) === 'boolean' ? (json.get(key) as boolean) : null;
  const filter = json.get('filter') ?? null;
  return {
    filter: isJsonObject(filter) ? filter : null,
    indexRouting: text('index_routing') ?? text('routing'),
    searchRouting: text('search_routing') ?? text('routing'),
    isWriteIndex: flag('is_write_index'),
    isHidden: flag('is_hidden'),
  };
}

/** An index as its file describes it. */
export function parseIndexState(bytes: Buffer): IndexState {
  const json = parseJson(bytes, { exactNumbers: true }) as JsonObject;
  const settings: FlatSettings = new Map();
  for (const [name, value] of json.get('settings') as JsonObject) {
    settings.set(name, value instanceof JsonArray ? value.map(String) : String(value));
  }
  return {
    name: String(json.get('name')),
    uuid: String(json.get('uuid')),
    createdMs: Number(json.get('created_ms')),
    isOpen: json.get('is_open') !== false,
    settings,
    mapping: json.get('mapping') as JsonObject,
    aliases: new Map([...(json.get('aliases') as JsonObject)].map(([name, alias]) => [name, aliasFromJson(alias)])),
  };
}
