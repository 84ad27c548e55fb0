import type { LineOrigin } from './decode/json-line.ts';
import type { DecodedLine } from './decode/line.ts';
import { decodeLine } from './decode/line.ts';
import type { LogCounters } from './log-counters.ts';
import type { LogBatch, LogWriter } from './log-writer.ts';

/** What all ways in share: how lines become records, where those go, and what is counted. */
export class LogIntake {
  readonly writer: LogWriter;
  readonly counters: LogCounters;
  /** Of lines that name no service. */
  readonly service: string;
  readonly lineBytesMax: number;

  constructor(options: { writer: LogWriter; counters: LogCounters; service: string; lineBytesMax: number }) {
    this.writer = options.writer;
    this.counters = options.counters;
    this.service = options.service;
    this.lineBytesMax = options.lineBytesMax;
  }

  /** Lines as records, ready to be written; undefined when there are none. */
  lines(lines: readonly { text: string; isCut: boolean }[], origin: LineOrigin): LogBatch | undefined {
    if (lines.length === 0) return undefined;
    const records = lines.map(({ isCut, text }) => this.count(decodeLine(text, origin), origin, isCut).record);
    return this.writer.batch(origin.source, records);
  }

  count(decoded: DecodedLine, { source }: LineOrigin, isCut = false): DecodedLine {
    if (!decoded.isMalformed && !isCut && decoded.cut === 0) return decoded;
    const counters = this.counters.of(source);
    if (isCut || decoded.cut > 0) counters.truncated += 1;
    // The beginning of a long line is no JSON for no fault of its sender's.
    if (decoded.isMalformed && !isCut) counters.malformed += 1;
    return decoded;
  }
}
