import { LinearRegex } from '@headwater/regex';

type Segment =
  | { type: 'literal'; text: string }
  | { type: 'any' }
  | { type: 'variable'; name: string }
  | { type: 'regex'; regex: LinearRegex; names: readonly string[] };

/**
 * A path pattern as Spring's `PathPattern` has it: `?`, `*` and `{name}` within a segment, `{name:regex}`, and `**` or `{*name}` at the end.
 *
 * @example
 * new PathPattern('/red/{segment}').match(['red', 'blue'], false); // { segment: 'blue' }
 */
export class PathPattern {
  readonly text: string;
  readonly names: readonly string[];
  readonly #segments: Segment[] = [];
  readonly #slashAtEnd: boolean;
  /** Undefined: the pattern has a fixed length. Otherwise the variable that takes the rest, or null for `**`. */
  readonly #rest: string | null | undefined;

  constructor(text: string) {
    this.text = text;
    if (!text.startsWith('/')) throw new Error(`the pattern "${text}" must start with "/"`);
    const parts = splitPattern(text);
    this.#slashAtEnd = parts.length > 1 && parts.at(-1) === '';
    if (this.#slashAtEnd) parts.pop();
    const names: string[] = [];
    for (const [i, part] of parts.entries()) {
      const isLast = i === parts.length - 1;
      const capture = /^\{\*([a-zA-Z_]\w*)\}$/.exec(part);
      if (part === '**' || capture) {
        if (!isLast) throw new Error(`"${part}" may stand at the end of the pattern "${text}" only`);
        this.#rest = capture ? capture[1]! : null;
        if (capture) names.push(capture[1]!);
      } else if (part.includes('**')) throw new Error(`"**" must be a whole segment of the pattern "${text}"`);
      else if (part !== '' || !isLast) this.#segments.push(parseSegment(part, names));
    }
    this.names = names;
    if (new Set(names).size !== names.length) throw new Error(`the pattern "${text}" captures a name twice`);
  }

  /** The first segment when it is literal: what the route table is indexed by. */
  get firstLiteral(): string | undefined {
    const first = this.#segments[0];
    return first?.type === 'literal' ? first.text : undefined;
  }

  /** The captured variables, or null when the path does not match. Segments are decoded. */
  match(
    segments: readonly string[],
    hasTrailingSlash: boolean,
    matchTrailingSlash = true,
  ): Record<string, string> | null {
    const count = this.#segments.length;
    if (segments.length < count) return null;
    if (this.#rest === undefined) {
      if (segments.length !== count) return null;
      if (hasTrailingSlash !== this.#slashAtEnd && count > 0 && !(matchTrailingSlash && !this.#slashAtEnd)) return null;
    }
    const variables: Record<string, string> = {};
    for (let i = 0; i < count; i++) {
      const pattern = this.#segments[i]!;
      const segment = segments[i]!;
      switch (pattern.type) {
        case 'literal':
          if (segment !== pattern.text) return null;
          break;
        case 'variable':
          if (segment === '') return null;
          variables[pattern.name] = segment;
          break;
        case 'any':
          if (segment === '') return null;
          break;
        case 'regex': {
          const match = pattern.regex.matches(segment);
          if (match === null) return null;
          for (const [j, name] of pattern.names.entries()) variables[name] = match.groups[j + 1]!;
        }
      }
    }
    if (typeof this.#rest === 'string') {
      const rest = segments.slice(count).join('/');
      variables[this.#rest] = rest === '' ? (hasTrailingSlash ? '/' : '') : `/${rest}${hasTrailingSlash ? '/' : ''}`;
    }
    return variables;
  }
}

/** Splits at "/" outside braces: a regex in a variable may hold one. */
function splitPattern(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 1;
  for (let i = 1; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}') depth--;
    else if (text[i] === '/' && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
    if (depth < 0) throw new Error(`"}" has no "{" in the pattern "${text}"`);
  }
  if (depth !== 0) throw new Error(`"{" has no "}" in the pattern "${text}"`);
  parts.push(text.slice(from));
  return parts;
}

function parseSegment(part: string, names: string[]): Segment {
  if (part === '*') return { type: 'any' };
  const variable = /^\{([a-zA-Z_][\w-]*)\}$/.exec(part);
  if (variable) {
    names.push(variable[1]!);
    return { type: 'variable', name: variable[1]! };
  }
  if (!/[*?{]/.test(part)) return { type: 'literal', text: part };
  const own: string[] = [];
  let source = '';
  for (let i = 0; i < part.length; i++) {
    const char = part[i]!;
    if (char === '*') source += '(?:.*)';
    else if (char === '?') source += '.';
    else if (char === '{') {
      const end = closingBrace(part, i);
      const [, name, regex] = /^([a-zA-Z_][\w-]*)(?::(.*))?$/s.exec(part.slice(i + 1, end)) ?? [];
      if (name === undefined) throw new Error(`"${part.slice(i, end + 1)}" is not {name} or {name:regex}`);
      if (regex !== undefined && new LinearRegex(regex).groupCount > 0)
        throw new Error(`the regex of {${name}} has groups: write (?:…) instead of (…)`);
      own.push(name);
      source += `(${regex ?? '.*'})`;
      i = end;
    } else source += char.replace(/[^\w-]/, '\\$&');
  }
  names.push(...own);
  return { type: 'regex', regex: new LinearRegex(`(?s)${source}`), names: own };
}

function closingBrace(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return i;
  }
  throw new Error(`"{" has no "}" in "${text}"`);
}
