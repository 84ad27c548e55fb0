import type { JsonSchemaNode } from '@headwater/serdes';
import { type CompatibilityPolicy, type DifferenceType, isCompatible } from './difference-types.ts';

/** A difference that is not compatible, where it is in the schema: `#/properties/id`. */
export interface Difference {
  type: DifferenceType;
  path: string;
}

export type CompareTypes = (
  comparison: Comparison,
  original: JsonSchemaNode,
  update: JsonSchemaNode,
  path: string,
) => void;

/** Pairs of schemas that one comparison looks at, all passes together: half a second of work. */
const pairsMax = 250_000;

/**
 * One comparison of two schemas. Pairs are judged once, also where they are met again by other ways; a pair that is met inside itself
 * is taken to fit. When it turns out not to, all is judged again with that known, until nothing new is found.
 */
export class Comparison {
  readonly #policy: CompatibilityPolicy;
  readonly #compareTypes: CompareTypes;
  readonly #known: ReadonlyMap<JsonSchemaNode, ReadonlyMap<JsonSchemaNode, readonly Difference[]>>;
  /** Null while a pair is being judged. Paths are those below the pair. */
  readonly #judged = new Map<JsonSchemaNode, Map<JsonSchemaNode, Difference[] | null>>();
  #found: Difference[] = [];
  #hasAssumed = false;
  #pairs: number;

  private constructor(
    policy: CompatibilityPolicy,
    compareTypes: CompareTypes,
    known: ReadonlyMap<JsonSchemaNode, ReadonlyMap<JsonSchemaNode, readonly Difference[]>>,
    pairs: number,
  ) {
    this.#policy = policy;
    this.#compareTypes = compareTypes;
    this.#known = known;
    this.#pairs = pairs;
  }

  static run(
    policy: CompatibilityPolicy,
    compareTypes: CompareTypes,
    original: JsonSchemaNode,
    update: JsonSchemaNode,
  ): readonly Difference[] {
    let known: ReturnType<Comparison['misfits']> = { pairs: new Map(), count: 0 };
    let pairs = 0;
    for (;;) {
      const comparison = new Comparison(policy, compareTypes, known.pairs, pairs);
      const differences = comparison.#all(original, update);
      if (differences === null || comparison.#pairs > pairsMax) return [{ type: 'SCHEMA_TOO_COMPLEX', path: '#/' }];
      pairs = comparison.#pairs;
      const misfits = comparison.misfits();
      if (!comparison.#hasAssumed || misfits.count === known.count)
        return differences.map(({ type, path }) => ({ type, path: path === '#' ? '#/' : path }));
      known = misfits;
    }
  }

  /** Null when the schemas lead too deep. */
  #all(original: JsonSchemaNode, update: JsonSchemaNode): readonly Difference[] | null {
    try {
      return this.differences(original, update, '#');
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** Notes a difference, unless the policy lets it pass. */
  add(type: DifferenceType, path: string): void {
    if (!isCompatible(type, this.#policy)) this.#found.push({ type, path });
  }

  addAll(differences: readonly Difference[]): void {
    for (const each of differences) this.#found.push(each);
  }

  /** Compares and notes what is found. Undefined stands for a schema that is not there. */
  compare(original: JsonSchemaNode | undefined, update: JsonSchemaNode | undefined, path: string): void {
    if (update === undefined) return;
    if (original === undefined) this.add('SCHEMA_ADDED', path);
    else this.addAll(this.differences(original, update, path));
  }

  /** Compares and notes nothing. */
  differences(original: JsonSchemaNode, update: JsonSchemaNode, path: string): readonly Difference[] {
    const relative = this.#judge(targetOf(original), targetOf(update));
    return path === '' ? relative : relative.map(({ type, path: below }) => ({ type, path: `${path}${below}` }));
  }

  #judge(original: JsonSchemaNode, update: JsonSchemaNode): readonly Difference[] {
    let judged = this.#judged.get(original);
    if (judged === undefined) this.#judged.set(original, (judged = new Map()));
    const before = judged.get(update);
    if (before === null) {
      const known = this.#known.get(original)?.get(update);
      if (known === undefined) this.#hasAssumed = true;
      return known ?? [];
    }
    if (before !== undefined || ++this.#pairs > pairsMax) return before ?? [];
    judged.set(update, null);
    const outer = this.#found;
    this.#found = [];
    this.#compareTypes(this, original, update, '');
    const found = this.#found;
    this.#found = outer;
    judged.set(update, found);
    return found;
  }

  misfits(): { pairs: Map<JsonSchemaNode, Map<JsonSchemaNode, Difference[]>>; count: number } {
    const pairs = new Map<JsonSchemaNode, Map<JsonSchemaNode, Difference[]>>();
    let count = 0;
    for (const [original, judged] of this.#judged) {
      const misfits = new Map<JsonSchemaNode, Difference[]>();
      for (const [update, found] of judged) if (found !== null && found.length > 0) misfits.set(update, found);
      if (misfits.size > 0) pairs.set(original, misfits);
      count += misfits.size;
    }
    return { pairs, count };
  }
}

function targetOf(node: JsonSchemaNode): JsonSchemaNode {
  return node.kind === 'reference' ? (node.target ?? node) : node;
}
