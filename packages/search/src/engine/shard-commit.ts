import { crc32 } from 'node:zlib';
import { SearchStoreError } from '../search-store-error.ts';
import { type Files, joinPath } from './files.ts';

/** What a shard consists of at one moment; the operations after it are in the translog. */
export interface Commit {
  generation: number;
  segments: CommittedSegment[];
  nextSegment: number;
  maxSeqNo: number;
  translogGeneration: number;
  primaryTerm: number;
}

export interface CommittedSegment {
  name: string;
  docCount: number;
  sourceBytes: number;
  /** Live documents as base64 of their bits; null when all are. */
  live: string | null;
}

const format = 1;

function fileName(generation: number): string {
  return `commit-${generation}.json`;
}

export async function writeCommit(files: Files, dir: string, commit: Commit): Promise<void> {
  const body = Buffer.from(JSON.stringify({ format, ...commit }));
  const tail = Buffer.from(`\n${crc32(body).toString(16).padStart(8, '0')}\n`);
  await files.writeFile(joinPath(dir, fileName(commit.generation)), [body, tail]);
}

/** The newest commit, or null for a shard that has none. */
export async function readCommit(files: Files, dir: string): Promise<Commit | null> {
  const generations = files
    .list(dir)
    .map((name) => /^commit-(\d+)\.json$/.exec(name)?.[1])
    .filter((text) => text !== undefined)
    .map(Number)
    .sort((a, b) => b - a);
  if (generations.length === 0) return null;
  const path = joinPath(dir, fileName(generations[0]!));
  const bytes = await files.readFile(path);
  const end = bytes.length - 10;
  if (
    end < 2 ||
    crc32(bytes.subarray(0, end)).toString(16).padStart(8, '0') !== bytes.toString('latin1', end + 1, end + 9)
  ) {
    throw new SearchStoreError(
      'HW_SEARCH_CORRUPT_FILE',
      `${path} is damaged: restore it from a backup, or remove the index`,
    );
  }
  const commit = JSON.parse(bytes.toString('utf8', 0, end)) as Commit & { format: number };
  if (commit.format !== format) {
    throw new SearchStoreError(
      'HW_SEARCH_DATA_DIR_FORMAT',
      `${path} has format ${commit.format}, this version reads ${format}: start the version that wrote it`,
    );
  }
  return commit;
}

export function encodeBits(bits: Uint32Array | null): string | null {
  if (bits === null) return null;
  return Buffer.from(bits.buffer, bits.byteOffset, bits.byteLength).toString('base64');
}

export function decodeBits(text: string | null): Uint32Array | null {
  if (text === null) return null;
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return new Uint32Array(bytes.buffer);
}
