import type { TaskContext } from './task-context.ts';

let end: Operator | null = null;

/**
 * A step of a task. Records are handed on by plain calls, without an object for each: `process(key, value, timestamp)`; what else there is
 * of the input record is in `context.record`. Updates of tables travel as `Change` in place of the value.
 */
export abstract class Operator<K = unknown, V = unknown> {
  /** What comes after it; never null, so that nobody has to ask. */
  next: Operator;
  context!: TaskContext;

  constructor() {
    this.next = end ?? this;
  }

  /** Called once, when the stores are there and restored. */
  init(context: TaskContext): void {
    this.context = context;
  }

  /** The operators after it, in the order in which they were added to the topology. */
  connect(children: readonly Operator[]): void {
    if (children.length === 1) this.next = children[0]!;
    else if (children.length > 1) this.next = new FanOut(children);
  }

  abstract process(key: K, value: V, timestamp: number): void;

  /** Hands on what is held back; called before each commit, upstream first. */
  flush(): void {}

  /** A promise when work is under way that a commit must wait for (asynchronous steps); null nearly always. */
  settled(): Promise<void> | null {
    return null;
  }

  /** Whether `settled` would have something to wait for. */
  get isUnderWay(): boolean {
    return false;
  }

  close(): void {}
}

/** Where results end that nobody wants. */
class End extends Operator {
  process(): void {}
}

end = new End();

class FanOut extends Operator {
  readonly #children: readonly Operator[];

  constructor(children: readonly Operator[]) {
    super();
    this.#children = children;
  }

  process(key: unknown, value: unknown, timestamp: number): void {
    for (const child of this.#children) child.process(key, value, timestamp);
  }
}
