import type { AssertKind, Node, Ranges } from './syntax.ts';

/** One instruction of the matcher; `next` and `other` are instruction indexes, `next` is preferred. */
export interface Instruction {
  op: 'set' | 'split' | 'save' | 'assert' | 'match';
  next: number;
  other: number;
  slot: number;
  ranges: Ranges;
  kind: AssertKind;
}

const instructionsMax = 2_000;

/** Compiles a syntax tree to instructions; counted repeats are unrolled, within a bound. */
export function compileProgram(node: Node): Instruction[] {
  const program: Instruction[] = [];

  function emit(op: Instruction['op'], fields: Partial<Instruction> = {}): number {
    if (program.length >= instructionsMax)
      throw new Error(`the regular expression is too large: it compiles to more than ${instructionsMax} steps`);
    program.push({ op, next: program.length + 1, other: -1, slot: -1, ranges: [], kind: 'start', ...fields });
    return program.length - 1;
  }

  function compile(node: Node): void {
    switch (node.type) {
      case 'empty':
        return;
      case 'set':
        emit('set', { ranges: node.ranges });
        return;
      case 'assert':
        emit('assert', { kind: node.kind });
        return;
      case 'group':
        emit('save', { slot: node.index * 2 });
        compile(node.node);
        emit('save', { slot: node.index * 2 + 1 });
        return;
      case 'sequence':
        for (const child of node.nodes) compile(child);
        return;
      case 'alternatives':
        compileAlternatives(node.nodes);
        return;
      case 'repeat':
        for (let i = 0; i < node.min; i++) compile(node.node);
        if (node.max === Number.POSITIVE_INFINITY) {
          const loop = emit('split');
          compile(node.node);
          emit('split', { next: loop, other: loop });
          branch(loop, loop + 1, program.length, node.lazy);
        } else compileOptional(node.node, node.max - node.min, node.lazy);
        return;
      case 'atomic':
      case 'look':
        throw new Error('look-around and atomic groups have no program of this kind: the parser refuses them');
    }
  }

  function compileAlternatives(nodes: readonly Node[]): void {
    const exits: number[] = [];
    for (const [i, child] of nodes.entries()) {
      if (i === nodes.length - 1) {
        compile(child);
        break;
      }
      const split = emit('split');
      compile(child);
      exits.push(emit('split'));
      branch(split, split + 1, program.length, false);
    }
    for (const exit of exits) branch(exit, program.length, program.length, false);
  }

  /** `x{0,n}` is `(x(x(x)?)?)?`. */
  function compileOptional(node: Node, count: number, lazy: boolean): void {
    const splits: number[] = [];
    for (let i = 0; i < count; i++) {
      splits.push(emit('split'));
      compile(node);
    }
    for (const split of splits) branch(split, split + 1, program.length, lazy);
  }

  function branch(at: number, inside: number, outside: number, lazy: boolean): void {
    program[at]!.next = lazy ? outside : inside;
    program[at]!.other = lazy ? inside : outside;
  }

  compile(node);
  emit('match');
  return program;
}
