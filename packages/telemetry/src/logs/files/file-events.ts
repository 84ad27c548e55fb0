import { cutText, messageBytesMax } from '../decode/bounds.ts';
import type { LineOrigin } from '../decode/json-line.ts';
import { type DecodedLine, decodeLine } from '../decode/line.ts';
import type { SplitLine } from '../decode/line-splitter.ts';
import { containerOf, readContainerLine } from './container-line.ts';
import { type JoinedEvent, type JoinedLine, MultilineJoiner, type MultilineOptions } from './multiline.ts';

export interface FileEventsOptions {
  path: string;
  /** Default: of a container's file its container, else the file's name. */
  service?: string | undefined;
  multiline?: MultilineOptions | false | undefined;
  /** `auto` tells container lines by their looks. Default `auto`. */
  format?: 'auto' | 'lines' | undefined;
  /** Where the file is read from. */
  offset: number;
}

export interface FileEvent {
  decoded: DecodedLine;
  origin: LineOrigin;
  isCut: boolean;
}

interface Stream {
  joiner: MultilineJoiner | undefined;
  partial: JoinedLine | undefined;
}

const partialCharsMax = 1024 * 1024;

/** Makes events of the lines of one file: containers' lines unpacked, cut ones joined, traces of several lines as one. */
export class FileEvents {
  /** Up to here everything has become an event. */
  #doneOffset: number;
  readonly #options: FileEventsOptions;
  readonly #service: string;
  readonly #attributes: Record<string, string> | undefined;
  readonly #streams = new Map<string, Stream>();

  constructor(options: FileEventsOptions) {
    this.#options = options;
    this.#doneOffset = options.offset;
    const container = containerOf(options.path);
    const name = options.path.slice(options.path.lastIndexOf('/') + 1).replace(/\.(?:log|txt|json)$/, '');
    this.#service = options.service ?? container?.service ?? name;
    this.#attributes = container?.attributes;
  }

  /** From here the file has to be read again when this is gone: what is held begins there. */
  get safeOffset(): number {
    let safe = this.#doneOffset;
    for (const { joiner, partial } of this.#streams.values())
      for (const offset of [partial?.startOffset, joiner?.pendingOffset])
        if (offset !== undefined && offset < safe) safe = offset;
    return safe;
  }

  push({ endOffset, isCut, text }: SplitLine, receivedMs: number): FileEvent[] {
    const startOffset = this.#doneOffset;
    this.#doneOffset = endOffset;
    const inner = this.#options.format === 'lines' ? undefined : readContainerLine(text);
    if (inner === undefined) return this.#join('', { text, startOffset, isCut }, receivedMs);
    const line = { text: inner.text, startOffset, isCut, timestampMs: inner.timestampMs };
    const stream = this.#stream(inner.stream);
    if (stream.partial !== undefined) {
      const { partial } = stream;
      line.startOffset = partial.startOffset;
      line.timestampMs = partial.timestampMs;
      line.isCut ||= partial.isCut || partial.text.length + line.text.length > partialCharsMax;
      line.text = line.isCut ? partial.text : partial.text + line.text;
      stream.partial = undefined;
    }
    if (inner.isPartial) {
      stream.partial = line;
      return [];
    }
    return this.#join(inner.stream, line, receivedMs);
  }

  /** What is held, as events. */
  flush(receivedMs: number): FileEvent[] {
    const events: FileEvent[] = [];
    for (const [name, stream] of this.#streams) {
      if (stream.partial !== undefined) {
        const { partial } = stream;
        stream.partial = undefined;
        events.push(...this.#join(name, partial, receivedMs));
      }
      const event = stream.joiner?.flush();
      if (event !== undefined) events.push(this.#eventOf(name, event, receivedMs));
    }
    return events;
  }

  #join(name: string, line: JoinedLine, receivedMs: number): FileEvent[] {
    const { joiner } = this.#stream(name);
    if (joiner === undefined && line.text.trim() === '') return [];
    // A logger's JSON is whole by itself.
    if (joiner === undefined || (line.text.startsWith('{"') && this.#options.multiline === undefined)) {
      const before = joiner?.flush();
      const event = this.#eventOf(name, line, receivedMs);
      return before === undefined ? [event] : [this.#eventOf(name, before, receivedMs), event];
    }
    const event = joiner.push(line);
    return event === undefined ? [] : [this.#eventOf(name, event, receivedMs)];
  }

  #stream(name: string): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const { multiline } = this.#options;
      stream = { joiner: multiline === false ? undefined : new MultilineJoiner(multiline), partial: undefined };
      this.#streams.set(name, stream);
    }
    return stream;
  }

  #eventOf(stream: string, { head, isCut, text, timestampMs }: JoinedEvent, receivedMs: number): FileEvent {
    const origin: LineOrigin = {
      source: stream === '' ? 'file' : 'container',
      receivedMs,
      service: this.#service,
      file: this.#options.path,
    };
    if (stream !== '') origin.attributes = { ...this.#attributes, 'log.iostream': stream };
    const decoded = decodeLine(head === undefined ? text : cutText(head, messageBytesMax), origin);
    const { record } = decoded;
    // The runtime's time, unless the line says one itself.
    if (timestampMs !== undefined && record.timestampMs === receivedMs) record.timestampMs = timestampMs;
    if (head !== undefined) addTrace(decoded, head, text);
    return { decoded, origin, isCut };
  }
}

const traceFrame = /^\s+at |^\s+File "|^goroutine \d+ \[|^\s*Caused by: |^Traceback /m;
const lastPythonLine = /^[\w.]*\w(?:: .*)?$/;

/** The lines after the first are the stack where they look like one; else all of them are the message. */
function addTrace({ record }: DecodedLine, head: string, text: string): void {
  if (!traceFrame.test(text)) {
    record.message = cutText(text, messageBytesMax);
    return;
  }
  record.level ??= 'ERROR';
  const rest = text.slice(head.length + 1);
  const isBare = head.startsWith('Traceback ');
  record.stack = isBare || /^(?:panic: |fatal error: )|:\d+$/.test(head) ? text : rest;
  if (!isBare) return;
  // Python says what went wrong below the frames.
  const last = rest.slice(rest.lastIndexOf('\n') + 1);
  if (lastPythonLine.test(last)) record.message = last;
}
