import { bitSet, setBit } from './bit-set.ts';
import { BigInt64List, ByteList, Float64List, Int32List } from './growable.ts';

/** The tokens or values of one field, as they came: one entry an occurrence, documents ascending. */
export class TermColumn {
  readonly path: string;
  /** Text: positions and lengths are kept. Keyword: the values are doc values too. */
  readonly isText: boolean;
  /** Terms are bytes (addresses), one character a byte. */
  readonly isBinary: boolean;
  readonly dictionary = new Map<string, number>();
  readonly docs = new Int32List();
  readonly termIds = new Int32List();
  readonly positions: Int32List | null;
  /** Documents with the field, and their number of tokens. */
  readonly lengthDocs = new Int32List();
  readonly lengths = new Int32List();
  termBytes = 0;

  constructor(path: string, isText: boolean, isBinary: boolean) {
    this.path = path;
    this.isText = isText;
    this.isBinary = isBinary;
    this.positions = isText ? new Int32List() : null;
  }

  add(doc: number, term: string, position: number): void {
    let id = this.dictionary.get(term);
    if (id === undefined) {
      id = this.dictionary.size;
      this.dictionary.set(term, id);
      this.termBytes += term.length * 2 + 48;
    }
    this.docs.push(doc);
    this.termIds.push(id);
    this.positions?.push(position);
  }

  addLength(doc: number, tokens: number): void {
    if (this.lengthDocs.last() === doc) {
      const i = this.lengths.length - 1;
      this.lengths.set(i, this.lengths.get(i) + tokens);
    } else {
      this.lengthDocs.push(doc);
      this.lengths.push(tokens);
    }
  }

  truncate(doc: number): void {
    while (this.docs.last() >= doc) this.docs.length--;
    this.termIds.length = this.docs.length;
    if (this.positions !== null) this.positions.length = this.docs.length;
    while (this.lengthDocs.last() >= doc) this.lengthDocs.length--;
    this.lengths.length = this.lengthDocs.length;
  }

  get sizeBytes(): number {
    return this.termBytes + this.docs.sizeBytes * (this.isText ? 3 : 2) + this.lengthDocs.sizeBytes * 2;
  }
}

/** The numbers of one field. 64-bit integers that a double cannot hold make the whole column exact. */
export class NumberColumn {
  readonly path: string;
  readonly docs = new Int32List();
  readonly values = new Float64List();
  /** The exact values, once one was too large. */
  big: BigInt64List | null = null;

  constructor(path: string) {
    this.path = path;
  }

  add(doc: number, value: number | bigint): void {
    this.docs.push(doc);
    if (typeof value === 'bigint') {
      if (this.big === null) {
        this.big = new BigInt64List();
        for (const known of this.values.view()) this.big.push(BigInt(known));
      }
      this.big.push(value);
      this.values.push(Number(value));
    } else {
      this.big?.push(BigInt(value));
      this.values.push(value);
    }
  }

  truncate(doc: number): void {
    while (this.docs.last() >= doc) this.docs.length--;
    this.values.length = this.docs.length;
    if (this.big !== null) this.big.length = this.docs.length;
  }

  get sizeBytes(): number {
    return this.docs.sizeBytes + this.values.sizeBytes + (this.big?.sizeBytes ?? 0);
  }
}

/** A document as the engine knows it, besides its fields. */
export interface DocumentMeta {
  id: string;
  seqNo: number;
  primaryTerm: number;
  version: number;
  routing: string | null;
  source: Buffer;
}

/**
 * Documents that are written but not yet in a segment. Entries are appended by document number, so a write that fails is
 * undone by cutting every column back to that number.
 */
export class WriteBuffer {
  readonly terms = new Map<string, TermColumn>();
  readonly numbers = new Map<string, NumberColumn>();
  /** Ids by document number; a nested document has none. The other columns go with it. */
  readonly ids: (string | null)[] = [];
  readonly seqNos = new Float64List();
  readonly versions = new Float64List();
  readonly primaryTerms = new Int32List();
  readonly routings = new Map<number, string>();
  /** The documents' bytes one after the other, and where each ends. */
  readonly source = new ByteList();
  readonly sourceEnds = new Int32List();
  /** Documents that were replaced or deleted before they reached a segment. */
  readonly deleted = new Set<number>();

  get count(): number {
    return this.ids.length;
  }

  /** Opens the next document and returns its number. */
  begin(): number {
    this.seqNos.push(0);
    this.versions.push(1);
    this.primaryTerms.push(0);
    this.sourceEnds.push(this.source.length);
    return this.ids.push(null) - 1;
  }

  /** Completes a document: the newest one. */
  finish(doc: number, meta: DocumentMeta): void {
    this.ids[doc] = meta.id;
    this.seqNos.set(doc, meta.seqNo);
    this.versions.set(doc, meta.version);
    this.primaryTerms.set(doc, meta.primaryTerm);
    if (meta.routing !== null) this.routings.set(doc, meta.routing);
    this.source.copy(meta.source, 0, meta.source.length);
    this.sourceEnds.set(doc, this.source.length);
  }

  /** A document as it was finished. */
  meta(doc: number): DocumentMeta {
    const start = doc === 0 ? 0 : this.sourceEnds.get(doc - 1);
    return {
      id: this.ids[doc]!,
      seqNo: this.seqNos.get(doc),
      primaryTerm: this.primaryTerms.get(doc),
      version: this.versions.get(doc),
      routing: this.routings.get(doc) ?? null,
      source: Buffer.from(this.source.slice(start, this.sourceEnds.get(doc))),
    };
  }

  termColumn(path: string, isText: boolean, isBinary = false): TermColumn {
    let column = this.terms.get(path);
    if (column === undefined) {
      column = new TermColumn(path, isText, isBinary);
      this.terms.set(path, column);
    }
    return column;
  }

  numberColumn(path: string): NumberColumn {
    let column = this.numbers.get(path);
    if (column === undefined) {
      column = new NumberColumn(path);
      this.numbers.set(path, column);
    }
    return column;
  }

  /** Forgets document `doc` and all after it. */
  truncate(doc: number): void {
    if (doc >= this.count) return;
    for (const column of this.terms.values()) column.truncate(doc);
    for (const column of this.numbers.values()) column.truncate(doc);
    for (let i = doc; i < this.count; i++) {
      this.deleted.delete(i);
      this.routings.delete(i);
    }
    this.source.length = doc === 0 ? 0 : this.sourceEnds.get(doc - 1);
    this.sourceEnds.length = this.seqNos.length = this.versions.length = this.primaryTerms.length = doc;
    this.ids.length = doc;
  }

  /** Live documents as bits: roots that were not deleted, and the nested documents before them. */
  liveBits(): Uint32Array {
    const bits = bitSet(this.count);
    let isLive = false;
    for (let doc = this.count - 1; doc >= 0; doc--) {
      if (this.ids[doc] !== null) isLive = !this.deleted.has(doc);
      if (isLive) setBit(bits, doc);
    }
    return bits;
  }

  get sizeBytes(): number {
    let size = this.source.capacity + this.ids.length * 100;
    for (const column of this.terms.values()) size += column.sizeBytes;
    for (const column of this.numbers.values()) size += column.sizeBytes;
    return size;
  }
}
