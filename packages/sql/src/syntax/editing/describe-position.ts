import type { SourcePosition } from '../source-range.ts';

const shownMost = 100;

/**
 * The line of a text with a caret below the place: for messages in a terminal or page with letters of one width. Long lines are cut around
 * the place.
 *
 * @example
 * describePosition('SELECT a\nFORM b;', { line: 2, column: 0, index: 9 }); // '2 | FORM b;\n    ^'
 */
export function describePosition(text: string, position: SourcePosition): string {
  const line = (text.split('\n', position.line)[position.line - 1] ?? '').replace(/\r$/, '');
  const column = Math.min(position.column, line.length);
  const from = Math.max(0, Math.min(column - shownMost / 2, line.length - shownMost));
  const cut = line.slice(from, from + shownMost);
  const before = from > 0 ? '…' : '';
  const after = from + shownMost < line.length ? '…' : '';
  const head = `${position.line} | ${before}`;
  const indent = `${' '.repeat(head.length)}${cut.slice(0, column - from).replace(/[^\t]/g, ' ')}`;
  return `${head}${cut}${after}\n${indent}^`;
}
