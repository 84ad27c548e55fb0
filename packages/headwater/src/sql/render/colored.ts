import { type HighlightKind, highlight } from '@headwater/sql';

const codes: Partial<Record<HighlightKind, number>> = {
  keyword: 36,
  type: 35,
  function: 34,
  string: 32,
  number: 33,
  variable: 35,
  comment: 90,
  error: 31,
};

/** A statement in colours of a terminal. */
export function colored(text: string): string {
  return highlight(text)
    .map(({ kind, text: piece }) => (codes[kind] === undefined ? piece : `\u001b[${codes[kind]}m${piece}\u001b[0m`))
    .join('');
}
