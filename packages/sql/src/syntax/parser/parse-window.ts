import type { TimeSpan, WindowClause } from '../ast/index.ts';
import { parseTimeSpan } from './parse-time-span.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `TUMBLING (…)`, `HOPPING (…)` or `SESSION (…)`; a name may stand before it, and means nothing. */
export function parseWindow(cursor: TokenCursor): WindowClause {
  if (cursor.isIdentifier() && ['TUMBLING', 'HOPPING', 'SESSION'].some((word) => cursor.isWord(word, 1))) cursor.next();
  const kind = cursor.expectOneOf(['TUMBLING', 'HOPPING', 'SESSION'] as const);
  cursor.expectSymbol('(');
  if (kind === 'SESSION') {
    const gap = parseTimeSpan(cursor);
    return { kind, gap, ...parseEnd(cursor) };
  }
  cursor.expectWord('SIZE');
  const size = parseTimeSpan(cursor);
  if (kind === 'TUMBLING') return { kind, size, ...parseEnd(cursor) };
  cursor.expectSymbol(',');
  cursor.expectWord('ADVANCE');
  cursor.expectWord('BY');
  const advance = parseTimeSpan(cursor);
  return { kind, size, advance, ...parseEnd(cursor) };
}

/** `[, RETENTION n unit] [, GRACE PERIOD n unit])`. */
function parseEnd(cursor: TokenCursor): { retention: TimeSpan | null; grace: TimeSpan | null } {
  let retention: TimeSpan | null = null;
  let grace: TimeSpan | null = null;
  while (grace === null && cursor.acceptSymbol(',')) {
    if (retention === null && cursor.acceptWord('RETENTION')) {
      retention = parseTimeSpan(cursor);
    } else {
      cursor.expectWord('GRACE');
      cursor.expectWord('PERIOD');
      grace = parseTimeSpan(cursor);
    }
  }
  cursor.expectSymbol(')');
  return { retention, grace };
}
