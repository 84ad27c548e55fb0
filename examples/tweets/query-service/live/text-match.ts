/** A tweet's text, made ready once for all that look for something in it. */
export class SearchableText {
  readonly text: string;
  readonly lower: string;
  #segments: Intl.Segments | undefined;

  constructor(text: string) {
    this.text = text;
    this.lower = text.toLowerCase();
  }

  /** Where a term stands as a word of its own: offsets of its first characters. */
  *placesOf(term: string): Generator<number> {
    for (let at = this.lower.indexOf(term); at !== -1; at = this.lower.indexOf(term, at + term.length)) {
      if (isIdeograph.test(term)) {
        yield at;
        continue;
      }
      // Words by the boundaries of Unicode (UAX 29), as the standard analyser of the query store has them.
      this.#segments ??= segmenter.segment(this.lower);
      const word = this.#segments.containing(at);
      if (word?.index === at && word.segment === term) yield at;
    }
  }
}

const segmenter = new Intl.Segmenter('und', { granularity: 'word' });
/** Each is a term of its own. */
const isIdeograph = /^[\p{scx=Han}\p{scx=Hira}]$/u;

/** Whether a tweet has one or more of the terms, without asking the query store. */
export class TextMatch {
  readonly #terms: readonly string[];

  /** @param terms as the query store has taken the search's text apart */
  constructor(terms: readonly string[]) {
    this.#terms = terms.filter((term) => term !== '');
  }

  /** The text with the terms between `<em>` and `</em>`; undefined when it has none of them. */
  highlight(searchable: SearchableText): string | undefined {
    const { lower, text } = searchable;
    const places: { at: number; length: number }[] = [];
    for (const term of this.#terms) {
      for (const at of searchable.placesOf(term)) places.push({ at, length: term.length });
    }
    if (places.length === 0) return undefined;
    // A letter that is longer in lower case moves all that follows: no marks are better than marks elsewhere.
    if (lower.length !== text.length) return text;
    places.sort((a, b) => a.at - b.at);
    let marked = '';
    let end = 0;
    for (const { at, length } of places) {
      if (at < end) continue;
      marked += `${text.slice(end, at)}<em>${text.slice(at, at + length)}</em>`;
      end = at + length;
    }
    return marked + text.slice(end);
  }
}
