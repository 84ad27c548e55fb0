import { randomBytes } from 'node:crypto';
import type { Logger } from '@headwater/logger';
import { ArrayCache } from '../engine/array-source.ts';
import { type Files, joinPath } from '../engine/files.ts';
import { EsError, indexNotFound } from '../errors.ts';
import { type PipelineFile, PipelineRegistry } from '../ingest/pipeline-registry.ts';
import { type Json, JsonObject } from '../json/json-value.ts';
import { SearchStoreError } from '../search-store-error.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { DiskGuard } from './disk-guard.ts';
import { type Alias, IndexHandle, type IndexState, parseIndexState } from './index-handle.ts';
import { checkIndexName, indicesOfAlias, type NameSpace, resolveOne } from './index-names.ts';
import { checkSettings, type FlatSettings } from './index-settings.ts';

export interface StoreOptions {
  /** Null keeps everything in memory. */
  dataDir: string | null;
  files: Files;
  logger: Logger;
  nowMs?: () => number;
  /** Writes are refused when the disk has less room than this. */
  diskFreeBytesMin?: number;
  /** Of segments on disk this much is in memory. */
  indexCacheBytes?: number;
}

const diskFreeBytesMinDefault = 64 * 1024 * 1024;
const indexCacheBytesDefault = 48 * 1024 * 1024;
const indicesMax = 5_000;

/** All indices of a store. */
export class Store implements NameSpace {
  readonly nowMs: () => number;
  readonly clusterUuid: string;
  readonly nodeId: string;
  readonly disk: DiskGuard;
  readonly logger: Logger;
  readonly pipelines: PipelineRegistry;
  readonly #files: Files;
  readonly #cache: ArrayCache;
  readonly #dir: string | null;
  readonly #unlock: () => void;
  readonly #indices = new Map<string, IndexHandle>();
  #isClosed = false;

  private constructor(options: StoreOptions, ids: { clusterUuid: string; nodeId: string }, unlock: () => void) {
    this.nowMs = options.nowMs ?? Date.now;
    this.logger = options.logger;
    this.#files = options.files;
    this.#cache = new ArrayCache(options.indexCacheBytes ?? indexCacheBytesDefault);
    this.#dir = options.dataDir;
    this.#unlock = unlock;
    this.pipelines = new PipelineRegistry(
      options.dataDir === null ? null : pipelineFile(options.files, options.dataDir),
    );
    this.clusterUuid = ids.clusterUuid;
    this.nodeId = ids.nodeId;
    this.disk = new DiskGuard(options.files, options.dataDir, options.diskFreeBytesMin ?? diskFreeBytesMinDefault);
  }

  /** Opens the indices of a directory; their shards go on loading in the background. */
  static async open(options: StoreOptions): Promise<Store> {
    const { dataDir, files } = options;
    if (dataDir === null) {
      return new Store(options, { clusterUuid: newUuid(), nodeId: newUuid() }, () => {});
    }
    files.makeDir(joinPath(dataDir, 'indices'));
    const unlock = lockDataDir(dataDir);
    try {
      const store = new Store(options, await readIds(files, dataDir), unlock);
      await store.#load();
      return store;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  async #load(): Promise<void> {
    await this.pipelines.load();
    const root = joinPath(this.#dir!, 'indices');
    for (const uuid of this.#files.list(root)) {
      const dir = joinPath(root, uuid);
      if (!this.#files.list(dir).includes('index.json')) {
        // What a crash left of an index that was being made or removed.
        await this.#files.remove(dir);
        continue;
      }
      const state = await this.#readState(joinPath(dir, 'index.json'));
      this.#indices.set(state.name, this.#make(state));
    }
  }

  async #readState(path: string): Promise<IndexState> {
    const bytes = await this.#files.readFile(path);
    try {
      return parseIndexState(bytes);
    } catch (error) {
      throw new SearchStoreError(
        'HW_SEARCH_CORRUPT_FILE',
        `${path} cannot be read (${(error as Error).message}): restore it, or move its directory away`,
      );
    }
  }

  #make(state: IndexState): IndexHandle {
    const { logger, nowMs, disk } = this;
    return new IndexHandle(state, this.#indexDir(state.uuid), {
      files: this.#files,
      cache: this.#cache,
      logger,
      nowMs,
      disk,
    });
  }

  #indexDir(uuid: string): string | null {
    return this.#dir === null ? null : joinPath(this.#dir, 'indices', uuid);
  }

  get indices(): ReadonlyMap<string, IndexHandle> {
    return this.#indices;
  }

  /** Makes an index; its name, settings and mapping are checked first. */
  async create(
    name: string,
    definition: { settings: FlatSettings; mapping: JsonObject; aliases: Map<string, Alias> },
  ): Promise<IndexHandle> {
    checkIndexName(name);
    this.#assertFree(name);
    if (this.#indices.size >= indicesMax) {
      throw new EsError(
        400,
        'validation_exception',
        `Validation Failed: 1: this store holds at most [${indicesMax}] indices;`,
      );
    }
    checkSettings(definition.settings, false);
    const shardCount = Number(definition.settings.get('index.number_of_shards') ?? 1);
    const slots = definition.settings.get('index.number_of_routing_shards');
    if (slots !== undefined && Number(slots) % shardCount !== 0) {
      throw new EsError(
        400,
        'illegal_argument_exception',
        `the number of source shards [${shardCount}] must be a factor of [${String(slots)}]`,
      );
    }
    this.disk.assertWritable(name);
    const uuid = newUuid();
    const dir = this.#indexDir(uuid);
    const state: IndexState = { name, uuid, createdMs: this.nowMs(), isOpen: true, ...definition };
    const index = this.#make(state);
    this.#indices.set(name, index);
    try {
      if (dir !== null) this.#files.makeDir(dir);
      await index.saveMeta();
      await index.ready;
    } catch (error) {
      this.#indices.delete(name);
      await index.close({ commit: false });
      if (dir !== null) await this.#files.remove(dir).catch(() => {});
      throw this.disk.explain(error, name);
    }
    return index;
  }

  #assertFree(name: string): void {
    const existing = this.#indices.get(name);
    if (existing !== undefined) {
      throw new EsError(400, 'resource_already_exists_exception', `index [${name}/${existing.uuid}] already exists`, {
        index: name,
        index_uuid: existing.uuid,
      });
    }
    if (indicesOfAlias(name, this).length > 0) {
      throw new EsError(400, 'invalid_index_name_exception', `Invalid index name [${name}], already exists as alias`, {
        index: name,
        index_uuid: '_na_',
      });
    }
  }

  /** The index that a write goes to, made with defaults when there is none. */
  async forWrite(expression: string, requireAlias = false): Promise<{ index: IndexHandle; alias: Alias | null }> {
    const found = resolveOne(expression, this, true);
    if (requireAlias && (found === null || found.alias === null)) {
      const suffix = ` and [require_alias] request flag is [true] and [${expression}] is not an alias`;
      throw indexNotFound(expression, 'index_or_alias', suffix);
    }
    if (found !== null) {
      await found.index.ready;
      return found;
    }
    try {
      const index = await this.create(expression, {
        settings: new Map(),
        mapping: new JsonObject(),
        aliases: new Map(),
      });
      return { index, alias: null };
    } catch (error) {
      // Another request made it meanwhile.
      const other = this.#indices.get(expression);
      if (other === undefined) throw error;
      await other.ready;
      return { index: other, alias: null };
    }
  }

  /** The index that a single document is read from. */
  async forRead(expression: string): Promise<{ index: IndexHandle; alias: Alias | null }> {
    const found = resolveOne(expression, this, false);
    if (found === null) throw indexNotFound(expression, 'index_expression');
    found.index.assertReadable();
    await found.index.ready;
    return found;
  }

  async delete(index: IndexHandle): Promise<void> {
    this.#indices.delete(index.name);
    await index.close({ commit: false });
    const dir = this.#indexDir(index.uuid);
    if (dir === null) return;
    // Without this file the rest is swept at the next start.
    await this.#files.remove(joinPath(dir, 'index.json'));
    await this.#files.remove(dir);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#indices.values()].map((index) => index.close({ commit: true })));
    this.#unlock();
  }
}

function pipelineFile(files: Files, dir: string): PipelineFile {
  const path = joinPath(dir, 'pipelines.json');
  return {
    read: async () => (files.list(dir).includes('pipelines.json') ? await files.readFile(path) : null),
    write: (bytes) => files.writeFile(path, [bytes]),
  };
}

async function readIds(files: Files, dir: string): Promise<{ clusterUuid: string; nodeId: string }> {
  const path = joinPath(dir, 'cluster.json');
  if (files.list(dir).includes('cluster.json')) {
    const json = JSON.parse((await files.readFile(path)).toString()) as {
      format: number;
      clusterUuid: string;
      nodeId: string;
    };
    if (json.format !== 1) {
      throw new SearchStoreError(
        'HW_SEARCH_DATA_DIR_FORMAT',
        `${path} has format ${json.format}, this version reads 1: start the version that wrote it`,
      );
    }
    return json;
  }
  const ids = { clusterUuid: newUuid(), nodeId: newUuid() };
  await files.writeFile(path, [Buffer.from(JSON.stringify({ format: 1, ...ids }))]);
  return ids;
}

/** 128 random bits in 22 characters, the shape of the real system's identifiers. */
export function newUuid(): string {
  return randomBytes(16).toString('base64url');
}

let lastIdMs = 0;
let idCounter = Math.floor(Math.random() * 0xffffff);
const idNode = randomBytes(6);

/** An id for a document that came without one: 20 characters, neighbours in time are neighbours in order. */
export function newDocumentId(): string {
  const now = Math.max(lastIdMs, Date.now());
  lastIdMs = now;
  idCounter = (idCounter + 1) & 0xffffff;
  const bytes = Buffer.alloc(15);
  bytes.writeUIntBE(now, 0, 6);
  idNode.copy(bytes, 6);
  bytes.writeUIntBE(idCounter, 12, 3);
  return bytes.toString('base64url');
}

export type { Json };
