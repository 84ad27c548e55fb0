import { crc32 } from 'node:zlib';
import { SearchStoreError } from '../search-store-error.ts';
import { DocValues, type ValueArray } from './doc-values.ts';
import type { SegmentField, SegmentParts, TermField } from './segment.ts';
import { TermDictionary } from './term-dictionary.ts';

/*
 * A segment's index as one file:
 *   magic "HWSEG001" · arrays, each aligned to 8 bytes · directory (JSON) · footer (32 bytes)
 * The footer has the directory's offset and length, the CRC-32 of everything before it, and the magic again.
 * Arrays are read as views of the file's bytes: nothing is decoded at start.
 */
const magic = Buffer.from('HWSEG001');
const footerBytes = 32;

const arrayTypes = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
  i64: BigInt64Array,
} as const;

type ArrayType = keyof typeof arrayTypes;
/** [type, offset, number of elements] */
type ArrayRef = [ArrayType, number, number];

interface ValuesEntry {
  values: ArrayRef;
  docs: ArrayRef | null;
  offsets: ArrayRef | null;
  presence: ArrayRef | null;
}

interface FieldEntry {
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

interface Directory {
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
      postings: put(field.postings),
      positionOffsets: put(field.positionOffsets),
      positions: put(field.positions),
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

export function decodeSegment(path: string, file: Buffer): SegmentParts {
  const corrupt = (what: string): SearchStoreError =>
    new SearchStoreError(
      'HW_SEARCH_CORRUPT_FILE',
      `${path} is damaged (${what}): restore it from a backup, or remove its index's directory and index the documents again`,
    );
  const footerAt = file.length - footerBytes;
  if (footerAt < magic.length || !file.subarray(footerAt + 24).equals(magic)) throw corrupt('no footer');
  if (crc32(file.subarray(0, footerAt + 12)) !== file.readUInt32LE(footerAt + 12)) throw corrupt('wrong checksum');
  // Views need alignment; a file read on its own stands at offset 0.
  const bytes = file.byteOffset % 8 === 0 ? file : Buffer.from(new Uint8Array(file).buffer);
  const directoryOffset = bytes.readDoubleLE(footerAt);
  const json = bytes.toString('utf8', directoryOffset, directoryOffset + bytes.readUInt32LE(footerAt + 8));
  const directory = JSON.parse(json) as Directory;

  function view<T extends ValueArray>(ref: ArrayRef): T;
  function view<T extends ValueArray>(ref: ArrayRef | null): T | null;
  function view<T extends ValueArray>(ref: ArrayRef | null): T | null {
    if (ref === null) return null;
    const [type, offset, length] = ref;
    const Type = arrayTypes[type];
    if (offset + length * Type.BYTES_PER_ELEMENT > directoryOffset) throw corrupt('an array beyond the end');
    return new Type(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length) as unknown as T;
  }
  const { docCount } = directory;
  const viewValues = (entry: ValuesEntry): DocValues =>
    new DocValues(docCount, view(entry.values), view(entry.docs), view(entry.offsets), view(entry.presence));
  const fields = new Map<string, SegmentField>();
  for (const entry of directory.fields) {
    if (entry.kind === 'numbers') {
      fields.set(entry.path, { kind: 'numbers', path: entry.path, values: viewValues(entry.values!) });
      continue;
    }
    const field: TermField = {
      kind: 'terms',
      path: entry.path,
      isText: entry.isText!,
      isBinary: entry.isBinary!,
      docCount: entry.docCount!,
      sumDocFreq: entry.sumDocFreq!,
      sumTotalTermFreq: entry.sumTotalTermFreq!,
      dictionary: new TermDictionary(view(entry.termOffsets!), view(entry.termBytes!)),
      docFreqs: view(entry.docFreqs!),
      postingOffsets: view(entry.postingOffsets!),
      postings: view(entry.postings!),
      positionOffsets: view(entry.positionOffsets ?? null),
      positions: view(entry.positions ?? null),
      norms: view(entry.norms ?? null),
      ordinals: entry.values ? viewValues(entry.values) : null,
    };
    fields.set(entry.path, field);
  }
  return {
    docCount,
    roots: view(directory.roots),
    idOffsets: view(directory.idOffsets),
    idBytes: view(directory.idBytes),
    seqNos: view(directory.seqNos),
    versions: view(directory.versions),
    primaryTerms: view(directory.primaryTerms),
    primaryTerm: directory.primaryTerm,
    routings: directory.routings === null ? null : new Map(directory.routings),
    sourceOffsets: view(directory.sourceOffsets),
    fields,
  };
}

function typeOf(array: ValueArray): ArrayType {
  if (array instanceof Uint16Array) return 'u16';
  if (array instanceof Uint32Array) return 'u32';
  if (array instanceof Int32Array) return 'i32';
  if (array instanceof Float32Array) return 'f32';
  if (array instanceof Float64Array) return 'f64';
  if (array instanceof BigInt64Array) return 'i64';
  return 'u8';
}
