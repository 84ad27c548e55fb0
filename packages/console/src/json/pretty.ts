import type { JsonNode } from './parse.ts';

export type TokenKind = 'key' | 'string' | 'number' | 'literal' | 'punctuation';

export interface JsonLine {
  depth: number;
  tokens: { kind: TokenKind; text: string }[];
}

export interface PrettyJson {
  lines: JsonLine[];
  /** Lines left out because the limit was reached. */
  linesLeftOut: number;
}

/** A parsed JSON text as indented lines of coloured tokens. The tokens' text is the text as it was written. */
export function prettyLines(text: string, root: JsonNode, linesMax = 2000): PrettyJson {
  const lines: JsonLine[] = [];
  let linesLeftOut = 0;
  let line: JsonLine = { depth: 0, tokens: [] };

  const add = (kind: TokenKind, tokenText: string): void => {
    line.tokens.push({ kind, text: tokenText });
  };
  const endLine = (nextDepth: number): void => {
    if (lines.length < linesMax) lines.push(line);
    else linesLeftOut += 1;
    line = { depth: nextDepth, tokens: [] };
  };
  const write = (node: JsonNode, depth: number): void => {
    if (node.kind === 'object' && node.members.length > 0) {
      add('punctuation', '{');
      node.members.forEach((member, index) => {
        endLine(depth + 1);
        add('key', text.slice(member.keyStart, member.keyEnd));
        add('punctuation', ': ');
        write(member.value, depth + 1);
        if (index < node.members.length - 1) add('punctuation', ',');
      });
      endLine(depth);
      add('punctuation', '}');
    } else if (node.kind === 'array' && node.items.length > 0) {
      add('punctuation', '[');
      node.items.forEach((item, index) => {
        endLine(depth + 1);
        write(item, depth + 1);
        if (index < node.items.length - 1) add('punctuation', ',');
      });
      endLine(depth);
      add('punctuation', ']');
    } else if (node.kind === 'object') {
      add('punctuation', '{}');
    } else if (node.kind === 'array') {
      add('punctuation', '[]');
    } else {
      add(node.kind, text.slice(node.start, node.end));
    }
  };

  write(root, 0);
  endLine(0);
  return { lines, linesLeftOut };
}

/** The same as one string with two spaces a level: what "copy" gives. */
export function prettyText(text: string, root: JsonNode): string {
  return prettyLines(text, root, Number.POSITIVE_INFINITY)
    .lines.map((line) => '  '.repeat(line.depth) + line.tokens.map((token) => token.text).join(''))
    .join('\n');
}
