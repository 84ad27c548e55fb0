import { type ArrayCache, StoredArray, StoredBlob } from './array-source.ts';
import { DocValues, type DocValuesSources, type ValueArray } from './doc-values.ts';
import type { ReadFile } from './files.ts';
import type { SegmentField, SegmentParts, TermField } from './segment.ts';
import { type ArrayRef, boundsOfEntry, type Directory, type FieldEntry, type ValuesEntry } from './segment-file.ts';
import { StoredIds } from './stored-ids.ts';
import { TermDictionary } from './term-dictionary.ts';

/** A segment in its file. Its arrays come into memory when they are asked for, and leave it when others need the room. */
export class StoredParts implements SegmentParts {
  readonly docCount: number;
  readonly primaryTerm: number;
  readonly routings: Map<number, string> | null;
  readonly fields = new Map<string, SegmentField>();
  /** Null in a file of an earlier version: a table is made in memory then. */
  readonly ids: StoredIds | null;
  readonly #file: ReadFile;
  readonly #cache: ArrayCache;
  readonly #arrays: StoredArray<ValueArray>[] = [];
  readonly #roots: StoredArray<Uint32Array> | null;
  readonly #idOffsets: StoredArray<Uint32Array>;
  readonly #idBytes: StoredArray<Uint8Array>;
  readonly #seqNos: StoredArray<Float64Array>;
  readonly #versions: StoredArray<Float64Array> | null;
  readonly #primaryTerms: StoredArray<Uint32Array> | null;
  readonly #sourceOffsets: StoredArray<Uint32Array>;

  constructor(directory: Directory, file: ReadFile, cache: ArrayCache) {
    this.#file = file;
    this.#cache = cache;
    this.docCount = directory.docCount;
    this.primaryTerm = directory.primaryTerm;
    this.routings = directory.routings === null ? null : new Map(directory.routings);
    this.#roots = this.#stored(directory.roots);
    this.#idOffsets = this.#stored(directory.idOffsets);
    this.#idBytes = this.#stored(directory.idBytes);
    this.#seqNos = this.#stored(directory.seqNos);
    this.#versions = this.#stored(directory.versions);
    this.#primaryTerms = this.#stored(directory.primaryTerms);
    this.#sourceOffsets = this.#stored(directory.sourceOffsets);
    const { idFilter, idSlots } = directory;
    if (idFilter === undefined || idSlots === undefined) this.ids = null;
    else {
      const [type, offset, length] = idFilter;
      const filter = new StoredArray<Uint32Array>(cache, file, type, offset, length).part(0, length);
      this.ids = new StoredIds(filter, this.#stored(idSlots), this.#idOffsets, this.#idBytes);
    }
    for (const entry of directory.fields) {
      this.fields.set(
        entry.path,
        entry.kind === 'numbers'
          ? { kind: 'numbers', path: entry.path, values: this.#values(entry.values!) }
          : this.#terms(entry),
      );
    }
  }

  get roots(): Uint32Array | null {
    return this.#roots === null ? null : this.#roots.all();
  }

  get idOffsets(): Uint32Array {
    return this.#idOffsets.all();
  }

  get idBytes(): Uint8Array {
    return this.#idBytes.all();
  }

  get seqNos(): Float64Array {
    return this.#seqNos.all();
  }

  get versions(): Float64Array | null {
    return this.#versions === null ? null : this.#versions.all();
  }

  get primaryTerms(): Uint32Array | null {
    return this.#primaryTerms === null ? null : this.#primaryTerms.all();
  }

  get sourceOffsets(): Uint32Array {
    return this.#sourceOffsets.all();
  }

  id(doc: number): string {
    const offsets = this.#idOffsets.part(doc, doc + 2);
    const bytes = this.#idBytes.part(offsets[0]!, offsets[1]!);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  seqNo(doc: number): number {
    return this.#seqNos.at(doc);
  }

  version(doc: number): number {
    return this.#versions === null ? 1 : this.#versions.at(doc);
  }

  primaryTermOf(doc: number): number {
    return this.#primaryTerms === null ? this.primaryTerm : this.#primaryTerms.at(doc);
  }

  sourceRange(doc: number): readonly [start: number, end: number] {
    const offsets = this.#sourceOffsets.part(doc, doc + 2);
    return [offsets[0]!, offsets[1]!];
  }

  get residentBytes(): number {
    return this.#arrays.reduce((size, array) => size + array.residentBytes, this.ids?.residentBytes ?? 0);
  }

  get fileBytes(): number {
    return this.#file.sizeBytes;
  }

  close(): void {
    for (const array of this.#arrays) array.drop();
    this.#file.close();
  }

  #stored<T extends ValueArray>(ref: ArrayRef): StoredArray<T>;
  #stored<T extends ValueArray>(ref: ArrayRef | null): StoredArray<T> | null;
  #stored<T extends ValueArray>(ref: ArrayRef | null): StoredArray<T> | null {
    if (ref === null) return null;
    const [type, offset, length] = ref;
    return this.#kept(new StoredArray<T>(this.#cache, this.#file, type, offset, length));
  }

  #blob(ref: ArrayRef): StoredBlob {
    const [type, offset, length] = ref;
    return this.#kept(new StoredBlob(this.#cache, this.#file, type, offset, length));
  }

  #kept<T extends { drop(): void; residentBytes: number }>(array: T): T {
    this.#arrays.push(array as unknown as StoredArray<ValueArray>);
    return array;
  }

  #values(entry: ValuesEntry): DocValues {
    const sources: DocValuesSources = {
      values: this.#stored(entry.values),
      docs: this.#stored(entry.docs),
      offsets: this.#stored(entry.offsets),
      presence: this.#stored(entry.presence),
    };
    return new DocValues(this.docCount, sources, boundsOfEntry(entry));
  }

  #terms(entry: FieldEntry): TermField {
    return new StoredTerms(entry, {
      dictionary: new TermDictionary(this.#stored(entry.termOffsets!), this.#stored(entry.termBytes!)),
      docFreqs: this.#stored(entry.docFreqs!),
      postingOffsets: this.#stored(entry.postingOffsets!),
      postings: this.#blob(entry.postings!),
      positionOffsets: this.#stored(entry.positionOffsets ?? null),
      positions: entry.positions ? this.#blob(entry.positions) : null,
      norms: this.#stored(entry.norms ?? null),
      ordinals: entry.values ? this.#values(entry.values) : null,
    });
  }
}

interface StoredTables {
  dictionary: TermDictionary;
  docFreqs: StoredArray<Uint32Array>;
  postingOffsets: StoredArray<Uint32Array>;
  postings: StoredBlob;
  positionOffsets: StoredArray<Uint32Array> | null;
  positions: StoredBlob | null;
  norms: StoredArray<Uint8Array> | null;
  ordinals: DocValues | null;
}

class StoredTerms implements TermField {
  readonly kind = 'terms';
  readonly path: string;
  readonly isText: boolean;
  readonly isBinary: boolean;
  readonly docCount: number;
  readonly sumDocFreq: number;
  readonly sumTotalTermFreq: number;
  readonly dictionary: TermDictionary;
  readonly postings: StoredBlob;
  readonly positions: StoredBlob | null;
  readonly ordinals: DocValues | null;
  readonly #tables: StoredTables;

  constructor(entry: FieldEntry, tables: StoredTables) {
    this.path = entry.path;
    this.isText = entry.isText!;
    this.isBinary = entry.isBinary!;
    this.docCount = entry.docCount!;
    this.sumDocFreq = entry.sumDocFreq!;
    this.sumTotalTermFreq = entry.sumTotalTermFreq!;
    this.dictionary = tables.dictionary;
    this.postings = tables.postings;
    this.positions = tables.positions;
    this.ordinals = tables.ordinals;
    this.#tables = tables;
  }

  get docFreqs(): Uint32Array {
    return this.#tables.docFreqs.all();
  }

  get postingOffsets(): Uint32Array {
    return this.#tables.postingOffsets.all();
  }

  get positionOffsets(): Uint32Array | null {
    return this.#tables.positionOffsets === null ? null : this.#tables.positionOffsets.all();
  }

  get norms(): Uint8Array | null {
    return this.#tables.norms === null ? null : this.#tables.norms.all();
  }
}
