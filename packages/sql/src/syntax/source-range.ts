/** A place in the text of a script: lines from 1, columns from 0 (as ksqlDB counts them; messages show them as `line:column+1`). */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
  /** Index in the text, UTF-16 code units. */
  readonly index: number;
}

/** From the first character of a node to behind its last. */
export interface SourceRange {
  readonly start: SourcePosition;
  readonly end: SourcePosition;
}
