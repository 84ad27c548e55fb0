export const noMoreDocs = 0x7fffffff;

/**
 * Walks the postings of one term: documents ascending, how often the term is in each, and where.
 *
 * Layout of a document: the step from the one before, as varint; in text fields shifted by one bit that says "once",
 * otherwise the count follows. Positions stand in a second blob, as steps within the document.
 */
export class PostingsIterator {
  doc = -1;
  freq = 1;
  readonly docFreq: number;
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;
  readonly #hasFreqs: boolean;
  readonly #positions: Uint8Array | null;
  #positionAt: number;
  /** Positions of documents passed over that stand before those of the current one. */
  #skipped = 0;
  /** Positions of the current document that were read. */
  #taken = 0;
  #position = 0;

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    docFreq: number,
    hasFreqs: boolean,
    positions: Uint8Array | null = null,
    positionStart = 0,
  ) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.docFreq = docFreq;
    this.#hasFreqs = hasFreqs;
    this.#positions = positions;
    this.#positionAt = positionStart;
  }

  next(): number {
    if (this.#at >= this.#end) return (this.doc = noMoreDocs);
    if (this.doc >= 0) this.#skipped += this.freq - this.#taken;
    this.#taken = 0;
    this.#position = 0;
    const bytes = this.#bytes;
    let at = this.#at;
    let byte = bytes[at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
    }
    if (this.#hasFreqs) {
      if ((value & 1) !== 0) this.freq = 1;
      else {
        byte = bytes[at++]!;
        let freq = byte & 0x7f;
        for (let shift = 7; byte > 0x7f; shift += 7) {
          byte = bytes[at++]!;
          freq |= (byte & 0x7f) << shift;
        }
        this.freq = freq;
      }
      value >>>= 1;
    }
    this.#at = at;
    return (this.doc += value);
  }

  advance(target: number): number {
    let doc = this.doc;
    while (doc < target) doc = this.next();
    return doc;
  }

  /** The next position in the current document; call at most `freq` times. */
  nextPosition(): number {
    for (; this.#skipped > 0; this.#skipped--) this.#readPosition();
    this.#taken++;
    return (this.#position += this.#readPosition());
  }

  #readPosition(): number {
    const bytes = this.#positions!;
    let at = this.#positionAt;
    let byte = bytes[at++]!;
    let value = byte & 0x7f;
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = bytes[at++]!;
      value |= (byte & 0x7f) << shift;
    }
    this.#positionAt = at;
    return value;
  }
}
