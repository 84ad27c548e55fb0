import { areDisjoint, CharSets, union } from './char-sets.ts';
import { type AssertKind, fixedLength, type Node, type Ranges } from './syntax.ts';

/**
 * Instructions of the bounded matcher, each an opcode and its operands in one Int32Array:
 *
 *   char unit · set set · text string · jump to · save slot · assert kind · match
 *   split branch, preferred, its first set, other, its first set     (a set of -1 says nothing)
 *   span branch, set, min, max, set that must follow or -1           (greedy run of one set, with all its ways back)
 *   spanAll set, min, max                                            (greedy run that never gives back)
 *   spanLazy branch, set, min, max, set that must follow or -1
 *   mark slot · unlessEmpty slot, exit                               (a loop's turn that matched nothing ends the loop)
 *   look flags, length, next · atomic next                           (the body follows, up to its `match`)
 */
export const op = {
  char: 0,
  set: 1,
  text: 2,
  jump: 3,
  save: 4,
  assert: 5,
  match: 6,
  split: 7,
  span: 8,
  spanAll: 9,
  spanLazy: 10,
  mark: 11,
  unlessEmpty: 12,
  look: 13,
  atomic: 14,
} as const;

export const lookBehind = 1;
export const lookNegated = 2;
export const assertKinds: readonly AssertKind[] = [
  'start',
  'end',
  'endOrLastNewline',
  'lineStart',
  'lineEnd',
  'word',
  'notWord',
];

export interface BoundedProgram {
  code: Int32Array;
  sets: CharSets;
  strings: string[];
  /** Capture slots and loop marks. */
  slotCount: number;
  /** Numbers of points from which there is more than one way: the matcher remembers where each has failed. */
  branchCount: number;
  /** What a match can start with, -1 when it may be anything. */
  firstSet: number;
  /** It starts with `.*`: what does not match at a line's start does not match later in that line. */
  isLineBound: boolean;
}

const codeLengthMax = 400_000;

/** What can come next; null: anything, or the end of the text. */
type First = Ranges | null;

export function compileBounded(root: Node, captureSlotCount: number): BoundedProgram {
  const code: number[] = [];
  const sets = new CharSets();
  const strings: string[] = [];
  let slotCount = captureSlotCount;
  let branchCount = 0;

  function emit(...words: number[]): number {
    if (code.length > codeLengthMax)
      throw new Error(`the regular expression is too large: it compiles to more than ${codeLengthMax} words`);
    code.push(...words);
    return code.length - words.length;
  }
  const setOf = (first: First): number => (first === null ? -1 : sets.indexOf(first));

  function compileSequence(nodes: readonly Node[], follow: First): void {
    const follows: First[] = new Array(nodes.length);
    let next = follow;
    for (let i = nodes.length - 1; i >= 0; i--) {
      follows[i] = next;
      next = firstOf(nodes[i]!, next);
    }
    for (let i = 0; i < nodes.length; i++) {
      let text = '';
      let stop = i;
      for (let unit: number | undefined; stop < nodes.length && (unit = singleUnit(nodes[stop]!)) !== undefined; stop++)
        text += String.fromCharCode(unit);
      if (text.length > 1) {
        emit(op.text, strings.push(text) - 1);
        i = stop - 1;
      } else compile(nodes[i]!, follows[i]!);
    }
  }

  function compileRepeat(node: Node & { type: 'repeat' }, follow: First, isAtomic: boolean): void {
    const { min, max, lazy } = node;
    if (max === 0) return;
    const unbounded = max === Number.POSITIVE_INFINITY;
    if (node.node.type === 'set') {
      const { ranges } = node.node;
      const set = sets.indexOf(ranges);
      const most = unbounded ? 0x7fffffff : max;
      if (!lazy && (isAtomic || (follow !== null && areDisjoint(ranges, follow)))) emit(op.spanAll, set, min, most);
      else emit(lazy ? op.spanLazy : op.span, branchCount++, set, min, most, setOf(follow));
      return;
    }
    const inner = firstOf(node.node, follow);
    const after = inner === null || follow === null ? null : union(inner, follow);
    for (let i = 0; i < min; i++) compile(node.node, after);
    const split = (): number => emit(op.split, branchCount++, 0, 0, 0, 0);
    const patch = (at: number, exit: number): void => {
      const body = [at + 6, setOf(inner)];
      const out = [exit, setOf(follow)];
      code.splice(at + 2, 4, ...(lazy ? [...out, ...body] : [...body, ...out]));
    };
    if (unbounded) {
      const loop = split();
      const isNullable = canBeEmpty(node.node);
      const slot = isNullable ? slotCount++ : -1;
      if (isNullable) emit(op.mark, slot);
      compile(node.node, after);
      const check = isNullable ? emit(op.unlessEmpty, slot, 0) : -1;
      emit(op.jump, loop);
      if (isNullable) code[check + 2] = code.length;
      patch(loop, code.length);
      return;
    }
    const splits: number[] = [];
    for (let i = min; i < max; i++) {
      splits.push(split());
      compile(node.node, after);
    }
    for (const at of splits) patch(at, code.length);
  }

  function compileAlternatives(nodes: readonly Node[], follow: First): void {
    const firsts = nodes.map((child) => firstOf(child, follow));
    const exits: number[] = [];
    for (let i = 0; i < nodes.length; i++) {
      if (i === nodes.length - 1) {
        compile(nodes[i]!, follow);
        break;
      }
      const rest = firsts.slice(i + 1).reduce((a, b) => (a === null || b === null ? null : union(a, b)));
      const at = emit(op.split, branchCount++, code.length + 6, setOf(firsts[i]!), 0, setOf(rest));
      compile(nodes[i]!, follow);
      exits.push(emit(op.jump, 0));
      code[at + 4] = code.length;
    }
    for (const exit of exits) code[exit + 1] = code.length;
  }

  function compile(node: Node, follow: First): void {
    switch (node.type) {
      case 'empty':
        return;
      case 'set': {
        const unit = singleUnit(node);
        if (unit === undefined) emit(op.set, sets.indexOf(node.ranges));
        else emit(op.char, unit);
        return;
      }
      case 'assert':
        emit(op.assert, assertKinds.indexOf(node.kind));
        return;
      case 'group':
        emit(op.save, node.index * 2);
        compile(node.node, follow);
        emit(op.save, node.index * 2 + 1);
        return;
      case 'sequence':
        compileSequence(node.nodes, follow);
        return;
      case 'alternatives':
        compileAlternatives(node.nodes, follow);
        return;
      case 'repeat':
        compileRepeat(node, follow, false);
        return;
      case 'atomic': {
        if (node.node.type === 'repeat' && node.node.node.type === 'set' && !node.node.lazy) {
          compileRepeat(node.node, null, true);
          return;
        }
        // What follows must not choose among the body's ways: hence null.
        const at = emit(op.atomic, 0);
        compile(node.node, null);
        emit(op.match);
        code[at + 1] = code.length;
        return;
      }
      case 'look': {
        const length = node.isBehind ? fixedLength(node.node)! : 0;
        const at = emit(op.look, (node.isBehind ? lookBehind : 0) | (node.isNegated ? lookNegated : 0), length, 0);
        compile(node.node, null);
        emit(op.match);
        code[at + 3] = code.length;
      }
    }
  }

  compile(root, null);
  emit(op.match);
  const firstSet = setOf(firstOf(root, null));
  return {
    code: Int32Array.from(code),
    sets,
    strings,
    slotCount,
    branchCount,
    firstSet,
    isLineBound: startsWithLine(root),
  };
}

function singleUnit(node: Node): number | undefined {
  if (node.type !== 'set' || node.ranges.length !== 1) return undefined;
  const [from, to] = node.ranges[0]!;
  return from === to ? from : undefined;
}

/** The units with which a match of the node, and then of what follows, can start. Assertions are looked through: it may tell too many. */
function firstOf(node: Node, follow: First): First {
  switch (node.type) {
    case 'empty':
    case 'assert':
    case 'look':
      return follow;
    case 'set':
      return node.ranges;
    case 'group':
    case 'atomic':
      return firstOf(node.node, follow);
    case 'sequence':
      return node.nodes.reduceRight((next: First, child) => firstOf(child, next), follow);
    case 'alternatives':
      return node.nodes
        .map((child) => firstOf(child, follow))
        .reduce((a, b) => (a === null || b === null ? null : union(a, b)));
    case 'repeat': {
      if (node.max === 0) return follow;
      const inner = firstOf(node.node, follow);
      if (node.min > 0) return inner;
      return inner === null || follow === null ? null : union(inner, follow);
    }
  }
}

function canBeEmpty(node: Node): boolean {
  switch (node.type) {
    case 'empty':
    case 'assert':
    case 'look':
      return true;
    case 'set':
      return false;
    case 'group':
    case 'atomic':
      return canBeEmpty(node.node);
    case 'sequence':
      return node.nodes.every(canBeEmpty);
    case 'alternatives':
      return node.nodes.some(canBeEmpty);
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.node);
  }
}

function startsWithLine(node: Node): boolean {
  switch (node.type) {
    case 'group':
      return startsWithLine(node.node);
    case 'sequence':
      return startsWithLine(node.nodes[0]!);
    case 'repeat': {
      if (node.max !== Number.POSITIVE_INFINITY || node.node.type !== 'set') return false;
      let next = 0;
      for (const [from, to] of node.node.ranges) {
        if (from > next && !(next === 10 && from === 11)) return false;
        next = to + 1;
      }
      return next > 0xffff;
    }
    default:
      return false;
  }
}
