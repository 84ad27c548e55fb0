import { tokenize } from './lexer/lexer.ts';
import type { Token } from './lexer/token.ts';

/**
 * Plain names of a statement as they are written, by the names that they stand for: `ORDERID` → `orderId`. Of several spellings the one counts
 * by which a SELECT's item is called, else the first.
 *
 * @param inherited of the sources that it reads: they count where no item is called so
 */
export function spellingsOf(text: string, inherited: ReadonlyMap<string, string> = new Map()): Map<string, string> {
  const tokens = tokenize(text);
  const spellings = new Map<string, string>();
  for (const token of tokens) if (isName(token) && !spellings.has(token.value)) spellings.set(token.value, token.text);
  for (const [name, spelled] of inherited) spellings.set(name, spelled);
  for (const token of itemNames(tokens)) if (isName(token)) spellings.set(token.value, token.text);
  return spellings;
}

function isName({ kind }: Token): boolean {
  return kind === 'word';
}

/** The last token of each item of the first SELECT: where it is a name, it is the item's. */
function itemNames(tokens: readonly Token[]): readonly Token[] {
  const names: Token[] = [];
  const start = tokens.findIndex(({ kind, value }) => kind === 'word' && value === 'SELECT');
  if (start < 0) return names;
  let open = 0;
  for (let at = start + 1; at < tokens.length; at++) {
    const { kind, text, value } = tokens[at]!;
    if (kind === 'symbol' && (text === '(' || text === '[')) open++;
    if (kind === 'symbol' && (text === ')' || text === ']')) open--;
    const isEnd = kind === 'word' && value === 'FROM';
    if (open === 0 && (isEnd || (kind === 'symbol' && text === ','))) names.push(tokens[at - 1]!);
    if (isEnd) return names;
  }
  return names;
}
