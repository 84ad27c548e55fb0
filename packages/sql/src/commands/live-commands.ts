/** What a command did to the objects of the catalogue, which have names such as `source:RIDES` and `query:CTAS_TOTALS_3`. */
export interface CommandEffect {
  /** Objects that it needs: without what made them it cannot be done again. */
  readonly reads: readonly string[];
  /** Objects that are what they are by this command alone from now on. */
  readonly makes: readonly string[];
  /** Objects that it changes. */
  readonly changes: readonly string[];
  /** Objects that are gone. */
  readonly ends: readonly string[];
}

interface Known {
  /** Commands that have to be done before it. */
  readonly needs: Set<string>;
  /** Commands that changed or ended what it made: as long as it is done again, they are. */
  readonly followers: Set<string>;
}

/**
 * Knows which commands of a log are needed to come to the same catalogue again. A command is needed as long as an object is there that it
 * made or changed, or another one needs it that is needed itself; and with a command that is needed goes all that later undid it.
 */
export class LiveCommands {
  readonly #known = new Map<string, Known>();
  /** The commands that an object is made of, in their order. */
  readonly #histories = new Map<string, string[]>();

  get size(): number {
    return this.#known.size;
  }

  has(key: string): boolean {
    return this.#known.has(key);
  }

  /** A command that had no effect is not needed. */
  add(key: string, { changes, ends, makes, reads }: CommandEffect): void {
    const known: Known = { needs: new Set(), followers: new Set() };
    this.#known.set(key, known);
    for (const object of [...reads, ...changes]) {
      for (const other of this.#histories.get(object) ?? []) known.needs.add(other);
    }
    for (const object of [...changes, ...makes, ...ends]) {
      for (const other of this.#histories.get(object) ?? []) this.#known.get(other)?.followers.add(key);
    }
    for (const object of changes) {
      const history = this.#histories.get(object);
      if (history === undefined) this.#histories.set(object, [key]);
      else history.push(key);
    }
    for (const object of makes) this.#histories.set(object, [key]);
    for (const object of ends) this.#histories.delete(object);
  }

  /** It is in the log no more. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  /** Commands that nothing needs any more. Once in here, a command stays in here. */
  dead(): readonly string[] {
    const needed = new Set<string>();
    const waiting = [...this.#histories.values()].flat();
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      if (needed.has(key)) continue;
      needed.add(key);
      const known = this.#known.get(key);
      if (known !== undefined) waiting.push(...known.needs, ...known.followers);
    }
    return [...this.#known.keys()].filter((key) => !needed.has(key));
  }
}

/** Of a command of which is not known what it does: it is always needed. */
export function pinned(key: string): CommandEffect {
  return { reads: [], makes: [`command:${key}`], changes: [], ends: [] };
}
