/**
 * JSON as text with places, not as JavaScript values: a 64-bit integer, `1.0` and `1e2` stay exactly what was written.
 * Data that came from a log or a store is shown through this and never through `JSON.parse`.
 */
export type JsonNode = ScalarNode | ArrayNode | ObjectNode;

export interface ScalarNode {
  kind: 'string' | 'number' | 'literal';
  start: number;
  end: number;
}

export interface ArrayNode {
  kind: 'array';
  start: number;
  end: number;
  items: JsonNode[];
}

export interface ObjectNode {
  kind: 'object';
  start: number;
  end: number;
  members: { keyStart: number; keyEnd: number; value: JsonNode }[];
}

export class JsonSyntaxError extends Error {
  readonly code = 'HW_CONSOLE_JSON_SYNTAX';
  readonly position: number;
  readonly line: number;
  readonly column: number;

  constructor(text: string, position: number, expected: string) {
    const before = text.slice(0, position);
    const line = before.split('\n').length;
    const column = position - before.lastIndexOf('\n');
    const found = position >= text.length ? 'the end' : JSON.stringify(text[position]);
    super(`Line ${line}, column ${column}: expected ${expected}, found ${found}.`);
    this.position = position;
    this.line = line;
    this.column = column;
  }
}

const depthMax = 500;
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escapePattern = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const literalPattern = /true|false|null/y;
const spacePattern = /[ \t\r\n]*/y;

/** Parses one JSON text; throws {@link JsonSyntaxError} with line and column. Nesting is bounded at 500. */
export function parseJson(text: string): JsonNode {
  const reader = new Reader(text);
  const node = reader.value(0);
  reader.space();
  if (reader.at < text.length) throw new JsonSyntaxError(text, reader.at, 'nothing more');
  return node;
}

/** {@link parseJson} that answers `null` instead of throwing. */
export function tryParseJson(text: string): JsonNode | null {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  space(): void {
    spacePattern.lastIndex = this.at;
    spacePattern.exec(this.text);
    this.at = spacePattern.lastIndex;
  }

  value(depth: number): JsonNode {
    this.space();
    const { text, at } = this;
    if (depth > depthMax) throw new JsonSyntaxError(text, at, `at most ${depthMax} levels of nesting`);
    switch (text[at]) {
      case '{':
        return this.object(depth);
      case '[':
        return this.array(depth);
      case '"':
        return this.string('a closed string without raw control characters');
      default:
        return this.match(numberPattern, 'number') ?? this.match(literalPattern, 'literal') ?? this.fail('a value');
    }
  }

  private object(depth: number): ObjectNode {
    const start = this.at;
    const members: ObjectNode['members'] = [];
    this.at += 1;
    this.space();
    if (this.take('}')) return { kind: 'object', start, end: this.at, members };
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') this.fail('a property name in double quotes');
      const key = this.string('a closed property name');
      this.space();
      if (!this.take(':')) this.fail('":"');
      members.push({ keyStart: key.start, keyEnd: key.end, value: this.value(depth + 1) });
      this.space();
      if (this.take('}')) return { kind: 'object', start, end: this.at, members };
      if (!this.take(',')) this.fail('"," or "}"');
    }
  }

  private array(depth: number): ArrayNode {
    const start = this.at;
    const items: JsonNode[] = [];
    this.at += 1;
    this.space();
    if (this.take(']')) return { kind: 'array', start, end: this.at, items };
    for (;;) {
      items.push(this.value(depth + 1));
      this.space();
      if (this.take(']')) return { kind: 'array', start, end: this.at, items };
      if (!this.take(',')) this.fail('"," or "]"');
    }
  }

  private string(expected: string): ScalarNode {
    const { text, at: start } = this;
    // By hand: a pattern with a repeated group runs out of stack on a string of some megabytes.
    let at = start + 1;
    for (;;) {
      const character = text.charCodeAt(at);
      if (character === 0x22) break;
      if (character === 0x5c) {
        escapePattern.lastIndex = at;
        if (!escapePattern.test(text)) return this.fail(expected);
        at = escapePattern.lastIndex;
      } else if (character >= 0x20) {
        at += 1;
      } else {
        // A control character, or NaN at the end of the text.
        return this.fail(expected);
      }
    }
    this.at = at + 1;
    return { kind: 'string', start, end: this.at };
  }

  private match(pattern: RegExp, kind: ScalarNode['kind']): ScalarNode | null {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) return null;
    const start = this.at;
    this.at = pattern.lastIndex;
    return { kind, start, end: this.at };
  }

  private take(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private fail(expected: string): never {
    throw new JsonSyntaxError(this.text, this.at, expected);
  }
}

/** The text of a string node, or of a property name's quotes, with escapes resolved. */
export function unquote(quoted: string): string {
  // Only ever a single JSON string: the parser of the platform is exact for those.
  return JSON.parse(quoted) as string;
}

/** The node at a path of property names and indexes, or undefined. Of repeated names the last one counts, as in JavaScript. */
export function nodeAt(text: string, root: JsonNode, path: (string | number)[]): JsonNode | undefined {
  let node: JsonNode | undefined = root;
  for (const step of path) {
    if (node?.kind === 'object' && typeof step === 'string') {
      let found: JsonNode | undefined;
      for (const member of node.members) {
        if (unquote(text.slice(member.keyStart, member.keyEnd)) === step) found = member.value;
      }
      node = found;
    } else if (node?.kind === 'array' && typeof step === 'number') {
      node = node.items[step];
    } else {
      return undefined;
    }
  }
  return node;
}

/** A scalar as plain text (strings unquoted, numbers as written), containers as their JSON text. */
export function textOf(text: string, node: JsonNode | undefined): string | undefined {
  if (!node) return undefined;
  const raw = text.slice(node.start, node.end);
  return node.kind === 'string' ? unquote(raw) : raw;
}
