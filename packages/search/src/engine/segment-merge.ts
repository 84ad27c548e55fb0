import { held } from './array-source.ts';
import { bitSet, countBits, hasBit, setBit } from './bit-set.ts';
import { type DocValues, DocValuesBuilder } from './doc-values.ts';
import { ByteList, Int32List } from './growable.ts';
import { postingsOf, type Segment, type SegmentField, type SegmentParts, type TermField } from './segment.ts';
import { offsetsOf, PostingsWriter } from './segment-builder.ts';
import { TermDictionary } from './term-dictionary.ts';

/** A segment to be merged, with the documents of it that are alive. */
export interface MergeInput {
  segment: Segment;
  live: Uint32Array | null;
}

/** Called between slices of work; a merge of large segments gives the event loop a turn this way. */
export type Breath = () => Promise<void> | undefined;

/**
 * Merges neighbouring segments into one, without their deleted documents and in the same order.
 *
 * `remaps` gives for each input the new number of each document, -1 for those left out.
 */
export async function mergeSegments(
  inputs: readonly MergeInput[],
  breath: Breath,
): Promise<{ parts: SegmentParts; remaps: Int32Array[] }> {
  const remaps: Int32Array[] = [];
  let docCount = 0;
  for (const { segment, live } of inputs) {
    const remap = new Int32Array(segment.docCount);
    for (let doc = 0; doc < segment.docCount; doc++) {
      remap[doc] = live === null || hasBit(live, doc) ? docCount++ : -1;
    }
    remaps.push(remap);
  }
  const parts = await mergeDocuments(inputs, remaps, docCount, breath);
  const paths = new Set(inputs.flatMap(({ segment }) => [...segment.parts.fields.keys()]));
  for (const path of paths) {
    await breath();
    const fields = inputs.map(({ segment }) => segment.parts.fields.get(path));
    const first = fields.find((field) => field !== undefined)!;
    const merged =
      first.kind === 'terms'
        ? await mergeTerms(fields as (TermField | undefined)[], remaps, docCount, breath)
        : await mergeNumbers(path, fields, remaps, docCount, breath);
    if (merged !== null) parts.fields.set(path, merged);
  }
  return { parts, remaps };
}

/** Documents or postings that are a small piece of work: after so many the clock is looked at. */
const pieceItems = 512;

async function mergeDocuments(
  inputs: readonly MergeInput[],
  remaps: readonly Int32Array[],
  docCount: number,
  breath: Breath,
): Promise<SegmentParts> {
  const idOffsets = new Uint32Array(docCount + 1);
  const ids = new ByteList(docCount * 20 + 16);
  const seqNos = new Float64Array(docCount);
  const versions = new Float64Array(docCount).fill(1);
  const primaryTerms = new Uint32Array(docCount);
  const sourceOffsets = new Uint32Array(docCount + 1);
  const roots = bitSet(docCount);
  const routings = new Map<number, string>();
  let hasVersions = false;
  let sourceAt = 0;
  for (const [input, { segment }] of inputs.entries()) {
    const remap = remaps[input]!;
    const from = segment.parts;
    const { idOffsets: fromOffsets, primaryTerms: fromTerms, seqNos: fromSeqNos, sourceOffsets: fromSources } = from;
    const fromVersions = from.versions;
    const fromIds = segment.ids;
    for (let doc = 0; doc < remap.length; doc++) {
      if (doc % pieceItems === 0) await breath();
      const to = remap[doc]!;
      if (to < 0) continue;
      ids.copy(fromIds, fromOffsets[doc]!, fromOffsets[doc + 1]!);
      idOffsets[to + 1] = ids.length;
      seqNos[to] = fromSeqNos[doc]!;
      const version = fromVersions === null ? 1 : fromVersions[doc]!;
      if (version !== 1) {
        versions[to] = version;
        hasVersions = true;
      }
      primaryTerms[to] = fromTerms === null ? from.primaryTerm : fromTerms[doc]!;
      sourceAt += fromSources[doc + 1]! - fromSources[doc]!;
      sourceOffsets[to + 1] = sourceAt;
      if (segment.isRoot(doc)) setBit(roots, to);
      const routing = segment.routing(doc);
      if (routing !== null) routings.set(to, routing);
    }
  }
  const primaryTerm = primaryTerms[0] ?? 1;
  return {
    docCount,
    roots: countBits(roots) === docCount ? null : roots,
    idOffsets,
    idBytes: ids.finish(),
    seqNos,
    versions: hasVersions ? versions : null,
    primaryTerms: primaryTerms.every((term) => term === primaryTerm) ? null : primaryTerms,
    primaryTerm,
    routings: routings.size === 0 ? null : routings,
    sourceOffsets,
    fields: new Map(),
  };
}

async function mergeTerms(
  fields: readonly (TermField | undefined)[],
  remaps: readonly Int32Array[],
  docCount: number,
  breath: Breath,
): Promise<TermField | null> {
  const first = fields.find((field) => field !== undefined)!;
  const { isText } = first;
  const ordinalMaps = fields.map((field) =>
    field === undefined ? null : new Int32Array(field.dictionary.size).fill(-1),
  );
  // All of them will be read, term by term.
  for (const field of fields) {
    field?.postings.all();
    field?.positions?.all();
  }
  const heap = new CursorHeap(fields);
  const postings = new PostingsWriter(1024, isText);
  const termEnds = new Int32List(64);
  const bytes = new ByteList(4096);
  let ordinal = 0;
  let pieceLeft = pieceItems;
  while (heap.size > 0) {
    if (pieceLeft <= 0) {
      await breath();
      pieceLeft = pieceItems;
    }
    const term = heap.top.term;
    let hasDocs = false;
    // Inputs come in order, so the documents of a term stay ascending.
    while (heap.size > 0 && heap.top.term.equals(term)) {
      const { input, ordinal: from } = heap.top;
      const copied = copyPostings(fields[input]!, from, remaps[input]!, postings);
      pieceLeft -= copied + 1;
      if (copied > 0) {
        hasDocs = true;
        ordinalMaps[input]![from] = ordinal;
      }
      heap.next();
    }
    if (!hasDocs) continue;
    postings.endTerm();
    bytes.copy(term, 0, term.length);
    termEnds.push(bytes.length);
    ordinal++;
  }
  const norms = isText ? mergeNorms(fields, remaps, docCount) : null;
  const ordinals = isText ? null : await mergeOrdinals(fields, ordinalMaps, remaps, docCount, breath);
  if (ordinal === 0 && (norms === null || norms.every((norm) => norm === 0))) return null;
  const written = postings.finish();
  return {
    kind: 'terms',
    path: first.path,
    isText,
    isBinary: first.isBinary,
    dictionary: new TermDictionary(held(offsetsOf(termEnds)), held(bytes.finish())),
    ...written,
    norms,
    ordinals,
    docCount: isText ? countNonZero(norms!) : ordinals!.docsWithValue,
    sumTotalTermFreq: isText ? postings.sumFreq : written.sumDocFreq,
  };
}

interface Cursor {
  input: number;
  ordinal: number;
  term: Buffer;
}

/** The dictionaries that are merged, the one with the smallest term first; of equal terms the earlier input. */
class CursorHeap {
  readonly #items: Cursor[] = [];
  readonly #fields: readonly (TermField | undefined)[];

  constructor(fields: readonly (TermField | undefined)[]) {
    this.#fields = fields;
    fields.forEach((field, input) => {
      if (field !== undefined && field.dictionary.size > 0) {
        this.#items.push({ input, ordinal: 0, term: field.dictionary.term(0) });
      }
    });
    for (let i = (this.#items.length >>> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  get size(): number {
    return this.#items.length;
  }

  get top(): Cursor {
    return this.#items[0]!;
  }

  /** Moves the first cursor to its next term. */
  next(): void {
    const cursor = this.#items[0]!;
    const { dictionary } = this.#fields[cursor.input]!;
    if (++cursor.ordinal < dictionary.size) cursor.term = dictionary.term(cursor.ordinal);
    else {
      const last = this.#items.pop()!;
      if (this.#items.length === 0) return;
      this.#items[0] = last;
    }
    this.#sink(0);
  }

  #isBefore(a: Cursor, b: Cursor): boolean {
    const order = Buffer.compare(a.term, b.term);
    return order < 0 || (order === 0 && a.input < b.input);
  }

  #sink(from: number): void {
    const items = this.#items;
    const item = items[from]!;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#isBefore(items[child + 1]!, items[child]!)) child++;
      if (!this.#isBefore(items[child]!, item)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
  }
}

/** Returns of how many documents. */
function copyPostings(field: TermField, ordinal: number, remap: Int32Array, to: PostingsWriter): number {
  const from = postingsOf(field, ordinal, true);
  let copied = 0;
  for (let doc = from.next(); doc !== 0x7fffffff; doc = from.next()) {
    const target = remap[doc]!;
    if (target < 0) continue;
    copied += 1;
    to.startDoc(target, from.freq);
    if (field.positions !== null) for (let i = 0; i < from.freq; i++) to.position(from.nextPosition());
  }
  return copied;
}

function mergeNorms(
  fields: readonly (TermField | undefined)[],
  remaps: readonly Int32Array[],
  docCount: number,
): Uint8Array {
  const norms = new Uint8Array(docCount);
  fields.forEach((field, i) => {
    if (field === undefined || field.norms === null) return;
    const remap = remaps[i]!;
    const from = field.norms;
    for (let doc = 0; doc < remap.length; doc++) if (remap[doc]! >= 0) norms[remap[doc]!] = from[doc]!;
  });
  return norms;
}

async function mergeOrdinals(
  fields: readonly (TermField | undefined)[],
  ordinalMaps: readonly (Int32Array | null)[],
  remaps: readonly Int32Array[],
  docCount: number,
  breath: Breath,
): Promise<DocValues> {
  const builder = new DocValuesBuilder(docCount);
  const few: number[] = [];
  for (const [i, field] of fields.entries()) {
    if (field === undefined || field.ordinals === null) continue;
    const { ordinals } = field;
    const from = ordinals.values;
    const map = ordinalMaps[i]!;
    const remap = remaps[i]!;
    for (let doc = 0; doc < remap.length; doc++) {
      if (doc % pieceItems === 0) await breath();
      if (remap[doc]! < 0 || !ordinals.seek(doc)) continue;
      few.length = 0;
      for (let at = ordinals.start; at < ordinals.end; at++) few.push(map[Number(from[at]!)]!);
      builder.add(remap[doc]!, few);
    }
  }
  return builder.build();
}

async function mergeNumbers(
  path: string,
  fields: readonly (SegmentField | undefined)[],
  remaps: readonly Int32Array[],
  docCount: number,
  breath: Breath,
): Promise<SegmentField | null> {
  const builder = new DocValuesBuilder(docCount);
  for (const [i, field] of fields.entries()) {
    if (field === undefined || field.kind !== 'numbers') continue;
    const { values } = field;
    const from = values.values;
    const remap = remaps[i]!;
    for (let doc = 0; doc < remap.length; doc++) {
      if (doc % pieceItems === 0) await breath();
      if (remap[doc]! >= 0 && values.seek(doc)) builder.add(remap[doc]!, from, values.start, values.end);
    }
  }
  return builder.isEmpty ? null : { kind: 'numbers', path, values: builder.build() };
}

function countNonZero(norms: Uint8Array): number {
  let count = 0;
  for (const norm of norms) if (norm !== 0) count++;
  return count;
}
