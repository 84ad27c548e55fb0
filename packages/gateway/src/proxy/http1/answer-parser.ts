import { fieldName, framingKinds } from '../field-names.ts';

/** Hears an answer piece by piece. */
export interface AnswerSink {
  /** 1xx but 101. */
  informed(status: number): void;
  head(status: number, reason: string, headers: string[]): void;
  /** Bytes of the body, without framing; a view of what was pushed. */
  data(piece: Buffer): void;
  /** `trailers` as `[name, value, …]` where there are any. */
  end(trailers: string[] | undefined): void;
}

/** An answer that is not valid HTTP/1.1. Its `code` starts with HPE_, as those of Node's parser do. */
export class AnswerError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'AnswerError';
    this.code = `HPE_${code}`;
  }
}

const headMaxBytes = 64 * 1024;
const chunkLineMaxBytes = 1024;
const trailersMaxBytes = 16 * 1024;
const lineFeed = 10;

type State = 'idle' | 'head' | 'length' | 'close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers';

/**
 * Reads the answers of one connection, one request after the other (RFC 9112). No I/O. It takes one reading of every answer or none: two lengths, a
 * length beside chunks, codings other than chunked, folded lines, control characters and line ends of one byte are errors, and so are bytes that
 * nobody asked for.
 */
export class AnswerParser {
  readonly #sink: AnswerSink;
  #state: State = 'idle';
  #isHead = false;
  #rest: Buffer | undefined;
  #left = 0;
  #trailers: string[] | undefined;
  #trailersBytes = 0;
  /** Whether another request may follow on the connection, once the answer is complete. */
  keepsAlive = false;
  /** From `Keep-Alive: timeout=N`; undefined: not said. */
  keepAliveMs: number | undefined;

  constructor(sink: AnswerSink) {
    this.#sink = sink;
  }

  /** A request has been sent. */
  expect(method: string): void {
    this.#state = 'head';
    this.#isHead = method === 'HEAD';
    this.#rest = undefined;
    this.#trailers = undefined;
    this.#trailersBytes = 0;
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /** Whether anything of the answer has come. */
  get hasBegun(): boolean {
    return this.#state !== 'head' || this.#rest !== undefined;
  }

  /** Throws AnswerError. What the sink does with the connection in between is its own affair: nothing more is told after `end`. */
  push(bytes: Buffer): void {
    let input = bytes;
    if (this.#rest !== undefined) {
      input = Buffer.concat([this.#rest, bytes]);
      this.#rest = undefined;
    }
    let at = 0;
    while (at < input.length) {
      const next = this.#step(input, at);
      if (next === -1) {
        // Not a whole line or head yet. A copy: what was pushed may be overwritten.
        this.#rest = Buffer.from(input.subarray(at));
        return;
      }
      at = next;
    }
  }

  /** The connection has ended; true when that is the end of the answer. */
  finish(): boolean {
    if (this.#state !== 'close') return false;
    this.#complete(undefined);
    return true;
  }

  /** Takes something from `at` on; gives back where the rest begins, or -1 when more is needed. */
  #step(input: Buffer, at: number): number {
    switch (this.#state) {
      case 'idle':
        this.keepsAlive = false;
        throw new AnswerError('UNEXPECTED_DATA', 'bytes came that no request asked for');
      case 'head':
        return this.#head(input, at);
      case 'length': {
        const end = Math.min(input.length, at + this.#left);
        this.#left -= end - at;
        const isLast = this.#left === 0;
        this.#sink.data(at === 0 && end === input.length ? input : input.subarray(at, end));
        if (isLast && this.#state === 'length') this.#complete(undefined);
        return end;
      }
      case 'close':
        this.#sink.data(at === 0 ? input : input.subarray(at));
        return input.length;
      case 'chunk-size':
        return this.#chunkSize(input, at);
      case 'chunk-data': {
        const end = Math.min(input.length, at + this.#left);
        this.#left -= end - at;
        if (this.#left === 0) this.#state = 'chunk-end';
        this.#sink.data(input.subarray(at, end));
        return end;
      }
      case 'chunk-end':
        if (input.length - at < 2) return -1;
        if (input[at] !== 13 || input[at + 1] !== lineFeed)
          throw new AnswerError('STRICT', 'a chunk is longer than it says');
        this.#state = 'chunk-size';
        return at + 2;
      case 'trailers':
        return this.#trailer(input, at);
    }
  }

  #head(input: Buffer, at: number): number {
    const end = input.indexOf('\r\n\r\n', at, 'latin1');
    if (end === -1) {
      if (input.length - at > headMaxBytes) throw new AnswerError('HEADER_OVERFLOW', 'the head is larger than 64 KiB');
      const begun = input.toString('latin1', at, Math.min(input.length, at + 7));
      if (!'HTTP/1.'.startsWith(begun)) throw new AnswerError('INVALID_CONSTANT', 'this is not an HTTP/1.1 answer');
      return -1;
    }
    if (end - at > headMaxBytes) throw new AnswerError('HEADER_OVERFLOW', 'the head is larger than 64 KiB');
    this.#readHead(input.toString('latin1', at, end + 2));
    return end + 4;
  }

  #readHead(text: string): void {
    if (badBytes.test(text)) throw new AnswerError('INVALID_HEADER_TOKEN', 'the head holds control characters');
    const lineEnd = text.indexOf('\r\n');
    const line = statusLine.exec(text.slice(0, lineEnd));
    if (line === null) throw new AnswerError('INVALID_STATUS', 'the status line is not one of HTTP/1.1');
    const isOld = line[1] === '0';
    const status = Number(line[2]);
    const headers: string[] = [];
    let length: string | undefined;
    let isChunked = false;
    let keepsAlive = !isOld;
    this.keepAliveMs = undefined;
    for (let at = lineEnd + 2; at < text.length; ) {
      const to = text.indexOf('\r\n', at);
      const colon = text.indexOf(':', at);
      const field = colon === -1 || colon > to ? undefined : fieldName(text.slice(at, colon));
      if (field === undefined) throw new AnswerError('INVALID_HEADER_TOKEN', 'a line of the head is no header field');
      let from = colon + 1;
      let until = to;
      while (from < until && isSpace(text.charCodeAt(from))) from++;
      while (until > from && isSpace(text.charCodeAt(until - 1))) until--;
      const value = text.slice(from, until);
      headers.push(text.slice(at, colon), value);
      at = to + 2;
      if (field.framing === 0) continue;
      if (field.framing === framingKinds.contentLength) {
        if (length !== undefined || !/^\d{1,15}$/.test(value))
          throw new AnswerError('INVALID_CONTENT_LENGTH', 'the answer has no single plain length');
        length = value;
      } else if (field.framing === framingKinds.transferEncoding) {
        if (isChunked || isOld || value.toLowerCase() !== 'chunked')
          throw new AnswerError('INVALID_TRANSFER_ENCODING', 'the only transfer coding that is taken is chunked');
        isChunked = true;
      } else if (field.framing === framingKinds.connection) {
        if (/(?:^|,)\s*close\s*(?:,|$)/i.test(value)) keepsAlive = false;
        else if (isOld && /keep-alive/i.test(value)) keepsAlive = true;
      } else {
        const seconds = /timeout=(\d{1,6})/.exec(value)?.[1];
        if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1_000;
      }
    }
    if (isChunked && length !== undefined)
      throw new AnswerError('UNEXPECTED_CONTENT_LENGTH', 'the answer has a length beside chunks');
    this.#begin(status, line[3] ?? '', headers, isChunked, length, keepsAlive);
  }

  #begin(
    status: number,
    reason: string,
    headers: string[],
    isChunked: boolean,
    length: string | undefined,
    keepsAlive: boolean,
  ): void {
    if (status < 200) {
      if (status === 101) throw new AnswerError('UNEXPECTED_UPGRADE', 'the upstream switched protocols, unasked');
      return void this.#sink.informed(status);
    }
    this.keepsAlive = keepsAlive;
    if (this.#isHead || status === 204 || status === 304) {
      this.#state = 'length';
      this.#left = 0;
    } else if (isChunked) this.#state = 'chunk-size';
    else if (length !== undefined) {
      this.#state = 'length';
      this.#left = Number(length);
    } else {
      this.#state = 'close';
      this.keepsAlive = false;
    }
    this.#sink.head(status, reason, headers);
    if (this.#state === 'length' && this.#left === 0) this.#complete(undefined);
  }

  #chunkSize(input: Buffer, at: number): number {
    const end = input.indexOf(lineFeed, at);
    if (end === -1) {
      if (input.length - at > chunkLineMaxBytes)
        throw new AnswerError('CHUNK_EXTENSIONS_OVERFLOW', 'a chunk line is too long');
      return -1;
    }
    const line = input.toString('latin1', at, end + 1);
    const match = line.length > chunkLineMaxBytes ? null : chunkLine.exec(line);
    if (match === null) throw new AnswerError('INVALID_CHUNK_SIZE', 'a chunk has no valid size');
    this.#left = Number.parseInt(match[1]!, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk-data';
    return end + 1;
  }

  #trailer(input: Buffer, at: number): number {
    const end = input.indexOf(lineFeed, at);
    this.#trailersBytes += end === -1 ? 0 : end - at;
    if (this.#trailersBytes > trailersMaxBytes || (end === -1 && input.length - at > trailersMaxBytes))
      throw new AnswerError('HEADER_OVERFLOW', 'the trailers are larger than 16 KiB');
    if (end === -1) return -1;
    const line = input.toString('latin1', at, end + 1);
    if (badBytes.test(line)) throw new AnswerError('INVALID_HEADER_TOKEN', 'the trailers hold control characters');
    if (line === '\r\n') {
      this.#complete(this.#trailers);
      return end + 1;
    }
    const colon = line.indexOf(':');
    const name = colon === -1 ? '' : line.slice(0, colon);
    if (fieldName(name) === undefined) throw new AnswerError('INVALID_HEADER_TOKEN', 'a trailer is no header field');
    this.#trailers ??= [];
    this.#trailers.push(name, line.slice(colon + 1, -2).replace(/^[\t ]+|[\t ]+$/g, ''));
    return end + 1;
  }

  #complete(trailers: string[] | undefined): void {
    this.#state = 'idle';
    this.#sink.end(trailers);
  }
}

/** Control characters, and line ends that are not CRLF. */
const badBytes = /[^\t\x20-\x7e\x80-\xff\r\n]|\r(?!\n)|(?<!\r)\n/;
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
/** At most 2^52 bytes. An extension is read and dropped. */
const chunkLine = /^([0-9a-fA-F]{1,13})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/;

function isSpace(code: number): boolean {
  return code === 32 || code === 9;
}
