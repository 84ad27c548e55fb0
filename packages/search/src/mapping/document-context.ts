import type { NumberColumn, TermColumn, WriteBuffer } from '../engine/write-buffer.ts';

/** One document on its way into the index. */
export class DocumentContext {
  readonly buffer: WriteBuffer;
  /** Number of the (nested) document that values go to now. */
  doc: number;
  readonly id: string;
  readonly routing: string | null;
  /** Paths of fields with a value that was malformed and may be. */
  readonly ignored = new Set<string>();
  /** Where the next value of a text field goes on counting positions, by field. */
  readonly #nextPositions = new Map<string, number>();

  constructor(buffer: WriteBuffer, doc: number, id: string, routing: string | null) {
    this.buffer = buffer;
    this.doc = doc;
    this.id = id;
    this.routing = routing;
  }

  keyword(path: string, term: string, isBinary = false): void {
    this.buffer.termColumn(path, false, isBinary).add(this.doc, term, 0);
  }

  number(path: string, value: number | bigint): void {
    this.numberColumn(path).add(this.doc, value);
  }

  textColumn(path: string): TermColumn {
    return this.buffer.termColumn(path, true);
  }

  numberColumn(path: string): NumberColumn {
    return this.buffer.numberColumn(path);
  }

  nextPosition(path: string): number {
    return this.#nextPositions.get(path) ?? 0;
  }

  setNextPosition(path: string, position: number): void {
    this.#nextPositions.set(path, position);
  }

  /** A nested object is a document of its own: positions begin anew. */
  resetPositions(): void {
    this.#nextPositions.clear();
  }
}
