import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { contentType, isCompressible } from './content-types.ts';

export interface ConsoleFile {
  type: string;
  etag: string;
  /** The name holds a hash of the content: it can be kept for ever. */
  isImmutable: boolean;
  body: Buffer;
  gzip: Buffer | undefined;
  br: Buffer | undefined;
}

interface Entry {
  modifiedMs: number;
  sizeBytes: number;
  file: Promise<ConsoleFile>;
}

const cacheMaxFiles = 500;
const fileMaxBytes = 20 * 1024 * 1024;
const compressMinBytes = 1_024;
const gzipAsync = promisify(gzip);
const brotliAsync = promisify(brotliCompress);

/** The console's built files, kept in memory with their compressed forms and read again when they change on disk. */
export class ConsoleFiles {
  readonly directory: string;
  readonly #cache = new Map<string, Entry>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** A file by its path below the directory, decoded and without dot segments; undefined when there is none. */
  async get(path: string): Promise<ConsoleFile | undefined> {
    if (!/^(?:[\w@+~-][\w.@+~-]*\/)*[\w@+~-][\w.@+~-]*$/.test(path)) return undefined;
    const full = join(this.directory, path);
    const info = await stat(full).catch(() => undefined);
    if (info === undefined || !info.isFile() || info.size > fileMaxBytes) return undefined;
    const cached = this.#cache.get(path);
    if (cached?.modifiedMs === info.mtimeMs && cached.sizeBytes === info.size) return cached.file;
    // A link that leads out of the directory is not the console's.
    const [root, real] = await Promise.all([realpath(this.directory), realpath(full)]);
    if (!real.startsWith(root + sep)) return undefined;
    const file = load(full, path);
    file.catch(() => this.#cache.delete(path));
    this.#cache.delete(path);
    this.#cache.set(path, { modifiedMs: info.mtimeMs, sizeBytes: info.size, file });
    if (this.#cache.size > cacheMaxFiles) this.#cache.delete(this.#cache.keys().next().value!);
    return file;
  }
}

async function load(full: string, path: string): Promise<ConsoleFile> {
  const body = await readFile(full);
  const type = contentType(path);
  let zipped: Buffer | undefined;
  let br: Buffer | undefined;
  if (isCompressible(type) && body.length >= compressMinBytes) {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    [zipped, br] = await Promise.all([gzipAsync(body), brotliAsync(body, { params })]);
  }
  return {
    type,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    // Vite's names: assets/index-DiwrgTda.js
    isImmutable: /(?:^|\/)assets\/.+-[\w-]{8,}\.\w+$/.test(path),
    body,
    gzip: zipped,
    br,
  };
}
