/** A mistake in JSON bytes, with its place. `type` is the name that the imitated system gives to it. */
export class JsonError extends Error {
  readonly type: string;
  readonly offset: number;
  readonly line: number;
  readonly column: number;

  constructor(text: string, offset: number, bytes: Buffer, type = 'json_parse_exception') {
    const { line, column } = locate(bytes, offset);
    super(`${text}\n at [line: ${line}, column: ${column}; byte offset: #${offset}]`);
    this.name = 'JsonError';
    this.type = type;
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}

/** Line and column of a byte, both from 1. */
export function locate(bytes: Buffer, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  const stop = Math.min(offset, bytes.length);
  for (let i = 0; i < stop; i++) {
    if (bytes[i] === 0x0a) {
      line++;
      lineStart = i + 1;
    }
  }
  return { line, column: offset - lineStart + 1 };
}
