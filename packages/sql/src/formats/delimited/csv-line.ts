import { FormatFault } from '../format-fault.ts';

const blank = /\s/;

/**
 * The fields of the first line that is not empty, as Apache Commons CSV reads its default format: quotes at the start of a field, doubled within;
 * undefined where there is no line. Text behind the first line is not looked at.
 */
export function readCsvLine(text: string, delimiter: string): string[] | undefined {
  let at = 0;
  while (text[at] === '\n' || text[at] === '\r') at++;
  if (at >= text.length) return undefined;
  const fields: string[] = [];
  for (;;) {
    if (text[at] === '"') {
      let field = '';
      for (at++; ; ) {
        const end = text.indexOf('"', at);
        if (end === -1) throw new FormatFault('a field in quotes does not end');
        field += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
        at++;
      }
      fields.push(field);
      while (at < text.length && !isEnd(text[at]!, delimiter)) {
        if (!blank.test(text[at]!))
          throw new FormatFault(`something stands between a quote and the delimiter (character ${at})`);
        at++;
      }
    } else {
      const start = at;
      while (at < text.length && !isEnd(text[at]!, delimiter)) at++;
      fields.push(text.slice(start, at));
    }
    if (text[at] !== delimiter) return fields;
    at++;
  }
}

function isEnd(character: string, delimiter: string): boolean {
  return character === delimiter || character === '\n' || character === '\r';
}

/**
 * A field with the quotes that Commons CSV 1.4 gives it. The first of a line has them whenever it does not begin with an ASCII letter or digit,
 * also when it is empty.
 */
export function csvField(text: string, delimiter: string, isFirst: boolean): string {
  return needsQuotes(text, delimiter, isFirst) ? `"${text.replaceAll('"', '""')}"` : text;
}

function needsQuotes(text: string, delimiter: string, isFirst: boolean): boolean {
  if (text === '') return isFirst;
  const start = text.charCodeAt(0);
  if (start <= 0x23) return true;
  if (isFirst && !isAlphanumeric(start)) return true;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"' || isEnd(character, delimiter)) return true;
  }
  return text.charCodeAt(text.length - 1) <= 0x20;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
