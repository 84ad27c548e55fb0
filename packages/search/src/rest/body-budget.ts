import type { IncomingMessage } from 'node:http';
import { EsError } from '../errors.ts';

/** What a body of unknown size is taken for until it has been read. */
const unknownBytes = 1024 * 1024;
/** How much larger a compressed body is taken to be. */
const inflation = 8;

/**
 * Bounds the bodies that are in memory at the same time, as the real system bounds its "indexing pressure": clients that
 * send more than the store can take are told to wait (429) before anything of theirs is read.
 */
export class BodyBudget {
  readonly #bytesMax: number;
  #usedBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Reserves room for a request's body. One body is always let in, however large. */
  reserve(request: IncomingMessage): BodyShare {
    const bytes = expectedBytes(request);
    if (this.#usedBytes > 0 && this.#usedBytes + bytes > this.#bytesMax) {
      throw new EsError(
        429,
        'es_rejected_execution_exception',
        `rejected execution of coordinating operation [coordinating_and_primary_bytes=${this.#usedBytes}, replica_bytes=0, all_bytes=${this.#usedBytes}, coordinating_operation_bytes=${bytes}, max_coordinating_and_primary_bytes=${this.#bytesMax}]`,
      );
    }
    this.#usedBytes += bytes;
    let held = bytes;
    return {
      resize: (actual) => {
        this.#usedBytes += actual - held;
        held = actual;
      },
      release: () => {
        this.#usedBytes -= held;
        held = 0;
      },
    };
  }
}

/** The part of the budget that one request holds until it has been answered. */
export interface BodyShare {
  resize(bytes: number): void;
  release(): void;
}

function expectedBytes({ headers }: IncomingMessage): number {
  const length = headers['content-length'];
  if (length === undefined) return headers['transfer-encoding'] === undefined ? 0 : unknownBytes;
  return Number(length) * (headers['content-encoding'] === undefined ? 1 : inflation);
}
