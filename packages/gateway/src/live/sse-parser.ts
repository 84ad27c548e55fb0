/** A server-sent event as it was received. */
export interface ReceivedEvent {
  event: string;
  id: string | undefined;
  data: string;
}

/**
 * Reads an event stream piece by piece (HTML Living Standard, section 9.2.6).
 *
 * An event larger than `maxEventChars` ends the reading with an error: a stream without line ends must not fill the memory.
 */
export class SseParser {
  retryMs: number | undefined;
  readonly #onEvent: (event: ReceivedEvent) => void;
  readonly #maxEventChars: number;
  readonly #decoder = new TextDecoder('utf-8');
  #rest = '';
  #skipLineFeed = false;
  #event = '';
  #id: string | undefined;
  #data: string[] = [];
  #dataChars = 0;

  constructor(onEvent: (event: ReceivedEvent) => void, maxEventChars = 4 * 1024 * 1024) {
    this.#onEvent = onEvent;
    this.#maxEventChars = maxEventChars;
  }

  push(chunk: Buffer): void {
    let text = this.#rest + this.#decoder.decode(chunk, { stream: true });
    // A line feed at the start belongs to the carriage return that ended the piece before.
    if (this.#skipLineFeed && text.length > 0) {
      if (text.charCodeAt(0) === 10) text = text.slice(1);
      this.#skipLineFeed = false;
    }
    const ends = /\r\n?|\n/g;
    ends.lastIndex = this.#rest.length;
    let from = 0;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      this.#line(text.slice(from, end.index));
      from = ends.lastIndex;
      if (end[0] === '\r' && from === text.length) this.#skipLineFeed = true;
    }
    this.#rest = text.slice(from);
    if (this.#rest.length + this.#dataChars > this.#maxEventChars)
      throw new Error(`an event is longer than ${this.#maxEventChars} characters`);
  }

  #line(line: string): void {
    if (line === '') return void this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    if (field === 'data') {
      this.#data.push(value);
      this.#dataChars += value.length + 1;
    } else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): void {
    const { length } = this.#data;
    if (length > 0) {
      this.#onEvent({
        event: this.#event || 'message',
        id: this.#id,
        data: length === 1 ? this.#data[0]! : this.#data.join('\n'),
      });
      // An id without data belongs to the next event: it only says where to resume.
      this.#id = undefined;
    }
    this.#event = '';
    this.#data = [];
    this.#dataChars = 0;
  }
}
