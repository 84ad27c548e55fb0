import type { TokenBuffer } from '../../analysis/token-buffer.ts';
import { codePoints, editDistance } from '../edit-distance.ts';
import type { Query } from '../query.ts';

interface PhraseTerms {
  slop: number;
  slots: { position: number; accepts: (term: string) => boolean }[];
}

/** What of a field's text a query has matched. */
export class QueryTerms {
  readonly #terms = new Set<string>();
  readonly #acceptors: ((term: string) => boolean)[] = [];
  readonly #phrases: PhraseTerms[] = [];

  get isEmpty(): boolean {
    return this.#terms.size === 0 && this.#acceptors.length === 0 && this.#phrases.length === 0;
  }

  /** Gathers the parts of a query that are about `field`; null takes those of all fields. */
  add(query: Query, field: string | null): void {
    switch (query.kind) {
      case 'bool':
        for (const part of [...query.must, ...query.filter, ...query.should]) this.add(part, field);
        return;
      case 'boost':
      case 'constantScore':
      case 'named':
        this.add(query.query, field);
        return;
      case 'disMax':
        for (const part of query.queries) this.add(part, field);
        return;
      case 'boosting':
        this.add(query.positive, field);
        return;
      case 'blended':
        for (const part of query.terms)
          if (field === null || part.field === field) this.#terms.add(part.term.toString());
        return;
      case 'term':
        if (field === null || query.field === field) this.#terms.add(query.term.toString());
        return;
      case 'terms':
        if (field === null || query.field === field) for (const term of query.terms) this.#terms.add(term.toString());
        return;
      case 'multiTerm': {
        if (field !== null && query.field !== field) return;
        const prefix = query.prefix.toString();
        this.#acceptors.push((term) => term.startsWith(prefix) && (query.accepts === null || query.accepts(term)));
        return;
      }
      case 'termRange': {
        if (field !== null && query.field !== field) return;
        this.#acceptors.push((term) => {
          const bytes = Buffer.from(term);
          const low = query.lower === null ? 1 : Buffer.compare(bytes, query.lower);
          const high = query.upper === null ? -1 : Buffer.compare(bytes, query.upper);
          return (low > 0 || (low === 0 && query.includeLower)) && (high < 0 || (high === 0 && query.includeUpper));
        });
        return;
      }
      case 'fuzzy': {
        if (field !== null && query.field !== field) return;
        const wanted = codePoints(query.term);
        const prefix = String.fromCodePoint(...wanted.slice(0, query.prefixLength));
        this.#acceptors.push((term) => {
          if (!term.startsWith(prefix)) return false;
          return editDistance(wanted, codePoints(term), query.maxEdits, query.transpositions) <= query.maxEdits;
        });
        return;
      }
      case 'phrase': {
        if (field !== null && query.field !== field) return;
        const slots = query.slots.map(({ position, terms, maxExpansions }) => {
          const texts = terms.map((term) => term.toString());
          const accepts =
            maxExpansions === undefined
              ? (term: string) => texts.includes(term)
              : (term: string) => texts.some((prefix) => term.startsWith(prefix));
          return { position, accepts };
        });
        this.#phrases.push({ slop: query.slop, slots });
        return;
      }
      default:
        return;
    }
  }

  /** Marks the tokens to highlight. */
  match(tokens: TokenBuffer): boolean[] {
    const marked = new Array<boolean>(tokens.count).fill(false);
    for (let i = 0; i < tokens.count; i++) {
      const term = tokens.terms[i]!;
      if (this.#terms.has(term) || this.#acceptors.some((accepts) => accepts(term))) marked[i] = true;
    }
    for (const phrase of this.#phrases) markPhrase(phrase, tokens, marked);
    return marked;
  }
}

/** Marks the tokens of every place where the phrase stands: each slot's nearest token within the slop. */
function markPhrase(phrase: PhraseTerms, tokens: TokenBuffer, marked: boolean[]): void {
  const candidates = phrase.slots.map(({ accepts }) => {
    const found: number[] = [];
    for (let i = 0; i < tokens.count; i++) if (accepts(tokens.terms[i]!)) found.push(i);
    return found;
  });
  const [first, ...rest] = candidates as [number[], ...number[][]];
  const origin = phrase.slots[0]!.position;
  for (const start of first) {
    const base = tokens.positions[start]! - origin;
    const chosen = [start];
    let low = base;
    let high = base;
    for (let slot = 0; slot < rest.length; slot++) {
      const wanted = phrase.slots[slot + 1]!.position;
      let best = -1;
      let bestDistance = Number.POSITIVE_INFINITY;
      for (const candidate of rest[slot]!) {
        if (chosen.includes(candidate)) continue;
        const distance = Math.abs(tokens.positions[candidate]! - wanted - base);
        if (distance < bestDistance) {
          best = candidate;
          bestDistance = distance;
        }
      }
      if (best < 0) break;
      const place = tokens.positions[best]! - wanted;
      low = Math.min(low, place);
      high = Math.max(high, place);
      chosen.push(best);
    }
    if (chosen.length === phrase.slots.length && high - low <= phrase.slop) for (const i of chosen) marked[i] = true;
  }
}
