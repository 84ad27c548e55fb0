import { type Acl, aclText, PatternType, wildcard } from './acl.ts';
import { canonicalHost } from './canonical-host.ts';

/** Rules of one resource pattern by principal. */
type PatternAcls = Map<string, IndexedAcl[]>;

/** A rule with its host in the form that sockets have. */
export interface IndexedAcl {
  readonly acl: Acl;
  readonly host: string;
}

/** Rules of one type of resource. */
class TypeAcls {
  readonly literal = new Map<string, PatternAcls>();
  readonly prefixed = new Map<string, PatternAcls>();
  /** Lengths of prefixes that there are: names are looked up by their beginnings of these lengths. */
  prefixLengths: number[] = [];
  readonly #prefixCounts = new Map<number, number>();

  patterns(patternType: number): Map<string, PatternAcls> {
    return patternType === PatternType.PREFIXED ? this.prefixed : this.literal;
  }

  /** A prefix has come, or gone. */
  countPrefix({ length }: string, by: 1 | -1): void {
    const count = (this.#prefixCounts.get(length) ?? 0) + by;
    if (count === 0) this.#prefixCounts.delete(length);
    else this.#prefixCounts.set(length, count);
    if (count === 0 || (by === 1 && count === 1))
      this.prefixLengths = [...this.#prefixCounts.keys()].sort((a, b) => a - b);
  }
}

/**
 * All rules in memory. Those for a name are found by it, by the wildcard, and by its beginnings, so that ten thousand rules cost
 * about what ten do.
 */
export class AclIndex {
  readonly #byText = new Map<string, Acl>();
  readonly #byType = new Map<number, TypeAcls>();

  get size(): number {
    return this.#byText.size;
  }

  has(acl: Acl): boolean {
    return this.#byText.has(aclText(acl));
  }

  /** In the order in which they were made. */
  all(): IterableIterator<Acl> {
    return this.#byText.values();
  }

  add(acl: Acl): void {
    const text = aclText(acl);
    if (this.#byText.has(text)) return;
    this.#byText.set(text, acl);
    let type = this.#byType.get(acl.resourceType);
    if (type === undefined) this.#byType.set(acl.resourceType, (type = new TypeAcls()));
    const patterns = type.patterns(acl.patternType);
    let byPrincipal = patterns.get(acl.resourceName);
    if (byPrincipal === undefined) {
      patterns.set(acl.resourceName, (byPrincipal = new Map()));
      if (acl.patternType === PatternType.PREFIXED) type.countPrefix(acl.resourceName, 1);
    }
    const indexed = { acl, host: canonicalHost(acl.host) };
    const acls = byPrincipal.get(acl.principal);
    if (acls === undefined) byPrincipal.set(acl.principal, [indexed]);
    else acls.push(indexed);
  }

  delete(acl: Acl): void {
    const text = aclText(acl);
    if (!this.#byText.delete(text)) return;
    const type = this.#byType.get(acl.resourceType)!;
    const patterns = type.patterns(acl.patternType);
    const byPrincipal = patterns.get(acl.resourceName)!;
    const left = byPrincipal.get(acl.principal)!.filter((indexed) => aclText(indexed.acl) !== text);
    if (left.length > 0) byPrincipal.set(acl.principal, left);
    else byPrincipal.delete(acl.principal);
    if (byPrincipal.size > 0) return;
    patterns.delete(acl.resourceName);
    if (acl.patternType === PatternType.PREFIXED) type.countPrefix(acl.resourceName, -1);
  }

  /** Rules about resources of one type. */
  ofType(resourceType: number): IndexedAcl[] {
    const type = this.#byType.get(resourceType);
    if (type === undefined) return [];
    return [...type.literal.values(), ...type.prefixed.values()].flatMap((byPrincipal) =>
      [...byPrincipal.values()].flat(),
    );
  }

  /**
   * Hands all rules of patterns that match the name to `visit`, for one principal and for everybody, until it says to stop. Gives
   * whether there is a matching pattern at all, for whomever its rules are.
   */
  visit(resourceType: number, name: string, principal: string, visit: (acl: IndexedAcl) => boolean): boolean {
    const type = this.#byType.get(resourceType);
    if (type === undefined) return false;
    let hasPattern = false;
    const visitPattern = (byPrincipal: PatternAcls | undefined): boolean => {
      if (byPrincipal === undefined) return false;
      hasPattern = true;
      return visitAll(byPrincipal.get(principal), visit) || visitAll(byPrincipal.get(everybody), visit);
    };
    if (visitPattern(type.literal.get(name)) || visitPattern(type.literal.get(wildcard))) return true;
    for (const length of type.prefixLengths) {
      if (length > name.length || visitPattern(type.prefixed.get(name.slice(0, length)))) break;
    }
    return hasPattern;
  }
}

const everybody = 'User:*';

function visitAll(acls: readonly IndexedAcl[] | undefined, visit: (acl: IndexedAcl) => boolean): boolean {
  if (acls === undefined) return false;
  for (const acl of acls) if (visit(acl)) return true;
  return false;
}
