import { assertKinds, type BoundedProgram, compileBounded, lookBehind, lookNegated, op } from './bounded-program.ts';
import { RegexBudgetError, type RegexMatch } from './linear-regex.ts';
import { parseRegex, type SyntaxOptions } from './syntax.ts';
import { unicodeClass } from './unicode-classes.ts';

export interface BoundedRegexOptions {
  /** Default 'java'. 'oniguruma' is Ruby's, in which grok patterns are written. */
  dialect?: 'java' | 'oniguruma';
  /** Groups without a name do not capture. Default false. */
  isNamedOnly?: boolean;
  /** Most steps that one search may take before it throws `RegexBudgetError`. Default 2,000,000: about 50 ms. */
  stepsMax?: number;
}

const stepsMaxDefault = 2_000_000;
/** The bits that remember failures: 8 MiB at most, and none before a search has taken this many steps. */
const memoBitsMax = 1 << 26;
const memoAfterSteps = 4_096;
const framesMax = 1 << 20;

const frameSlot = 0;
const frameOther = 1;
const frameSpan = 2;
const frameLazy = 3;

/**
 * A regular expression with look-around, atomic groups and possessive quantifiers that no input can make slow for long.
 *
 * It backtracks, as Java and Oniguruma do, so it finds the same match. Three things bound it: most runs of characters never give back (what
 * follows cannot start within them); a search that takes long remembers each point of the expression and place in the text from which it
 * failed and tries none twice, as RE2's bit-state matcher does, which ends exponential cases; and the steps are counted.
 *
 * Not for two searches at once (it holds their stack), which one thread cannot have.
 *
 * @example
 * new BoundedRegex('(?<![0-9])(?<port>[0-9]{2,5}+)(?= open)').find('22 shut, 8080 open')?.groups[1]; // '8080'
 */
export class BoundedRegex {
  readonly source: string;
  readonly groupNames: ReadonlyMap<string, number>;
  readonly groupCount: number;
  /** Start and end of each group of the last match, -1 where it took no part: read by callers that want no strings. */
  readonly slots: Int32Array;
  readonly #program: BoundedProgram;
  readonly #stepsMax: number;
  readonly #isWord: (unit: number) => boolean;
  #text = '';
  #stack = new Int32Array(1024);
  #top = 0;
  #steps = 0;
  #depth = 0;
  #memo: Uint32Array | null = null;
  #memoLog: number[] = [];

  /** Throws `RegexSyntaxError`. */
  constructor(source: string, options: BoundedRegexOptions = {}) {
    const syntaxOptions: SyntaxOptions = { ...options, hasLookAround: true };
    const syntax = parseRegex(source, syntaxOptions);
    this.source = source;
    this.groupNames = syntax.groupNames;
    this.groupCount = syntax.groupCount;
    this.#program = compileBounded(syntax.node, (syntax.groupCount + 1) * 2);
    this.slots = new Int32Array(this.#program.slotCount);
    this.#stepsMax = options.stepsMax ?? stepsMaxDefault;
    this.#isWord = options.dialect === 'oniguruma' ? isUnicodeWord : isAsciiWord;
  }

  /** The first match at or after `from`, or null. Throws `RegexBudgetError`. */
  find(text: string, from = 0): RegexMatch | null {
    return this.search(text, from) ? this.#match(text) : null;
  }

  /** Whether there is a match at or after `from`; it is then in `slots`. Throws `RegexBudgetError`. */
  search(text: string, from = 0): boolean {
    this.#text = text;
    this.#steps = 0;
    this.#memo = null;
    const { firstSet, isLineBound, sets } = this.#program;
    const { ascii } = sets;
    const length = text.length;
    try {
      for (let at = from; at <= length; at++) {
        if (firstSet !== -1) {
          for (; at < length; at++) {
            const unit = text.charCodeAt(at);
            if (unit < 128 ? ascii[firstSet * 128 + unit] === 1 : sets.hasWide(firstSet, unit)) break;
          }
          if (at === length) return false;
        }
        this.slots.fill(-1);
        this.#top = 0;
        this.#depth = 0;
        const end = this.#run(0, at);
        if (end !== -1) {
          this.slots[0] = at;
          this.slots[1] = end;
          return true;
        }
        if (isLineBound) {
          at = text.indexOf('\n', at);
          if (at === -1) return false;
        }
      }
      return false;
    } finally {
      this.#text = '';
      this.#memo = null;
      this.#memoLog = [];
      if (this.#stack.length > 65_536) this.#stack = new Int32Array(1024);
    }
  }

  #match(text: string): RegexMatch {
    const groups: (string | undefined)[] = [];
    for (let i = 0; i <= this.groupCount; i++) {
      const end = this.slots[i * 2 + 1]!;
      groups.push(end === -1 ? undefined : text.slice(this.slots[i * 2], end));
    }
    return { start: this.slots[0]!, end: this.slots[1]!, groups };
  }

  #spend(steps: number): void {
    const before = this.#steps;
    this.#steps += steps;
    if (this.#steps > this.#stepsMax) throw new RegexBudgetError(this.source, this.#stepsMax);
    if (before <= memoAfterSteps && this.#steps > memoAfterSteps && this.#memo === null) {
      const bits = this.#program.branchCount * (this.#text.length + 1);
      if (bits <= memoBitsMax) this.#memo = new Uint32Array((bits >> 5) + 1);
    }
  }

  /** Whether the point has been tried at this place before, which then was in vain. */
  #isKnown(branch: number, at: number): boolean {
    const memo = this.#memo!;
    const bit = branch * (this.#text.length + 1) + at;
    const mask = 1 << (bit & 31);
    if ((memo[bit >> 5]! & mask) !== 0) return true;
    memo[bit >> 5]! |= mask;
    if (this.#depth > 0) this.#memoLog.push(bit);
    return false;
  }

  #push(kind: number, a: number, b: number, c: number): void {
    const top = this.#top;
    if (top + 4 > this.#stack.length) {
      if (top > framesMax * 4) throw new RegexBudgetError(this.source, this.#stepsMax);
      const larger = new Int32Array(this.#stack.length * 2);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    const stack = this.#stack;
    stack[top] = kind;
    stack[top + 1] = a;
    stack[top + 2] = b;
    stack[top + 3] = c;
    this.#top = top + 4;
  }

  /** Runs a body of look-around or of an atomic group; its captures stay and can be undone, its other ways are given up. */
  #runBody(pc: number, at: number): number {
    const base = this.#top;
    const logged = this.#memoLog.length;
    this.#depth++;
    const end = this.#run(pc, at);
    this.#depth--;
    if (end === -1) return -1;
    // What lies on the way to a success is no failure for the next time.
    for (let i = logged; i < this.#memoLog.length; i++) {
      const bit = this.#memoLog[i]!;
      this.#memo![bit >> 5]! &= ~(1 << (bit & 31));
    }
    this.#memoLog.length = logged;
    const stack = this.#stack;
    let kept = base;
    for (let i = base; i < this.#top; i += 4) {
      if (stack[i] !== frameSlot) continue;
      stack.copyWithin(kept, i, i + 4);
      kept += 4;
    }
    this.#top = kept;
    return end;
  }

  #undo(base: number): void {
    while (this.#top > base) {
      this.#top -= 4;
      if (this.#stack[this.#top] === frameSlot) this.slots[this.#stack[this.#top + 1]!] = this.#stack[this.#top + 2]!;
    }
  }

  /** The end of the match that starts at `start`, or -1. */
  #run(startPc: number, start: number): number {
    const { code, sets, strings } = this.#program;
    const { ascii } = sets;
    const text = this.#text;
    const length = text.length;
    const slots = this.slots;
    const base = this.#top;
    let pc = startPc;
    let at = start;
    this.#spend(1);
    for (;;) {
      switch (code[pc]) {
        case op.char:
          if (at < length && text.charCodeAt(at) === code[pc + 1]) {
            at++;
            pc += 2;
            continue;
          }
          break;
        case op.set:
          if (at < length) {
            const unit = text.charCodeAt(at);
            const set = code[pc + 1]!;
            if (unit < 128 ? ascii[set * 128 + unit] === 1 : sets.hasWide(set, unit)) {
              at++;
              pc += 2;
              continue;
            }
          }
          break;
        case op.text: {
          const string = strings[code[pc + 1]!]!;
          if (text.startsWith(string, at)) {
            at += string.length;
            pc += 2;
            continue;
          }
          break;
        }
        case op.jump:
          pc = code[pc + 1]!;
          continue;
        case op.mark:
        case op.save: {
          const slot = code[pc + 1]!;
          this.#push(frameSlot, slot, slots[slot]!, 0);
          slots[slot] = at;
          pc += 2;
          continue;
        }
        case op.unlessEmpty:
          pc = slots[code[pc + 1]!] === at ? code[pc + 2]! : pc + 3;
          continue;
        case op.assert:
          if (this.#holds(code[pc + 1]!, at)) {
            pc += 2;
            continue;
          }
          break;
        case op.match:
          return at;
        case op.split: {
          const unit = at < length ? text.charCodeAt(at) : -1;
          const first = code[pc + 3]!;
          const otherFirst = code[pc + 5]!;
          const canFirst =
            first === -1 || (unit !== -1 && (unit < 128 ? ascii[first * 128 + unit] === 1 : sets.hasWide(first, unit)));
          const canOther =
            otherFirst === -1 ||
            (unit !== -1 && (unit < 128 ? ascii[otherFirst * 128 + unit] === 1 : sets.hasWide(otherFirst, unit)));
          if (canFirst) {
            if (canOther) {
              this.#spend(1);
              if (this.#memo !== null && this.#isKnown(code[pc + 1]!, at)) break;
              this.#push(frameOther, code[pc + 4]!, at, 0);
            }
            pc = code[pc + 2]!;
            continue;
          }
          if (canOther) {
            pc = code[pc + 4]!;
            continue;
          }
          break;
        }
        case op.spanAll: {
          const set = code[pc + 1]!;
          const least = at + code[pc + 2]!;
          const most = code[pc + 3]!;
          const stop = most > length - at ? length : at + most;
          const from = at;
          for (; at < stop; at++) {
            const unit = text.charCodeAt(at);
            if (unit < 128 ? ascii[set * 128 + unit] === 0 : !sets.hasWide(set, unit)) break;
          }
          this.#spend((at - from) >> 3);
          if (at < least) break;
          pc += 4;
          continue;
        }
        case op.span: {
          if (this.#memo !== null && this.#isKnown(code[pc + 1]!, at)) break;
          const set = code[pc + 2]!;
          const least = at + code[pc + 3]!;
          const most = code[pc + 4]!;
          const stop = most > length - at ? length : at + most;
          const from = at;
          for (; at < stop; at++) {
            const unit = text.charCodeAt(at);
            if (unit < 128 ? ascii[set * 128 + unit] === 0 : !sets.hasWide(set, unit)) break;
          }
          this.#spend(1 + ((at - from) >> 3));
          if (at < least) break;
          if (at > least) this.#push(frameSpan, pc, at, least);
          pc += 6;
          continue;
        }
        case op.spanLazy: {
          if (this.#memo !== null && this.#isKnown(code[pc + 1]!, at)) break;
          const set = code[pc + 2]!;
          const least = at + code[pc + 3]!;
          const most = code[pc + 4]!;
          const stop = most > length - at ? length : at + most;
          if (least > length) break;
          for (; at < least; at++) {
            const unit = text.charCodeAt(at);
            if (unit < 128 ? ascii[set * 128 + unit] === 0 : !sets.hasWide(set, unit)) break;
          }
          this.#spend(1);
          if (at < least) break;
          if (at < stop) this.#push(frameLazy, pc, at, stop);
          pc += 6;
          continue;
        }
        case op.look: {
          const flags = code[pc + 1]!;
          const from = at - code[pc + 2]!;
          const before = this.#top;
          const isThere = ((flags & lookBehind) === 0 || from >= 0) && this.#runBody(pc + 4, from) !== -1;
          if ((flags & lookNegated) !== 0) {
            if (!isThere) {
              pc = code[pc + 3]!;
              continue;
            }
            this.#undo(before);
          } else if (isThere) {
            pc = code[pc + 3]!;
            continue;
          }
          break;
        }
        case op.atomic: {
          const end = this.#runBody(pc + 2, at);
          if (end !== -1) {
            at = end;
            pc = code[pc + 1]!;
            continue;
          }
          break;
        }
      }
      // This way failed: the last place with another one.
      for (;;) {
        if (this.#top === base) return -1;
        const top = (this.#top -= 4);
        const stack = this.#stack;
        const kind = stack[top]!;
        if (kind === frameSlot) {
          slots[stack[top + 1]!] = stack[top + 2]!;
          continue;
        }
        if (kind === frameOther) {
          pc = stack[top + 1]!;
          at = stack[top + 2]!;
          break;
        }
        const span = stack[top + 1]!;
        const next = code[span + 5]!;
        const place = stack[top + 2]!;
        if (kind === frameSpan) {
          const least = stack[top + 3]!;
          let back = place - 1;
          if (next !== -1) {
            for (; back >= least; back--) {
              const unit = text.charCodeAt(back);
              if (unit < 128 ? ascii[next * 128 + unit] === 1 : sets.hasWide(next, unit)) break;
            }
          }
          this.#spend(1 + ((place - back) >> 3));
          if (back < least) continue;
          if (back > least) {
            stack[top + 2] = back;
            this.#top = top + 4;
          }
          at = back;
        } else {
          const set = code[span + 2]!;
          const stop = stack[top + 3]!;
          let on = place;
          let isFound = false;
          for (; on < stop; ) {
            const unit = text.charCodeAt(on);
            if (unit < 128 ? ascii[set * 128 + unit] === 0 : !sets.hasWide(set, unit)) break;
            on++;
            if (next !== -1) {
              if (on === length) break;
              const after = text.charCodeAt(on);
              if (after < 128 ? ascii[next * 128 + after] === 0 : !sets.hasWide(next, after)) continue;
            }
            isFound = true;
            break;
          }
          this.#spend(1 + ((on - place) >> 3));
          if (!isFound) continue;
          if (on < stop) {
            stack[top + 2] = on;
            this.#top = top + 4;
          }
          at = on;
        }
        pc = span + 6;
        break;
      }
    }
  }

  #holds(kind: number, at: number): boolean {
    const text = this.#text;
    switch (assertKinds[kind]) {
      case 'start':
        return at === 0;
      case 'end':
        return at === text.length;
      case 'endOrLastNewline':
        return at === text.length || (at === text.length - 1 && text.charCodeAt(at) === 10);
      case 'lineStart':
        return at === 0 || text.charCodeAt(at - 1) === 10;
      case 'lineEnd':
        return at === text.length || text.charCodeAt(at) === 10;
      default: {
        const isWordBefore = at > 0 && this.#isWord(text.charCodeAt(at - 1));
        const isWordAfter = at < text.length && this.#isWord(text.charCodeAt(at));
        return (isWordBefore !== isWordAfter) === (assertKinds[kind] === 'word');
      }
    }
  }
}

function isAsciiWord(unit: number): boolean {
  return (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90) || (unit >= 48 && unit <= 57) || unit === 95;
}

function isUnicodeWord(unit: number): boolean {
  if (unit < 128) return isAsciiWord(unit);
  return unicodeClass('word')!.some(([from, to]) => unit >= from && unit <= to);
}
