import { LinearRegex } from '@headwater/regex';
import { continues, startOf, type TraceState } from './trace-lines.ts';

export interface MultilineOptions {
  /** An expression that is looked for in each line (linear time: no look-around, no back-references). */
  pattern: string;
  /** Lines that it is not found in are meant. Default false. */
  negate?: boolean;
  /** Whether those lines go on with the event before them, or begin one that the next goes on with. Default `after`. */
  match?: 'after' | 'before';
}

export interface JoinedLine {
  text: string;
  /** Where its first byte lies in the file. */
  startOffset: number;
  timestampMs?: number | undefined;
  isCut: boolean;
}

export interface JoinedEvent extends JoinedLine {
  /** Its first line, where it has several and they are a trace. */
  head?: string;
}

const linesMax = 1_000;
const charsMax = 512 * 1024;
/** A source excerpt that no version line ends. */
const nodeLinesMax = 60;

/** Joins lines that are one event: stack traces by what they look like, or by an expression of the user's. */
export class MultilineJoiner {
  readonly #regex: LinearRegex | undefined;
  readonly #negate: boolean;
  readonly #match: 'after' | 'before';
  #lines: string[] = [];
  #chars = 0;
  #first: JoinedLine | undefined;
  #state: TraceState = 'none';
  #isCut = false;
  #isOpen = false;

  constructor(options?: MultilineOptions) {
    // The whole line is matched by the engine, a part of it is meant.
    this.#regex = options === undefined ? undefined : new LinearRegex(`[\\s\\S]*?(?:${options.pattern})[\\s\\S]*`);
    this.#negate = options?.negate ?? false;
    this.#match = options?.match ?? 'after';
  }

  /** Where the lines begin that are held. */
  get pendingOffset(): number | undefined {
    return this.#first?.startOffset;
  }

  /** @returns the event that this line is not part of any more */
  push(line: JoinedLine): JoinedEvent | undefined {
    if (this.#first === undefined) {
      if (line.text.trim() === '') return undefined;
      this.#begin(line);
      return undefined;
    }
    if (!this.#goesOn(line)) {
      const event = this.flush();
      this.#begin(line);
      return event;
    }
    if (this.#lines.length >= linesMax || this.#chars + line.text.length > charsMax) this.#isCut = true;
    else {
      this.#lines.push(line.text);
      this.#chars += line.text.length + 1;
    }
    if (line.isCut) this.#isCut = true;
    return undefined;
  }

  /** What is held, as an event: nothing more came for a while. */
  flush(): JoinedEvent | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    while (this.#lines.length > 1 && this.#lines.at(-1)!.trim() === '') this.#lines.pop();
    const isTrace = this.#lines.length > 1 && this.#regex === undefined;
    const event: JoinedEvent = {
      text: this.#lines.join('\n'),
      startOffset: first.startOffset,
      timestampMs: first.timestampMs,
      isCut: this.#isCut,
      ...(isTrace && { head: first.text }),
    };
    this.#first = undefined;
    this.#lines = [];
    return event;
  }

  #begin(line: JoinedLine): void {
    this.#first = line;
    this.#lines = [line.text];
    this.#chars = line.text.length;
    this.#isCut = line.isCut;
    if (this.#regex === undefined) this.#state = startOf(line.text);
    else this.#isOpen = this.#match === 'before' && this.#isMeant(line.text);
  }

  #goesOn({ text }: JoinedLine): boolean {
    if (this.#regex === undefined) {
      if (this.#state === 'node-source' && this.#lines.length >= nodeLinesMax) return false;
      const { isNext, state } = continues(this.#state, this.#first!.text, text);
      if (isNext) this.#state = state;
      return isNext;
    }
    if (this.#match === 'after') return this.#isMeant(text);
    const isNext = this.#isOpen;
    this.#isOpen = this.#isMeant(text);
    return isNext;
  }

  #isMeant(text: string): boolean {
    return this.#regex!.test(text.length > 8_192 ? text.slice(0, 8_192) : text) !== this.#negate;
  }
}
