import type { ArraySource, BlobSource } from './array-source.ts';
import { hasBit } from './bit-set.ts';
import type { DocValues } from './doc-values.ts';
import { IdTable } from './id-table.ts';
import { PostingsIterator } from './postings.ts';
import { StoredParts } from './stored-parts.ts';
import type { TermDictionary } from './term-dictionary.ts';

/** The inverted index of one field in one segment, with its norms or doc values. */
export interface TermField {
  readonly kind: 'terms';
  readonly path: string;
  readonly isText: boolean;
  readonly isBinary: boolean;
  readonly dictionary: TermDictionary;
  readonly docFreqs: Uint32Array;
  readonly postingOffsets: Uint32Array;
  readonly postings: BlobSource;
  /** Text only. */
  readonly positionOffsets: Uint32Array | null;
  readonly positions: BlobSource | null;
  readonly norms: Uint8Array | null;
  /** Ordinals by document: keyword-like fields only. */
  readonly ordinals: DocValues | null;
  readonly docCount: number;
  readonly sumDocFreq: number;
  readonly sumTotalTermFreq: number;
}

export interface NumberField {
  readonly kind: 'numbers';
  readonly path: string;
  readonly values: DocValues;
}

export type SegmentField = TermField | NumberField;

/** Where a segment's document sources are: in memory until they are on disk. */
export interface SourceReader {
  read(offset: number, length: number): Buffer;
  readonly sizeBytes: number;
  close?(): void;
}

/** What a segment is made of. Each array is read when it is asked for, where it is on disk: take it once. */
export interface SegmentParts {
  readonly docCount: number;
  /** Root documents as bits; null when none is nested. */
  readonly roots: Uint32Array | null;
  readonly idOffsets: Uint32Array;
  readonly idBytes: Uint8Array;
  readonly seqNos: Float64Array;
  /** Null: all 1. */
  readonly versions: Float64Array | null;
  readonly primaryTerms: Uint32Array | null;
  readonly primaryTerm: number;
  /** Routing values of the documents that have one, by document. */
  readonly routings: Map<number, string> | null;
  readonly sourceOffsets: Uint32Array;
  readonly fields: Map<string, SegmentField>;
}

/** An immutable piece of a shard's index. Which of its documents are deleted is kept outside. */
export class Segment {
  readonly name: string;
  source: SourceReader;
  #parts: SegmentParts;
  #table: IdTable | null = null;

  constructor(name: string, parts: SegmentParts, source: SourceReader) {
    this.name = name;
    this.#parts = parts;
    this.source = source;
  }

  get parts(): SegmentParts {
    return this.#parts;
  }

  get docCount(): number {
    return this.#parts.docCount;
  }

  get ids(): Buffer {
    const { idBytes } = this.#parts;
    return idBytes instanceof Buffer ? idBytes : Buffer.from(idBytes.buffer, idBytes.byteOffset, idBytes.byteLength);
  }

  /** From now on it is read from disk. Whoever works with an array of it keeps that one. */
  moveToDisk(parts: StoredParts, source: SourceReader): void {
    this.#parts = parts;
    this.source = source;
    this.#table = null;
  }

  isRoot(doc: number): boolean {
    const { roots } = this.#parts;
    return roots === null || hasBit(roots, doc);
  }

  id(doc: number): string {
    const parts = this.#parts;
    if (parts instanceof StoredParts) return parts.id(doc);
    return this.ids.toString('utf8', parts.idOffsets[doc]!, parts.idOffsets[doc + 1]!);
  }

  seqNo(doc: number): number {
    const parts = this.#parts;
    return parts instanceof StoredParts ? parts.seqNo(doc) : parts.seqNos[doc]!;
  }

  version(doc: number): number {
    const parts = this.#parts;
    if (parts instanceof StoredParts) return parts.version(doc);
    return parts.versions === null ? 1 : parts.versions[doc]!;
  }

  primaryTerm(doc: number): number {
    const parts = this.#parts;
    if (parts instanceof StoredParts) return parts.primaryTermOf(doc);
    return parts.primaryTerms === null ? parts.primaryTerm : parts.primaryTerms[doc]!;
  }

  routing(doc: number): string | null {
    return this.#parts.routings?.get(doc) ?? null;
  }

  readSource(doc: number): Buffer {
    const parts = this.#parts;
    const [start, end] =
      parts instanceof StoredParts
        ? parts.sourceRange(doc)
        : [parts.sourceOffsets[doc]!, parts.sourceOffsets[doc + 1]!];
    return this.source.read(start, end - start);
  }

  /** The documents with an id, newest last; at most one of them is live. */
  findId(id: Uint8Array, hash: number, accept: (doc: number) => boolean): number {
    const parts = this.#parts;
    if (parts instanceof StoredParts && parts.ids !== null) return parts.ids.find(id, hash, accept);
    this.#table ??= new IdTable(parts);
    return this.#table.find(id, hash, accept);
  }

  /** Closes its files. */
  close(): void {
    if (this.#parts instanceof StoredParts) this.#parts.close();
    this.source.close?.();
  }

  terms(path: string): TermField | undefined {
    const field = this.parts.fields.get(path);
    return field?.kind === 'terms' ? field : undefined;
  }

  numbers(path: string): DocValues | undefined {
    const field = this.parts.fields.get(path);
    return field?.kind === 'numbers' ? field.values : undefined;
  }

  /** Bytes held in memory. */
  get memoryBytes(): number {
    const parts = this.#parts;
    const size = parts instanceof StoredParts ? parts.residentBytes : partsBytes(parts);
    return size + (this.#table?.sizeBytes ?? 0);
  }

  /** Bytes of its index: on disk, or in memory until it is there. */
  get indexBytes(): number {
    return this.#parts instanceof StoredParts ? this.#parts.fileBytes : partsBytes(this.#parts);
  }
}

/** Of a segment that is held in memory. */
function partsBytes(parts: SegmentParts): number {
  let size = parts.idOffsets.byteLength + parts.idBytes.byteLength + parts.seqNos.byteLength;
  size += parts.sourceOffsets.byteLength + (parts.versions?.byteLength ?? 0);
  for (const field of parts.fields.values()) size += fieldBytes(field);
  return size;
}

export function fieldBytes(field: SegmentField): number {
  const values = field.kind === 'numbers' ? field.values : field.ordinals;
  const sources: (ArraySource | null)[] = values === null ? [] : Object.values(values.sources);
  if (field.kind === 'terms') sources.push(...field.dictionary.sources, field.postings, field.positions);
  const size = sources.reduce((sum, source) => sum + (source?.byteLength ?? 0), 0);
  if (field.kind === 'numbers') return size;
  const { docFreqs, norms, positionOffsets, postingOffsets } = field;
  const tables = [docFreqs, norms, positionOffsets, postingOffsets];
  return tables.reduce((sum, table) => sum + (table?.byteLength ?? 0), size);
}

export function postingsOf(field: TermField, ordinal: number, withPositions = false): PostingsIterator {
  const { positions, postingOffsets } = field;
  const bytes = field.postings.slice(postingOffsets[ordinal]!, postingOffsets[ordinal + 1]!);
  const { positionOffsets } = field;
  return new PostingsIterator(
    bytes,
    0,
    bytes.length,
    field.docFreqs[ordinal]!,
    field.isText,
    withPositions && positions !== null
      ? positions.slice(positionOffsets![ordinal]!, positionOffsets![ordinal + 1]!)
      : null,
  );
}
