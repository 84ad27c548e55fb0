/** The newest count of each word, as far as they have been heard of. */
export class WordCounts {
  readonly #words = new Map<string, number>();
  #totalWords = 0;
  #version = 0;

  get distinctWords(): number {
    return this.#words.size;
  }

  get totalWords(): number {
    return this.#totalWords;
  }

  /** Changes with every change of a count. */
  get version(): number {
    return this.#version;
  }

  countOf(word: string): number {
    return this.#words.get(word) ?? 0;
  }

  set(word: string, count: number): void {
    this.#totalWords += count - this.countOf(word);
    this.#words.set(word, count);
    this.#version += 1;
  }

  forget(word: string): void {
    this.#totalWords -= this.countOf(word);
    this.#words.delete(word);
    this.#version += 1;
  }

  /** The words seen most, from `minLength` characters on; ties in alphabetical order. */
  top(limit: number, minLength = 1): { word: string; count: number }[] {
    const best: { word: string; count: number }[] = [];
    for (const [word, count] of this.#words) {
      if (word.length < minLength) continue;
      const last = best.at(-1);
      if (best.length === limit && last !== undefined && compare({ word, count }, last) > 0) continue;
      let at = best.length;
      while (at > 0 && compare({ word, count }, best[at - 1]!) < 0) at -= 1;
      best.splice(at, 0, { word, count });
      if (best.length > limit) best.pop();
    }
    return best;
  }
}

function compare(a: { word: string; count: number }, b: { word: string; count: number }): number {
  return b.count - a.count || (a.word < b.word ? -1 : a.word > b.word ? 1 : 0);
}
