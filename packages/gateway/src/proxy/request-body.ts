import type { IncomingMessage } from 'node:http';
import { HttpError } from '@headwater/http';
import { hasBody } from './request-headers.ts';

/** Takes a body piece by piece. */
export interface BodySink {
  /** False: enough for now, `RequestBody.resume` asks for more. */
  bodyPiece(piece: Buffer): boolean;
  bodyEnd(): void;
}

/**
 * The body of one call. It streams to one sink after the other: what an attempt has already taken is given to the next one from memory, as long as it is
 * within the bound that was asked for with `keep`.
 */
export class RequestBody {
  readonly exists: boolean;
  /** Its last byte has been read from the caller. */
  isComplete: boolean;
  sizeBytes = 0;
  readonly #req: IncomingMessage;
  #sink: BodySink | undefined;
  #isStarted = false;
  #isPaused = false;
  #kept: Buffer[] | undefined;
  #keptBytes = 0;
  #keptMaxBytes = 0;
  #isReplaced = false;

  constructor(req: IncomingMessage) {
    this.#req = req;
    this.exists = hasBody(req);
    this.isComplete = !this.exists;
  }

  /** From its start: pieces are kept up to so many bytes in all. A larger body streams on, and cannot be given twice. */
  keep(maxBytes: number): void {
    if (!this.exists || maxBytes <= this.#keptMaxBytes || (this.#isStarted && this.#kept === undefined)) return;
    this.#keptMaxBytes = maxBytes;
    this.#kept ??= [];
  }

  /** Whether another sink can have it from its first byte. */
  get canStartAgain(): boolean {
    return !this.#isStarted || this.#kept !== undefined || !this.exists;
  }

  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Gives it to a sink, from its first byte. */
  start(sink: BodySink): void {
    this.#sink = sink;
    if (!this.exists) return void sink.bodyEnd();
    if (this.#kept !== undefined)
      for (const piece of this.#kept) if (this.#sink === sink && !sink.bodyPiece(piece)) this.#isPaused = true;
    if (this.#sink !== sink) return;
    if (this.isComplete || this.#isReplaced) return void sink.bodyEnd();
    if (this.#isStarted) {
      if (!this.#isPaused) this.#req.resume();
      return;
    }
    this.#isStarted = true;
    const req = this.#req;
    req.on('data', (piece: Buffer) => this.#piece(piece));
    req.on('end', () => {
      this.isComplete = true;
      this.#sink?.bodyEnd();
    });
    req.on('error', () => {}); // The connection's end follows, and ends the call.
  }

  /** The sink has room again. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#req.resume();
  }

  /** No sink wants it for now: nothing more is read until the next `start`. */
  detach(): void {
    if (this.#sink === undefined) return;
    this.#sink = undefined;
    if (this.#isStarted && !this.isComplete) this.#req.pause();
  }

  /** Nobody will want it: what is left is read and thrown away until the connection closes, never kept. */
  discard(): void {
    this.#sink = undefined;
    this.#kept = undefined;
    if (!this.isComplete) this.#req.resume();
  }

  /** All of it, for a stage that must see it; it is kept for the sinks that follow. HttpError 413 when it is larger. */
  whole(maxBytes: number): Promise<Buffer> {
    this.keep(maxBytes);
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      let sizeBytes = 0;
      const onClose = (): void =>
        reject(new HttpError(400, 'HW_GATEWAY_BAD_REQUEST', 'the caller left before its body was complete'));
      this.#req.once('close', onClose);
      this.start({
        bodyPiece: (piece) => {
          sizeBytes += piece.length;
          if (sizeBytes > maxBytes) {
            this.#req.off('close', onClose);
            this.discard();
            reject(tooLarge(maxBytes));
            return true;
          }
          pieces.push(piece);
          return true;
        },
        bodyEnd: () => {
          this.#req.off('close', onClose);
          this.#sink = undefined;
          resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, sizeBytes));
        },
      });
    });
  }

  /** Sinks get this instead, from now on. Only after `whole`. */
  replace(body: Buffer): void {
    this.#kept = [body];
    this.#isReplaced = true;
    this.sizeBytes = body.length;
  }

  #piece(piece: Buffer): void {
    this.sizeBytes += piece.length;
    if (this.#kept !== undefined) {
      this.#keptBytes += piece.length;
      if (this.#keptBytes <= this.#keptMaxBytes) this.#kept.push(piece);
      else this.#kept = undefined;
    }
    if (this.#sink?.bodyPiece(piece) !== false) return;
    this.#isPaused = true;
    this.#req.pause();
  }
}

export function tooLarge(maxBytes: number): HttpError {
  return new HttpError(
    413,
    'HW_GATEWAY_BODY_TOO_LARGE',
    `the body is larger than the ${maxBytes} bytes of this route`,
    { maxBytes },
  );
}
