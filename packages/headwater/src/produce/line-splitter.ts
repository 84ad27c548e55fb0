import { HeadwaterError } from '../headwater-error.ts';

/** A line longer than this is none that anybody meant. */
const lineBytesMax = 64 * 1024 * 1024;

/** Bytes as they come to whole lines, without their ends (`\n` or `\r\n`). */
export class LineSplitter {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #lines = 0;

  /** Lines given so far. */
  get count(): number {
    return this.#lines;
  }

  /** The lines that are whole now; views of the bytes. Throws HW_PRODUCE_LINE for one that is too long. */
  push(bytes: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, start)) {
      lines.push(this.#take(bytes.subarray(start, at)));
      start = at + 1;
    }
    if (start < bytes.length) {
      this.#rest.push(bytes.subarray(start));
      this.#restBytes += bytes.length - start;
      if (this.#restBytes > lineBytesMax) {
        throw new HeadwaterError('HW_PRODUCE_LINE', `line ${this.#lines + 1} is longer than ${lineBytesMax} bytes`);
      }
    }
    return lines;
  }

  /** The last line, when it has no end. */
  end(): Buffer[] {
    return this.#restBytes === 0 ? [] : [this.#take(Buffer.alloc(0))];
  }

  #take(end: Buffer): Buffer {
    this.#lines += 1;
    let line = end;
    if (this.#rest.length > 0) {
      line = Buffer.concat([...this.#rest, end]);
      this.#rest = [];
      this.#restBytes = 0;
    }
    return line[line.length - 1] === 0x0d ? line.subarray(0, -1) : line;
  }
}
