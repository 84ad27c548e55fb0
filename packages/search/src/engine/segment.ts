import { hasBit } from './bit-set.ts';
import type { DocValues } from './doc-values.ts';
import { IdTable } from './id-table.ts';
import { PostingsIterator } from './postings.ts';
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
  readonly postings: Uint8Array;
  /** Text only. */
  readonly positionOffsets: Uint32Array | null;
  readonly positions: Uint8Array | null;
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
}

export interface SegmentParts {
  docCount: number;
  /** Root documents as bits; null when none is nested. */
  roots: Uint32Array | null;
  idOffsets: Uint32Array;
  idBytes: Uint8Array;
  seqNos: Float64Array;
  /** Null: all 1. */
  versions: Float64Array | null;
  primaryTerms: Uint32Array | null;
  primaryTerm: number;
  /** Routing values of the documents that have one, by document. */
  routings: Map<number, string> | null;
  sourceOffsets: Uint32Array;
  fields: Map<string, SegmentField>;
}

/** An immutable piece of a shard's index. Which of its documents are deleted is kept outside. */
export class Segment {
  readonly name: string;
  readonly parts: SegmentParts;
  source: SourceReader;
  readonly ids: Buffer;
  #table: IdTable | null = null;

  constructor(name: string, parts: SegmentParts, source: SourceReader) {
    this.name = name;
    this.parts = parts;
    this.source = source;
    this.ids = Buffer.from(parts.idBytes.buffer, parts.idBytes.byteOffset, parts.idBytes.byteLength);
  }

  get docCount(): number {
    return this.parts.docCount;
  }

  isRoot(doc: number): boolean {
    return this.parts.roots === null || hasBit(this.parts.roots, doc);
  }

  id(doc: number): string {
    return this.ids.toString('utf8', this.parts.idOffsets[doc]!, this.parts.idOffsets[doc + 1]!);
  }

  seqNo(doc: number): number {
    return this.parts.seqNos[doc]!;
  }

  version(doc: number): number {
    return this.parts.versions === null ? 1 : this.parts.versions[doc]!;
  }

  primaryTerm(doc: number): number {
    return this.parts.primaryTerms === null ? this.parts.primaryTerm : this.parts.primaryTerms[doc]!;
  }

  routing(doc: number): string | null {
    return this.parts.routings?.get(doc) ?? null;
  }

  readSource(doc: number): Buffer {
    const start = this.parts.sourceOffsets[doc]!;
    return this.source.read(start, this.parts.sourceOffsets[doc + 1]! - start);
  }

  /** The documents with an id, newest last; at most one of them is live. */
  findId(id: Uint8Array, hash: number, accept: (doc: number) => boolean): number {
    this.#table ??= new IdTable(this);
    return this.#table.find(id, hash, accept);
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
    const { parts } = this;
    let size = parts.idOffsets.byteLength + parts.idBytes.byteLength + parts.seqNos.byteLength;
    size += parts.sourceOffsets.byteLength + (parts.versions?.byteLength ?? 0) + (this.#table?.sizeBytes ?? 0);
    for (const field of parts.fields.values()) size += fieldBytes(field);
    return size;
  }
}

export function fieldBytes(field: SegmentField): number {
  const values = field.kind === 'numbers' ? field.values : field.ordinals;
  let size = 0;
  if (values !== null) {
    size += values.values.byteLength + (values.docs?.byteLength ?? 0) + (values.offsets?.byteLength ?? 0);
    size += values.presence?.byteLength ?? 0;
  }
  if (field.kind === 'terms') {
    size += field.dictionary.offsets.byteLength + field.dictionary.bytes.byteLength + field.docFreqs.byteLength;
    size += field.postingOffsets.byteLength + field.postings.byteLength + (field.norms?.byteLength ?? 0);
    size += (field.positionOffsets?.byteLength ?? 0) + (field.positions?.byteLength ?? 0);
  }
  return size;
}

export function postingsOf(field: TermField, ordinal: number, withPositions = false): PostingsIterator {
  const hasPositions = withPositions && field.positions !== null;
  return new PostingsIterator(
    field.postings,
    field.postingOffsets[ordinal]!,
    field.postingOffsets[ordinal + 1]!,
    field.docFreqs[ordinal]!,
    field.isText,
    hasPositions ? field.positions : null,
    hasPositions ? field.positionOffsets![ordinal]! : 0,
  );
}
