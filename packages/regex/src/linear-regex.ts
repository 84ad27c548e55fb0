import { compileProgram, type Instruction } from './program.ts';
import { parseRegex, type Ranges } from './syntax.ts';

/** Most thread steps that one call may take: about 30 ms. Only a replacement with very many long attempts gets there. */
const stepsMax = 2_000_000;

export class RegexBudgetError extends Error {
  constructor(source: string, steps = stepsMax) {
    super(`matching the regular expression "${source}" takes more than ${steps} steps on this input`);
    this.name = 'RegexBudgetError';
  }
}

export interface RegexMatch {
  start: number;
  end: number;
  /** By group number, 0 is the whole match. */
  groups: (string | undefined)[];
}

/**
 * A regular expression in Java's syntax that matches in time linear in its input, so that no input can stall the process.
 *
 * It is a Pike virtual machine: all alternatives advance together, one character at a time, in the order in which a backtracking
 * matcher would try them, so the match (and its groups) is the same one that Java finds.
 *
 * @example
 * new LinearRegex('/red/?(?<rest>.*)').replaceAll('/red/a/b', '/${rest}'); // '/a/b'
 */
export class LinearRegex {
  readonly source: string;
  readonly groupNames: ReadonlyMap<string, number>;
  readonly #program: Instruction[];
  readonly #slotCount: number;
  /** Instruction → the step in which it was last added: keeps each thread list free of duplicates. */
  readonly #added: Int32Array;
  #steps = 0;

  constructor(source: string) {
    const syntax = parseRegex(source);
    this.source = source;
    this.groupNames = syntax.groupNames;
    this.#program = compileProgram(syntax.node);
    this.#slotCount = (syntax.groupCount + 1) * 2;
    this.#added = new Int32Array(this.#program.length);
  }

  get groupCount(): number {
    return this.#slotCount / 2 - 1;
  }

  /** The match that takes the whole text (Java's `matches`), or null. */
  matches(text: string): RegexMatch | null {
    this.#steps = 0;
    return this.#run(text, 0, true, true);
  }

  /** Whether the whole text matches. */
  test(text: string): boolean {
    return this.matches(text) !== null;
  }

  /** The first match at or after `from` (Java's `find`), or null. */
  find(text: string, from = 0): RegexMatch | null {
    this.#steps = 0;
    return this.#run(text, from, false, false);
  }

  /** Java's `replaceAll`: `$1`, `${name}` and `\` escapes in the replacement. */
  replaceAll(text: string, replacement: string | Replacement): string {
    const parts = typeof replacement === 'string' ? this.parseReplacement(replacement) : replacement;
    this.#steps = 0;
    let out = '';
    let done = 0;
    let from = 0;
    while (from <= text.length) {
      const match = this.#run(text, from, false, false);
      if (match === null) break;
      out += text.slice(done, match.start);
      for (const part of parts) out += typeof part === 'string' ? part : (match.groups[part] ?? '');
      done = match.end;
      from = match.end === match.start ? match.end + 1 : match.end;
    }
    return done === 0 && out === '' ? text : out + text.slice(done);
  }

  /** Parses a replacement once; throws when it names a group that the expression does not have. */
  parseReplacement(replacement: string): Replacement {
    const parts: (string | number)[] = [];
    const literal = (text: string): void => {
      if (typeof parts.at(-1) === 'string') parts[parts.length - 1] += text as never;
      else parts.push(text);
    };
    for (let i = 0; i < replacement.length; i++) {
      const char = replacement[i]!;
      if (char === '\\') {
        if (++i === replacement.length) throw new Error(`the replacement "${replacement}" ends with a backslash`);
        literal(replacement[i]!);
      } else if (char === '$') {
        const reference = /^\$(?:\{([a-zA-Z][a-zA-Z0-9]*)\}|(\d{1,2}))/.exec(replacement.slice(i, i + 200));
        if (reference === null)
          throw new Error(
            `"$" in the replacement "${replacement}" must be followed by {name} or a number, or written "\\$"`,
          );
        const [whole, name, number] = reference;
        const index = name === undefined ? Number(number) : this.groupNames.get(name);
        if (index === undefined || index > this.groupCount)
          throw new Error(
            `the replacement "${replacement}" names the group "${name ?? number}", which "${this.source}" does not have`,
          );
        parts.push(index);
        i += whole.length - 1;
      } else literal(char);
    }
    return parts;
  }

  #run(text: string, from: number, anchored: boolean, whole: boolean): RegexMatch | null {
    const program = this.#program;
    const added = this.#added.fill(-1);
    let current: Thread[] = [];
    let next: Thread[] = [];
    let best: number[] | null = null;
    for (let at = from; ; at++) {
      // A new attempt starts here with the lowest priority, unless an earlier one has matched already.
      if (best === null && (at === from || !anchored)) {
        const slots = new Array<number>(this.#slotCount).fill(-1);
        slots[0] = at;
        this.#add(current, 0, slots, text, at, added);
      }
      // An assertion can hold further on, where nothing waits here.
      if (current.length === 0 && (anchored || best !== null)) break;
      const unit = at < text.length ? text.charCodeAt(at) : -1;
      next.length = 0;
      this.#steps += current.length;
      if (this.#steps > stepsMax) throw new RegexBudgetError(this.source);
      for (const thread of current) {
        const instruction = program[thread.at]!;
        if (instruction.op === 'match') {
          if (whole && at !== text.length) continue;
          thread.slots[1] = at;
          best = thread.slots;
          break;
        }
        if (unit !== -1 && has(instruction.ranges, unit))
          this.#add(next, instruction.next, thread.slots, text, at + 1, added);
      }
      [current, next] = [next, current];
      if (unit === -1) break;
    }
    if (best === null) return null;
    const groups: (string | undefined)[] = [];
    for (let i = 0; i < best.length; i += 2)
      groups.push(best[i] === -1 || best[i + 1] === -1 ? undefined : text.slice(best[i], best[i + 1]));
    return { start: best[0]!, end: best[1]!, groups };
  }

  /** Follows splits, saves and assertions from an instruction, adding the threads that wait for a character. */
  #add(list: Thread[], at: number, slots: number[], text: string, position: number, added: Int32Array): void {
    const stack: Thread[] = [{ at, slots }];
    while (stack.length > 0) {
      const thread = stack.pop()!;
      const instruction = this.#program[thread.at]!;
      if (added[thread.at] === position) continue;
      added[thread.at] = position;
      this.#steps++;
      switch (instruction.op) {
        case 'split':
          if (instruction.other !== instruction.next) stack.push({ at: instruction.other, slots: thread.slots });
          stack.push({ at: instruction.next, slots: thread.slots });
          break;
        case 'save': {
          const copy = thread.slots.slice();
          copy[instruction.slot] = position;
          stack.push({ at: instruction.next, slots: copy });
          break;
        }
        case 'assert':
          if (holds(instruction, text, position)) stack.push({ at: instruction.next, slots: thread.slots });
          break;
        default:
          list.push(thread);
      }
    }
  }
}

/** A parsed replacement: literal text and group numbers. */
export type Replacement = readonly (string | number)[];

interface Thread {
  at: number;
  slots: number[];
}

function has(ranges: Ranges, unit: number): boolean {
  for (const [from, to] of ranges) if (unit >= from && unit <= to) return true;
  return false;
}

function isWord(text: string, at: number): boolean {
  return at >= 0 && at < text.length && /\w/.test(text[at]!);
}

function holds(instruction: Instruction, text: string, at: number): boolean {
  switch (instruction.kind) {
    case 'start':
      return at === 0;
    case 'end':
      return at === text.length;
    case 'endOrLastNewline':
      return at === text.length || (at === text.length - 1 && text[at] === '\n');
    case 'lineStart':
      return at === 0 || text[at - 1] === '\n';
    case 'lineEnd':
      return at === text.length || text[at] === '\n';
    case 'word':
      return isWord(text, at - 1) !== isWord(text, at);
    case 'notWord':
      return isWord(text, at - 1) === isWord(text, at);
  }
}
