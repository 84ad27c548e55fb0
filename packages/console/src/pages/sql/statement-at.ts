import { highlight } from '@headwater/sql/editing';

export interface StatementPlace {
  /** Without the semicolon behind it and the space around it. */
  text: string;
  start: number;
}

/** The statement that the cursor is in, or that ends before it; null in a text without any. */
export function statementAt(text: string, cursor: number): StatementPlace | null {
  let found: StatementPlace | null = null;
  let [start, at] = [0, 0];
  const take = (end: number): boolean => {
    const place = trimmed(text, start, end);
    if (place !== null) found = place;
    return end >= cursor && found !== null;
  };
  for (const piece of highlight(text)) {
    at += piece.text.length;
    if (piece.kind !== 'symbol' || piece.text !== ';') continue;
    if (take(at - 1)) return found;
    start = at;
  }
  take(text.length);
  return found;
}

function trimmed(text: string, start: number, end: number): StatementPlace | null {
  const part = text.slice(start, end);
  const before = part.length - part.trimStart().length;
  const inner = part.trim();
  const isOnlyComment = highlight(inner).every(({ kind }) => kind === 'comment' || kind === 'space');
  return inner === '' || isOnlyComment ? null : { text: inner, start: start + before };
}

/** The first word that is no comment, in capitals. */
export function verbOf(statement: string): string {
  const first = highlight(statement).find(({ kind }) => kind !== 'comment' && kind !== 'space');
  return first?.text.toUpperCase() ?? '';
}

/** Words behind FROM and JOIN: sources whose columns may be meant. In capitals where they are not quoted. */
export function sourcesNamed(text: string): string[] {
  const pieces = highlight(text).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const names = new Set<string>();
  for (let at = 0; at < pieces.length - 1; at++) {
    if (!/^(?:FROM|JOIN|INTO|DESCRIBE)$/i.test(pieces[at]!.text)) continue;
    const { kind, text: name } = pieces[at + 1]!;
    if (kind === 'name') names.add(name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name.toUpperCase());
  }
  return [...names];
}

/** Where an error says that a statement is wrong: line and column of it, counted from 1. Null: it does not say. */
export function placeInError(message: string): { line: number; column: number } | null {
  const found = /\bline:? (\d+)(?::|, Col: )(\d+)/i.exec(message);
  return found === null ? null : { line: Number(found[1]), column: Number(found[2]) };
}
