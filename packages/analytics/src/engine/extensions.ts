import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { PGlite } from '@electric-sql/pglite';

/** Of PGlite's those that programs ask for. Each is there for CREATE EXTENSION, and costs nothing more until then. */
export const extensions = [
  'btree_gin',
  'btree_gist',
  'citext',
  'cube',
  'earthdistance',
  'fuzzystrmatch',
  'hstore',
  'intarray',
  'isn',
  'ltree',
  'pg_trgm',
  'pgcrypto',
  'seg',
  'tablefunc',
  'unaccent',
  'uuid-ossp',
] as const;

const blockBytes = 512;
const directory = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));

interface TarFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Regular files of a tar archive. */
export function* filesOfTar(archive: Uint8Array): Generator<TarFile> {
  const text = (start: number, length: number): string =>
    Buffer.from(archive.buffer, archive.byteOffset + start, length)
      .toString('latin1')
      .replace(/\0.*$/s, '');
  for (let at = 0; at + blockBytes <= archive.length && archive[at] !== 0; ) {
    const sizeBytes = Number.parseInt(text(at + 124, 12), 8);
    if (!(sizeBytes >= 0)) throw new Error(`the archive cannot be read at byte ${at}`);
    const type = text(at + 156, 1);
    const start = at + blockBytes;
    if (type === '' || type === '0') {
      const prefix = text(at + 345, 155);
      const name = text(at, 100);
      yield { path: prefix === '' ? name : `${prefix}/${name}`, bytes: archive.subarray(start, start + sizeBytes) };
    }
    at = start + Math.ceil(sizeBytes / blockBytes) * blockBytes;
  }
}

/**
 * Puts the files of extensions where PostgreSQL looks for them. PGlite's own way would compile their code at each start, a second for pgcrypto; so
 * PostgreSQL does when it first needs it.
 */
export function addExtensions(module: PGlite['Module']): void {
  const { FS, WASM_PREFIX } = module as PGlite['Module'] & { WASM_PREFIX: string };
  for (const name of extensions)
    for (const { bytes, path } of filesOfTar(gunzipSync(readFileSync(join(directory, `${name}.tar.gz`))))) {
      const target = `${WASM_PREFIX}/${path}`;
      FS.mkdirTree(dirname(target));
      FS.writeFile(target, bytes);
    }
}
