import { unicodeClass } from './unicode-classes.ts';

/**
 * The syntax tree of regular expressions, and its parser.
 *
 * Java's syntax (`java.util.regex.Pattern`), because that is what Spring Cloud Gateway's routes and Kafka's clients use, without
 * back-references and class intersections. Look-around, atomic groups and possessive quantifiers are for the matcher that can backtrack
 * (`hasLookAround`). The Oniguruma dialect is Ruby's, which grok patterns are written in: `^` and `$` are lines', `(?m)` lets the dot match
 * line ends, `\\w` knows Unicode, `\\h` is a hexadecimal digit, `[[:alpha:]]`.
 */
export type Node =
  | { type: 'empty' }
  | { type: 'set'; ranges: Ranges }
  | { type: 'assert'; kind: AssertKind }
  | { type: 'group'; index: number; node: Node }
  | { type: 'sequence'; nodes: Node[] }
  | { type: 'alternatives'; nodes: Node[] }
  | { type: 'repeat'; node: Node; min: number; max: number; lazy: boolean }
  | { type: 'atomic'; node: Node }
  | { type: 'look'; node: Node; isBehind: boolean; isNegated: boolean };

export type AssertKind = 'start' | 'end' | 'endOrLastNewline' | 'lineStart' | 'lineEnd' | 'word' | 'notWord';

/** Sorted, disjoint pairs [from, to] of UTF-16 code units, inclusive. */
export type Ranges = readonly (readonly [number, number])[];

export interface Syntax {
  node: Node;
  groupCount: number;
  groupNames: Map<string, number>;
}

export class RegexSyntaxError extends Error {
  readonly position: number;
  constructor(message: string, source: string, position: number) {
    super(`${message} at position ${position} of the regular expression "${source}"`);
    this.name = 'RegexSyntaxError';
    this.position = position;
  }
}

const lastUnit = 0xffff;
const digit: Ranges = [[48, 57]];
const word: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const space: Ranges = [
  [9, 13],
  [32, 32],
];
const horizontalSpace = normalise([
  [9, 9],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x180e, 0x180e],
  [0x2000, 0x200a],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
]);
const lineTerminators = normalise([
  [10, 10],
  [13, 13],
  [0x85, 0x85],
  [0x2028, 0x2029],
]);
const notNewline = negate([[10, 10]]);
const posix: Record<string, Ranges> = {
  Lower: [[97, 122]],
  Upper: [[65, 90]],
  ASCII: [[0, 127]],
  Alpha: normalise([
    [65, 90],
    [97, 122],
  ]),
  Digit: digit,
  Alnum: normalise([
    [48, 57],
    [65, 90],
    [97, 122],
  ]),
  Punct: normalise([
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ]),
  Graph: [[33, 126]],
  Print: [[32, 126]],
  Blank: normalise([
    [9, 9],
    [32, 32],
  ]),
  Cntrl: normalise([
    [0, 31],
    [127, 127],
  ]),
  XDigit: normalise([
    [48, 57],
    [65, 70],
    [97, 102],
  ]),
  Space: space,
};
const controls: Record<string, number> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };
const repeatMax = 1000;
const nestingMax = 100;

/** Length in UTF-16 units of everything that the node matches, undefined when it varies. */
export function fixedLength(node: Node): number | undefined {
  switch (node.type) {
    case 'empty':
    case 'assert':
    case 'look':
      return 0;
    case 'set':
      return 1;
    case 'group':
    case 'atomic':
      return fixedLength(node.node);
    case 'repeat': {
      const length = fixedLength(node.node);
      return length !== undefined && node.min === node.max ? length * node.min : undefined;
    }
    case 'sequence': {
      let total = 0;
      for (const child of node.nodes) {
        const length = fixedLength(child);
        if (length === undefined) return undefined;
        total += length;
      }
      return total;
    }
    case 'alternatives': {
      const lengths = new Set(node.nodes.map(fixedLength));
      return lengths.size === 1 ? [...lengths][0] : undefined;
    }
  }
}

export function normalise(ranges: (readonly [number, number])[]): Ranges {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

function negate(ranges: Ranges): Ranges {
  const out: [number, number][] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) out.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= lastUnit) out.push([next, lastUnit]);
  return out;
}

/** Both cases of ASCII letters, as Java's CASE_INSENSITIVE without UNICODE_CASE. */
function foldCase(ranges: Ranges): Ranges {
  const out = [...ranges];
  for (const [from, to] of ranges) {
    for (const [low, high, shift] of [
      [65, 90, 32],
      [97, 122, -32],
    ] as const) {
      const a = Math.max(from, low);
      const b = Math.min(to, high);
      if (a <= b) out.push([a + shift, b + shift]);
    }
  }
  return normalise(out);
}

export interface SyntaxOptions {
  /** Default 'java'. */
  dialect?: 'java' | 'oniguruma';
  /** Look-around, atomic groups and possessive quantifiers are read instead of refused. Default false. */
  hasLookAround?: boolean;
  /** Groups without a name do not capture, as in Oniguruma where any group has a name. Default false. */
  isNamedOnly?: boolean;
}

interface Flags {
  ignoreCase: boolean;
  dotAll: boolean;
  multiline: boolean;
}

export function parseRegex(source: string, options: SyntaxOptions = {}): Syntax {
  const isOniguruma = options.dialect === 'oniguruma';
  const hasLookAround = options.hasLookAround === true;
  let at = 0;
  let depth = 0;
  let groupCount = 0;
  const groupNames = new Map<string, number>();

  const fail = (message: string, position = at): never => {
    throw new RegexSyntaxError(message, source, position);
  };
  const peek = (text: string): boolean => source.startsWith(text, at);
  const eat = (text: string): boolean => {
    if (!peek(text)) return false;
    at += text.length;
    return true;
  };

  /** A flag set inside, `(?i)`, holds to the end of the enclosing group, over its alternatives too: hence the copy. */
  function alternatives(outerFlags: Flags): Node {
    const flags = { ...outerFlags };
    if (++depth > nestingMax) fail(`groups are nested deeper than ${nestingMax}`);
    const nodes = [sequence(flags)];
    while (eat('|')) nodes.push(sequence(flags));
    depth--;
    return nodes.length === 1 ? nodes[0]! : { type: 'alternatives', nodes };
  }

  function sequence(flags: Flags): Node {
    const nodes: Node[] = [];
    while (at < source.length && !peek('|') && !peek(')')) {
      if (eat('\\Q')) {
        const end = source.indexOf('\\E', at);
        const literal = source.slice(at, end === -1 ? undefined : end);
        at = end === -1 ? source.length : end + 2;
        for (const unit of literal)
          for (let i = 0; i < unit.length; i++) nodes.push(literalUnit(unit.charCodeAt(i), flags));
        continue;
      }
      const inline = /^\(\?([a-zA-Z]*)(-[a-zA-Z]*)?\)/.exec(source.slice(at, at + 20));
      if (inline) {
        Object.assign(flags, applyFlags(flags, inline[1]!, inline[2] ?? ''));
        at += inline[0].length;
        continue;
      }
      nodes.push(quantified(atom(flags)));
    }
    return nodes.length === 0 ? { type: 'empty' } : nodes.length === 1 ? nodes[0]! : { type: 'sequence', nodes };
  }

  function applyFlags(flags: Flags, on: string, off: string): Flags {
    const out = { ...flags };
    for (const [letters, value] of [
      [on, true],
      [off.slice(1), false],
    ] as const) {
      for (const letter of letters) {
        if (letter === 'i') out.ignoreCase = value;
        else if (letter === (isOniguruma ? 'm' : 's')) out.dotAll = value;
        else if (letter === 'm') out.multiline = value;
        else fail(`the flag "${letter}" is not served (${isOniguruma ? 'i and m' : 'i, s and m'} are)`);
      }
    }
    return out;
  }

  function literalUnit(unit: number, flags: Flags): Node {
    const ranges: Ranges = [[unit, unit]];
    return { type: 'set', ranges: flags.ignoreCase ? foldCase(ranges) : ranges };
  }

  function atom(flags: Flags): Node {
    const start = at;
    const char = source[at++]!;
    switch (char) {
      case '(':
        return group(flags);
      case '[':
        return { type: 'set', ranges: characterClass(flags) };
      case '.':
        return {
          type: 'set',
          ranges: flags.dotAll ? [[0, lastUnit]] : isOniguruma ? notNewline : negate(lineTerminators),
        };
      case '^':
        return { type: 'assert', kind: flags.multiline ? 'lineStart' : 'start' };
      case '$':
        return { type: 'assert', kind: flags.multiline ? 'lineEnd' : 'endOrLastNewline' };
      case '*':
      case '+':
      case '?':
        return fail(`nothing to repeat before "${char}"`, start);
      case '{':
        if (isOniguruma) return literalUnit(123, flags);
        return fail('"{" must be written "\\{" where it is not a quantifier', start);
      case '\\':
        return escaped(flags);
      default:
        return literalUnit(char.charCodeAt(0), flags);
    }
  }

  function group(flags: Flags): Node {
    let inner = flags;
    let index = 0;
    if (eat('?')) {
      const named = /^<([a-zA-Z][a-zA-Z0-9]*)>/.exec(source.slice(at, at + 200));
      const flagged = /^([a-zA-Z]*)(-[a-zA-Z]+)?:/.exec(source.slice(at, at + 20));
      if (named) {
        at += named[0].length;
        index = ++groupCount;
        if (groupNames.has(named[1]!)) fail(`the group name "${named[1]}" is used twice`);
        groupNames.set(named[1]!, index);
      } else if (flagged) {
        at += flagged[0].length;
        inner = applyFlags(flags, flagged[1]!, flagged[2] ?? '');
      } else if (/^(=|!|<=|<!)/.test(source.slice(at, at + 2))) {
        if (!hasLookAround) fail('look-around is not served (it needs backtracking)');
        return lookAround(flags);
      } else if (peek('>')) {
        if (!hasLookAround) fail('atomic groups are not served');
        at++;
        return { type: 'atomic', node: groupBody(flags) };
      } else fail('unknown kind of group');
    } else if (options.isNamedOnly !== true) index = ++groupCount;
    const node = groupBody(inner);
    return index === 0 ? node : { type: 'group', index, node };
  }

  function groupBody(flags: Flags): Node {
    const node = alternatives(flags);
    if (!eat(')')) fail('")" is missing');
    return node;
  }

  function lookAround(flags: Flags): Node {
    const start = at;
    const isBehind = eat('<');
    const isNegated = source[at++] === '!';
    const node = groupBody(flags);
    if (!isBehind) return { type: 'look', node, isBehind, isNegated };
    // Each alternative is looked for at its own distance: negated none may be there, else any.
    const each = (node.type === 'alternatives' ? node.nodes : [node]).map((one): Node => {
      if (fixedLength(one) === undefined) fail('what look-behind looks for must have a fixed length', start);
      return { type: 'look', node: one, isBehind, isNegated };
    });
    return each.length === 1 ? each[0]! : { type: isNegated ? 'sequence' : 'alternatives', nodes: each };
  }

  function quantified(node: Node): Node {
    let out = node;
    for (;;) {
      let min: number;
      let max: number;
      const counted = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(source.slice(at, at + 20));
      if (eat('*')) [min, max] = [0, Number.POSITIVE_INFINITY];
      else if (eat('+')) [min, max] = [1, Number.POSITIVE_INFINITY];
      else if (eat('?')) [min, max] = [0, 1];
      else if (counted) {
        min = Number(counted[1]);
        max = counted[2] === undefined ? min : counted[3] === '' ? Number.POSITIVE_INFINITY : Number(counted[3]);
        if (max < min) fail('the quantifier counts downwards');
        if (min > repeatMax || (max !== Number.POSITIVE_INFINITY && max > repeatMax))
          fail(`a quantifier counts to ${repeatMax} at most`);
        at += counted[0].length;
      } else return out;
      if (peek('+')) {
        if (!hasLookAround || (counted !== null && isOniguruma)) fail('possessive quantifiers are not served');
        at++;
        out = { type: 'atomic', node: { type: 'repeat', node: out, min, max, lazy: false } };
      } else out = { type: 'repeat', node: out, min, max, lazy: eat('?') };
    }
  }

  /** After a backslash, outside and inside a class: a set, or undefined when it is none. */
  function escapedSet(): Ranges | undefined {
    const char = source[at];
    if (char === undefined) return fail('the expression ends with a backslash');
    const sets: Record<string, Ranges> = isOniguruma
      ? { d: digit, w: unicodeClass('word')!, s: space, h: posix['XDigit']! }
      : { d: digit, w: word, s: space, h: horizontalSpace };
    const named = sets[char.toLowerCase()];
    if (named !== undefined && /[dwshDWSH]/.test(char)) {
      at++;
      return char === char.toLowerCase() ? named : negate(named);
    }
    if (char === 'p' || char === 'P') {
      const name = /^[pP]\{(?:Is)?([A-Za-z]+)\}/.exec(source.slice(at, at + 30));
      const ranges = name ? (posix[name[1]!] ?? unicodeClass(name[1]!)) : undefined;
      if (ranges === undefined)
        return fail(
          `only general categories like \\p{Lu} and the ASCII classes \\p{${Object.keys(posix).join('}, \\p{')}} are served`,
        );
      at += name![0].length;
      return char === 'p' ? ranges : negate(ranges);
    }
    const hex = /^(?:x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]{1,4})\}|u([0-9a-fA-F]{4}))/.exec(source.slice(at, at + 8));
    if (hex) {
      at += hex[0].length;
      const unit = Number.parseInt((hex[1] ?? hex[2] ?? hex[3])!, 16);
      return [[unit, unit]];
    }
    if (controls[char] !== undefined) {
      at++;
      return [[controls[char]!, controls[char]!]];
    }
    if (/[a-zA-Z0-9]/.test(char)) return undefined;
    at++;
    return [[char.charCodeAt(0), char.charCodeAt(0)]];
  }

  function escaped(flags: Flags): Node {
    const set = escapedSet();
    if (set !== undefined) return { type: 'set', ranges: flags.ignoreCase ? foldCase(set) : set };
    const char = source[at++]!;
    if (char === 'b') return { type: 'assert', kind: 'word' };
    if (char === 'B') return { type: 'assert', kind: 'notWord' };
    if (char === 'A') return { type: 'assert', kind: 'start' };
    if (char === 'z') return { type: 'assert', kind: 'end' };
    if (char === 'Z') return { type: 'assert', kind: 'endOrLastNewline' };
    if (/[1-9k]/.test(char)) return fail('back-references are not served (they need backtracking)', at - 2);
    return fail(`the escape "\\${char}" is not served`, at - 2);
  }

  function characterClass(flags: Flags): Ranges {
    if (++depth > nestingMax) fail(`classes are nested deeper than ${nestingMax}`);
    const negated = eat('^');
    const parts: (readonly [number, number])[] = [];
    for (let first = true; ; first = false) {
      if (at >= source.length) fail('"]" is missing');
      if (peek('&&')) fail('class intersections ("&&") are not served');
      if (peek(']') && !first) break;
      const bracketed = isOniguruma && peek('[:') ? /^\[:(\^?)([a-z]+):\]/.exec(source.slice(at, at + 20)) : null;
      if (bracketed !== null) {
        const name = bracketed[2]!;
        const set =
          name === 'word' ? word : posix[name === 'xdigit' ? 'XDigit' : name[0]!.toUpperCase() + name.slice(1)];
        if (set === undefined) return fail(`the class "[:${name}:]" is not served`);
        parts.push(...(bracketed[1] === '' ? set : negate(set)));
        at += bracketed[0].length;
        continue;
      }
      if (eat('[')) {
        parts.push(...characterClass(flags));
        continue;
      }
      const low = classUnit();
      if (
        low.length === 1 &&
        low[0]![0] === low[0]![1] &&
        peek('-') &&
        !source.startsWith('-]', at) &&
        !source.startsWith('-[', at)
      ) {
        at++;
        const high = classUnit();
        if (high.length !== 1 || high[0]![0] !== high[0]![1]) fail('a range must end with a character');
        if (high[0]![0] < low[0]![0]) fail('the range counts downwards');
        parts.push([low[0]![0], high[0]![0]]);
      } else parts.push(...low);
    }
    at++;
    depth--;
    const ranges = flags.ignoreCase ? foldCase(normalise(parts)) : normalise(parts);
    return negated ? negate(ranges) : ranges;
  }

  function classUnit(): Ranges {
    if (eat('\\')) return escapedSet() ?? fail(`the escape "\\${source[at]}" is not served in a class`);
    if (at >= source.length) return fail('"]" is missing');
    const unit = source.charCodeAt(at++);
    return [[unit, unit]];
  }

  const node = alternatives({ ignoreCase: false, dotAll: false, multiline: isOniguruma });
  if (at < source.length) fail('")" has no "("');
  return { node, groupCount, groupNames };
}
