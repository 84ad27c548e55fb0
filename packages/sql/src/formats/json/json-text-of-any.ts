import { bigDecimalText } from '../../values/big-decimal.ts';
import type { JsonCursor } from './json-cursor.ts';

const quote = 0x22;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const depthMax = 500;

/**
 * The text of a JSON value of any kind in a STRING column, as ksqlDB has it: an object is its JSON without white space, an array the texts of
 * its elements (`[a, 1, null]`), a number its digits.
 */
export function textOfAny(cursor: JsonCursor): string {
  switch (cursor.first()) {
    case openBrace:
      return compactJson(cursor, 0);
    case openBracket:
      return textOfArray(cursor, 0);
    case quote:
      return cursor.text();
    default:
      return textOfScalar(cursor);
  }
}

function textOfArray(cursor: JsonCursor, depth: number): string {
  if (depth > depthMax) throw cursor.mistake(`more than ${depthMax} levels`);
  cursor.at++;
  const texts: string[] = [];
  if (cursor.take(closeBracket)) return '[]';
  do texts.push(cursor.first() === openBracket ? textOfArray(cursor, depth + 1) : textOfAny(cursor));
  while (cursor.hasMore(closeBracket));
  return `[${texts.join(', ')}]`;
}

function textOfScalar(cursor: JsonCursor): string {
  const start = cursor.at;
  cursor.skip();
  const text = cursor.textSince(start);
  return /[.eE]/.test(text) && text !== 'true' && text !== 'false' ? bigDecimalText(text) : text;
}

function compactJson(cursor: JsonCursor, depth: number): string {
  if (depth > depthMax) throw cursor.mistake(`more than ${depthMax} levels`);
  switch (cursor.first()) {
    case openBrace: {
      cursor.at++;
      // Of two members of one name the last counts.
      const members = new Map<string, string>();
      if (cursor.take(closeBrace)) return '{}';
      do {
        if (cursor.first() !== quote) throw cursor.mistake('a key in quotes is missing');
        const key = cursor.text();
        cursor.expectColon();
        members.set(key, compactJson(cursor, depth + 1));
      } while (cursor.hasMore(closeBrace));
      return `{${Array.from(members, ([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
    }
    case openBracket: {
      cursor.at++;
      const texts: string[] = [];
      if (cursor.take(closeBracket)) return '[]';
      do texts.push(compactJson(cursor, depth + 1));
      while (cursor.hasMore(closeBracket));
      return `[${texts.join(',')}]`;
    }
    case quote:
      return JSON.stringify(cursor.text());
    default:
      return textOfScalar(cursor);
  }
}
