import type { RewindStart, Statement } from '../ast/index.ts';
import type { SourcePosition } from '../source-range.ts';
import { takeString } from './parse-literal.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `REWIND [STREAM | TABLE | QUERY] name TO BEGINNING | TIMESTAMP t | OFFSETS (partition = offset, …)`; the word is taken. */
export function parseRewind(cursor: TokenCursor, start: SourcePosition): Statement {
  const targetKind = (['STREAM', 'TABLE', 'QUERY'] as const).find((word) => cursor.acceptWord(word)) ?? null;
  const target = cursor.expectIdentifier();
  cursor.expectWord('TO');
  const to = parseStart(cursor);
  return { kind: 'rewind', range: cursor.rangeFrom(start), targetKind, target, to };
}

function parseStart(cursor: TokenCursor): RewindStart {
  const kind = cursor.expectOneOf(['BEGINNING', 'TIMESTAMP', 'OFFSETS'] as const);
  if (kind === 'BEGINNING') return { kind: 'beginning' };
  if (kind === 'TIMESTAMP') {
    cursor.expecting('STRING');
    const at = cursor.token.kind === 'string' ? takeString(cursor) : cursor.expectInteger();
    return { kind: 'timestamp', at };
  }
  cursor.expectSymbol('(');
  const offsets = new Map<number, number>();
  do {
    const partition = cursor.expectInteger();
    cursor.expectSymbol('=');
    offsets.set(partition, cursor.expectInteger());
  } while (cursor.acceptSymbol(','));
  cursor.expectSymbol(')');
  return { kind: 'offsets', offsets };
}
