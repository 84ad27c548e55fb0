import { HeldBlob, held } from './array-source.ts';
import { bitSet, countBits, setBit } from './bit-set.ts';
import { DocValuesBuilder } from './doc-values.ts';
import { ByteList, Int32List } from './growable.ts';
import { encodeLength } from './norms.ts';
import type { NumberField, SegmentField, SegmentParts, TermField } from './segment.ts';
import { TermDictionary } from './term-dictionary.ts';
import type { NumberColumn, TermColumn, WriteBuffer } from './write-buffer.ts';

/** Turns written documents into a segment. */
export function buildSegment(buffer: WriteBuffer): { parts: SegmentParts; source: Buffer } {
  const docCount = buffer.count;
  const idOffsets = new Uint32Array(docCount + 1);
  const ids = new ByteList(docCount * 20 + 16);
  const sourceOffsets = new Uint32Array(docCount + 1);
  const roots = bitSet(docCount);
  const primaryTerms = buffer.primaryTerms.view();
  let primaryTerm = 0;
  let isOneTerm = true;
  for (let doc = 0; doc < docCount; doc++) {
    const id = buffer.ids[doc]!;
    if (id !== null) {
      setBit(roots, doc);
      ids.utf8(id);
      if (primaryTerm === 0) primaryTerm = primaryTerms[doc]!;
      else if (primaryTerms[doc] !== primaryTerm) isOneTerm = false;
    }
    idOffsets[doc + 1] = ids.length;
    sourceOffsets[doc + 1] = buffer.sourceEnds.get(doc);
  }
  const versions = buffer.versions.view();
  const fields = new Map<string, SegmentField>();
  for (const column of buffer.terms.values()) {
    const field = buildTerms(column, docCount);
    if (field !== null) fields.set(column.path, field);
  }
  for (const column of buffer.numbers.values()) {
    const field = buildNumbers(column, docCount);
    if (field !== null) fields.set(column.path, field);
  }
  const rootCount = countBits(roots);
  return {
    source: Buffer.from(buffer.source.finish().buffer),
    parts: {
      docCount,
      roots: rootCount === docCount ? null : roots,
      idOffsets,
      idBytes: ids.finish(),
      seqNos: buffer.seqNos.view().slice(),
      versions: versions.every((version) => version === 1) ? null : versions.slice(),
      primaryTerms: isOneTerm ? null : Uint32Array.from(primaryTerms),
      primaryTerm: Math.max(1, primaryTerm),
      routings: buffer.routings.size === 0 ? null : new Map(buffer.routings),
      sourceOffsets,
      fields,
    },
  };
}

function buildTerms(column: TermColumn, docCount: number): TermField | null {
  const entryCount = column.docs.length;
  if (entryCount === 0 && column.lengthDocs.length === 0) return null;
  const docs = column.docs.view();
  const termIds = column.termIds.view();
  const counts = new Uint32Array(column.dictionary.size);
  for (let i = 0; i < entryCount; i++) counts[termIds[i]!]!++;

  // Terms of writes that were undone have no entries left.
  let terms: string[] = [];
  for (const [term, id] of column.dictionary) if (counts[id]! > 0) terms.push(term);
  terms = sortByBytes(terms, column.isBinary);
  const ranks = new Uint32Array(column.dictionary.size);
  const starts = new Uint32Array(terms.length + 1);
  const termOffsets = new Uint32Array(terms.length + 1);
  const termBytes = new ByteList(1024);
  for (let rank = 0; rank < terms.length; rank++) {
    const term = terms[rank]!;
    const id = column.dictionary.get(term)!;
    ranks[id] = rank;
    starts[rank + 1] = starts[rank]! + counts[id]!;
    if (column.isBinary) termBytes.latin1(term);
    else termBytes.utf8(term);
    termOffsets[rank + 1] = termBytes.length;
  }
  const entries = new Uint32Array(entryCount);
  const fill = starts.slice();
  for (let i = 0; i < entryCount; i++) entries[fill[ranks[termIds[i]!]!]!++] = i;

  const postings = new PostingsWriter(terms.length, column.isText);
  const positions = column.positions?.view() ?? null;
  for (let rank = 0; rank < terms.length; rank++) {
    let i = starts[rank]!;
    const end = starts[rank + 1]!;
    while (i < end) {
      const doc = docs[entries[i]!]!;
      const first = i;
      while (i < end && docs[entries[i]!] === doc) i++;
      postings.startDoc(doc, i - first);
      if (positions !== null) for (let at = first; at < i; at++) postings.position(positions[entries[at]!]!);
    }
    postings.endTerm();
  }
  return {
    kind: 'terms',
    path: column.path,
    isText: column.isText,
    isBinary: column.isBinary,
    dictionary: new TermDictionary(held(termOffsets), held(termBytes.finish())),
    ...postings.finish(),
    norms: column.isText ? buildNorms(column, docCount) : null,
    ordinals: column.isText ? null : buildOrdinals(docs, termIds, ranks, docCount),
    docCount: column.isText ? column.lengthDocs.length : countDocs(docs),
    sumTotalTermFreq: column.isText ? entryCount : postings.sumDocFreq,
  };
}

/** The order of UTF-8 bytes is that of code points, which only surrogates keep from being that of UTF-16. */
function sortByBytes(terms: string[], isBinary: boolean): string[] {
  if (isBinary || !terms.some((term) => /[\ud800-\udfff]/.test(term))) return terms.sort();
  return terms
    .map((term) => ({ term, bytes: Buffer.from(term) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ term }) => term);
}

function buildNorms(column: TermColumn, docCount: number): Uint8Array {
  const norms = new Uint8Array(docCount);
  for (let i = 0; i < column.lengthDocs.length; i++) {
    norms[column.lengthDocs.get(i)] = encodeLength(column.lengths.get(i));
  }
  return norms;
}

function buildOrdinals(
  docs: Int32Array,
  termIds: Int32Array,
  ranks: Uint32Array,
  docCount: number,
): TermField['ordinals'] {
  const builder = new DocValuesBuilder(docCount);
  const few: number[] = [];
  let i = 0;
  while (i < docs.length) {
    const doc = docs[i]!;
    few.length = 0;
    while (i < docs.length && docs[i] === doc) few.push(ranks[termIds[i++]!]!);
    if (few.length > 1) few.sort((a, b) => a - b);
    let kept = 0;
    for (let at = 0; at < few.length; at++) if (at === 0 || few[at] !== few[at - 1]) few[kept++] = few[at]!;
    builder.add(doc, few, 0, kept);
  }
  return builder.build();
}

function countDocs(docs: Int32Array): number {
  let count = 0;
  for (let i = 0; i < docs.length; i++) if (i === 0 || docs[i] !== docs[i - 1]) count++;
  return count;
}

function buildNumbers(column: NumberColumn, docCount: number): NumberField | null {
  if (column.docs.length === 0) return null;
  const builder = new DocValuesBuilder(docCount);
  const docs = column.docs.view();
  const values = column.big?.view() ?? column.values.view();
  let i = 0;
  while (i < docs.length) {
    const doc = docs[i]!;
    const first = i;
    while (i < docs.length && docs[i] === doc) i++;
    // The column is not used again: its values can be sorted where they are.
    if (i - first > 1) values.subarray(first, i).sort();
    builder.add(doc, values, first, i);
  }
  return { kind: 'numbers', path: column.path, values: builder.build() };
}

type WrittenPostings = Pick<
  TermField,
  'docFreqs' | 'postingOffsets' | 'postings' | 'positionOffsets' | 'positions' | 'sumDocFreq'
>;

/** Writes postings term by term, in the layout that PostingsIterator reads. */
export class PostingsWriter {
  sumDocFreq = 0;
  /** Occurrences, every one counted. */
  sumFreq = 0;
  readonly #isText: boolean;
  readonly #docFreqs = new Int32List(64);
  readonly #postingEnds = new Int32List(64);
  readonly #positionEnds = new Int32List(64);
  readonly #postings: ByteList;
  readonly #positions = new ByteList(1024);
  #docFreq = 0;
  #lastDoc = -1;
  #lastPosition = 0;

  constructor(termCount: number, isText: boolean) {
    this.#isText = isText;
    this.#postings = new ByteList(termCount * 4 + 16);
  }

  startDoc(doc: number, freq: number): void {
    this.sumFreq += freq;
    const step = doc - this.#lastDoc;
    if (this.#isText) {
      if (freq === 1) this.#postings.varint((step << 1) | 1);
      else {
        this.#postings.varint(step << 1);
        this.#postings.varint(freq);
      }
    } else this.#postings.varint(step);
    this.#lastDoc = doc;
    this.#lastPosition = 0;
    this.#docFreq++;
  }

  position(position: number): void {
    this.#positions.varint(position - this.#lastPosition);
    this.#lastPosition = position;
  }

  endTerm(): void {
    this.#docFreqs.push(this.#docFreq);
    this.sumDocFreq += this.#docFreq;
    this.#postingEnds.push(this.#postings.length);
    if (this.#isText) this.#positionEnds.push(this.#positions.length);
    this.#docFreq = 0;
    this.#lastDoc = -1;
  }

  finish(): WrittenPostings {
    return {
      docFreqs: new Uint32Array(this.#docFreqs.view()),
      postingOffsets: offsetsOf(this.#postingEnds),
      postings: new HeldBlob(this.#postings.finish()),
      positionOffsets: this.#isText ? offsetsOf(this.#positionEnds) : null,
      positions: this.#isText ? new HeldBlob(this.#positions.finish()) : null,
      sumDocFreq: this.sumDocFreq,
    };
  }
}

/** Ends of neighbours as offsets: where each begins, and where the last one ends. */
export function offsetsOf(ends: Int32List): Uint32Array {
  const offsets = new Uint32Array(ends.length + 1);
  offsets.set(ends.view(), 1);
  return offsets;
}
