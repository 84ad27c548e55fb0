import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { serdes } from '../../index.ts';
import { DiskKeyValueStore } from '../../src/stores/disk/disk-key-value-store.ts';
import { StateMemory } from '../../src/stores/disk/state-memory.ts';
import { MemoryKeyValueStore } from '../../src/stores/memory-key-value-store.ts';

/** A store under the pattern of an aggregation: read a row, write it, and commit many at once. */
export interface StoreEngine {
  get(key: string): string | null;
  put(key: string, value: string): void;
  commit(): Promise<void> | void;
  close(): Promise<void> | void;
}

const texts = { key: serdes.string, value: serdes.string };
const inBackground = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Rows since the last commit, as every engine needs them that has a transaction for each commit. */
abstract class BatchedEngine implements StoreEngine {
  protected dirty = new Map<string, string>();
  protected abstract read(key: string): string | null;
  protected abstract write(rows: Map<string, string>): Promise<void> | void;
  abstract close(): Promise<void> | void;

  get(key: string): string | null {
    return this.dirty.get(key) ?? this.read(key);
  }

  put(key: string, value: string): void {
    this.dirty.set(key, value);
  }

  commit(): Promise<void> | void {
    const rows = this.dirty;
    this.dirty = new Map();
    return this.write(rows);
  }
}

class Sqlite extends BatchedEngine {
  readonly #database: DatabaseSync;
  readonly #select;
  readonly #upsert;

  constructor(dir: string, memoryBytes: number) {
    super();
    this.#database = new DatabaseSync(join(dir, 'state.db'));
    this.#database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY');
    this.#database.exec(`PRAGMA cache_size=-${Math.floor(memoryBytes / 1024)}`);
    this.#database.exec('CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID');
    this.#select = this.#database.prepare('SELECT value FROM rows WHERE key = ?');
    this.#upsert = this.#database.prepare(
      'INSERT INTO rows VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
  }

  protected read(key: string): string | null {
    const row = this.#select.get(Buffer.from(key)) as { value: Uint8Array } | undefined;
    return row === undefined ? null : Buffer.from(row.value).toString();
  }

  protected write(rows: Map<string, string>): void {
    this.#database.exec('BEGIN');
    for (const [key, value] of rows) this.#upsert.run(Buffer.from(key), Buffer.from(value));
    this.#database.exec('COMMIT');
  }

  close(): void {
    this.#database.close();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a package that is only there where somebody has installed it
type Foreign = any;

class Lmdb extends BatchedEngine {
  readonly #database: Foreign;

  constructor(lmdb: Foreign, dir: string) {
    super();
    this.#database = lmdb.open({ path: dir, keyEncoding: 'binary', encoding: 'binary', noSync: true, cache: false });
  }

  protected read(key: string): string | null {
    return this.#database.getBinary(Buffer.from(key))?.toString() ?? null;
  }

  protected write(rows: Map<string, string>): void {
    this.#database.transactionSync(() => {
      for (const [key, value] of rows) this.#database.putSync(Buffer.from(key), Buffer.from(value));
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

class Level extends BatchedEngine {
  readonly #database: Foreign;

  constructor(database: Foreign) {
    super();
    this.#database = database;
  }

  protected read(key: string): string | null {
    return this.#database.getSync(Buffer.from(key))?.toString() ?? null;
  }

  protected write(rows: Map<string, string>): Promise<void> {
    const operations = Array.from(rows, ([key, value]) => ({
      type: 'put',
      key: Buffer.from(key),
      value: Buffer.from(value),
    }));
    return this.#database.batch(operations);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** Names of engines. Those of npm are resolved from the working directory; null where one is not installed. */
export const engines: Readonly<
  Record<string, (dir: string, memoryBytes: number) => Promise<StoreEngine | null> | StoreEngine>
> = {
  memory: () => {
    const store = new MemoryKeyValueStore<string, string>('s', texts);
    store.open({ changelogTopic: 't', isLogged: true });
    return {
      get: (key) => store.get(key),
      put: (key, value) => store.put(key, value, 0),
      commit: () => store.drainChanges({ append: () => {} }),
      close: () => store.close(),
    };
  },
  disk: (dir, memoryBytes) => {
    const memory = new StateMemory({ bytes: memoryBytes });
    const store = new DiskKeyValueStore<string, string>('s', texts, memory);
    store.open({ changelogTopic: 't', isLogged: true });
    store.table.open(dir, 'bench');
    let offset = store.table.nextOffset;
    return {
      get: (key) => store.get(key),
      put: (key, value) => store.put(key, value, 0),
      async commit() {
        store.drainChanges({ append: () => {} });
        store.table.committed(++offset);
        // As the runtime does: no more work while there is no room.
        do await inBackground();
        while (memory.isFull && memory.isBusy);
      },
      async close() {
        while (memory.isBusy) await inBackground();
        store.close();
      },
    };
  },
  'node:sqlite': (dir, memoryBytes) => new Sqlite(dir, memoryBytes),
  lmdb: (dir) => {
    const lmdb = optional('lmdb');
    return lmdb === null ? Promise.resolve(null) : new Lmdb(lmdb, dir);
  },
  'classic-level': async (dir, memoryBytes) => {
    const level = optional('classic-level');
    if (level === null) return null;
    const options = { keyEncoding: 'buffer', valueEncoding: 'buffer', cacheSize: memoryBytes / 2 };
    const database = new level.ClassicLevel(dir, { ...options, writeBufferSize: memoryBytes / 4 });
    await database.open();
    return new Level(database);
  },
};

function optional(name: string): Foreign | null {
  try {
    return createRequire(join(process.cwd(), 'index.js'))(name) as Foreign;
  } catch {
    return null;
  }
}
