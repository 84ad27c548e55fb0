import { crc32 } from 'node:zlib';
import { SearchStoreError } from '../search-store-error.ts';
import { type ArrayCache, type ArrayType, bytesPerElement, typeOf } from './array-source.ts';
import { makeBreath } from './breath.ts';
import type { DocValues, ValueArray, ValueBounds } from './doc-values.ts';
import type { Files } from './files.ts';
import { idFilter } from './id-filter.ts';
import { idSlots } from './id-table.ts';
import type { SegmentParts } from './segment.ts';
import { StoredParts } from './stored-parts.ts';

/*
 * A segment's index as one file:
 *   magic "HWSEG001" · arrays, each aligned to 8 bytes · directory (JSON) · footer (32 bytes)
 * The footer has the directory's offset and length, the CRC-32 of everything before it, and the magic again.
 * Arrays are read as views of the file's bytes when they are asked for: nothing is decoded.
 */
const magic = Buffer.from('HWSEG001');
const footerBytes = 32;
const checkBytes = 1024 * 1024;

/** [type, offset, number of elements] */
export type ArrayRef = [ArrayType, number, number];

export interface ValuesEntry {
  values: ArrayRef;
  docs: ArrayRef | null;
  offsets: ArrayRef | null;
  presence: ArrayRef | null;
  /** A 64-bit integer as digits. Absent where it is not known, and in files of earlier versions. */
  bounds?: { min: number | string; max: number | string };
}

export interface FieldEntry {
  path: string;
  kind: 'terms' | 'numbers';
  isText?: boolean;
  isBinary?: boolean;
  docCount?: number;
  sumDocFreq?: number;
  sumTotalTermFreq?: number;
  termOffsets?: ArrayRef;
  termBytes?: ArrayRef;
  docFreqs?: ArrayRef;
  postingOffsets?: ArrayRef;
  postings?: ArrayRef;
  positionOffsets?: ArrayRef | null;
  positions?: ArrayRef | null;
  norms?: ArrayRef | null;
  values?: ValuesEntry | null;
}

export interface Directory {
  docCount: number;
  primaryTerm: number;
  roots: ArrayRef | null;
  idOffsets: ArrayRef;
  idBytes: ArrayRef;
  seqNos: ArrayRef;
  versions: ArrayRef | null;
  primaryTerms: ArrayRef | null;
  routings: [number, string][] | null;
  sourceOffsets: ArrayRef;
  /** Absent in files of earlier versions. */
  idSlots?: ArrayRef;
  idFilter?: ArrayRef;
  fields: FieldEntry[];
}

export function encodeSegment(parts: SegmentParts): Uint8Array[] {
  const chunks: Uint8Array[] = [magic];
  let at = magic.length;
  const push = (bytes: Uint8Array): void => {
    chunks.push(bytes);
    at += bytes.byteLength;
  };
  const align = (): void => {
    if (at % 8 !== 0) push(new Uint8Array(8 - (at % 8)));
  };
  function put(array: ValueArray): ArrayRef;
  function put(array: ValueArray | null): ArrayRef | null;
  function put(array: ValueArray | null): ArrayRef | null {
    if (array === null) return null;
    align();
    const ref: ArrayRef = [typeOf(array), at, array.length];
    push(new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength));
    return ref;
  }
  const putValues = (values: DocValues): ValuesEntry => ({
    values: put(values.values),
    docs: put(values.docs),
    offsets: put(values.offsets),
    presence: put(values.presence),
    ...boundsEntry(values.bounds),
  });
  const directory: Directory = {
    docCount: parts.docCount,
    primaryTerm: parts.primaryTerm,
    roots: put(parts.roots),
    idOffsets: put(parts.idOffsets),
    idBytes: put(parts.idBytes),
    seqNos: put(parts.seqNos),
    versions: put(parts.versions),
    primaryTerms: put(parts.primaryTerms),
    routings: parts.routings === null ? null : [...parts.routings],
    sourceOffsets: put(parts.sourceOffsets),
    idSlots: put(idSlots(parts)),
    idFilter: put(idFilter(parts)),
    fields: [],
  };
  for (const field of parts.fields.values()) {
    if (field.kind === 'numbers') {
      directory.fields.push({ path: field.path, kind: 'numbers', values: putValues(field.values) });
      continue;
    }
    directory.fields.push({
      path: field.path,
      kind: 'terms',
      isText: field.isText,
      isBinary: field.isBinary,
      docCount: field.docCount,
      sumDocFreq: field.sumDocFreq,
      sumTotalTermFreq: field.sumTotalTermFreq,
      termOffsets: put(field.dictionary.offsets),
      termBytes: put(field.dictionary.bytes),
      docFreqs: put(field.docFreqs),
      postingOffsets: put(field.postingOffsets),
      postings: put(field.postings.all()),
      positionOffsets: put(field.positionOffsets),
      positions: put(field.positions?.all() ?? null),
      norms: put(field.norms),
      values: field.ordinals === null ? null : putValues(field.ordinals),
    });
  }
  align();
  const directoryOffset = at;
  const json = Buffer.from(JSON.stringify(directory));
  push(json);
  const footer = Buffer.alloc(footerBytes);
  footer.writeDoubleLE(directoryOffset, 0);
  footer.writeUInt32LE(json.length, 8);
  let crc = 0;
  for (const chunk of chunks) crc = crc32(chunk, crc);
  footer.writeUInt32LE(crc32(footer.subarray(0, 12), crc), 12);
  magic.copy(footer, 24);
  chunks.push(footer);
  return chunks;
}

function boundsEntry(bounds: ValueBounds | null): Pick<ValuesEntry, 'bounds'> {
  if (bounds === null) return {};
  const { min, max } = bounds;
  if (typeof min === 'bigint') return { bounds: { min: String(min), max: String(max) } };
  // JSON has no infinity.
  return Number.isFinite(min) && Number.isFinite(max) ? { bounds: { min, max: Number(max) } } : {};
}

export function boundsOfEntry({ bounds }: ValuesEntry): ValueBounds | null {
  if (bounds === undefined) return null;
  const { min, max } = bounds;
  return typeof min === 'string' ? { min: BigInt(min), max: BigInt(max) } : { min, max: Number(max) };
}

/**
 * Opens a segment's file: its directory is read, arrays when they are asked for. `check` reads all of it once, for its checksum.
 *
 * @throws SearchStoreError HW_SEARCH_CORRUPT_FILE
 */
export async function openSegment(
  files: Files,
  path: string,
  cache: ArrayCache,
  options: { check: boolean },
): Promise<StoredParts> {
  const corrupt = (what: string): SearchStoreError =>
    new SearchStoreError(
      'HW_SEARCH_CORRUPT_FILE',
      `${path} is damaged (${what}): restore it from a backup, or remove its index's directory and index the documents again`,
    );
  const file = files.openRead(path);
  try {
    const footerAt = file.sizeBytes - footerBytes;
    if (footerAt < magic.length) throw corrupt('no footer');
    const footer = file.read(footerAt, footerBytes);
    if (!footer.subarray(24).equals(magic)) throw corrupt('no footer');
    if (options.check) {
      const breath = makeBreath();
      let crc = 0;
      for (let at = 0; at < footerAt; at += checkBytes) {
        crc = crc32(file.read(at, Math.min(checkBytes, footerAt - at)), crc);
        await breath();
      }
      if (crc32(footer.subarray(0, 12), crc) !== footer.readUInt32LE(12)) throw corrupt('wrong checksum');
    }
    const directoryOffset = footer.readDoubleLE(0);
    const json = file.read(directoryOffset, footer.readUInt32LE(8)).toString('utf8');
    const directory = JSON.parse(json) as Directory;
    for (const [type, offset, length] of refsOf(directory))
      if (offset + length * bytesPerElement(type) > directoryOffset) throw corrupt('an array beyond the end');
    return new StoredParts(directory, file, cache);
  } catch (error) {
    file.close();
    throw error;
  }
}

function* refsOf(directory: Directory): Generator<ArrayRef> {
  const { fields, ...parts } = directory;
  const places = [parts, ...fields, ...fields.map(({ values }) => values ?? {})];
  for (const place of places) {
    for (const value of Object.values(place)) {
      if (Array.isArray(value) && typeof value[0] === 'string') yield value as ArrayRef;
    }
  }
}
