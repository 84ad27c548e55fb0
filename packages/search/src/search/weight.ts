import { bitSet, setBit } from '../engine/bit-set.ts';
import { hashId } from '../engine/id-table.ts';
import { noMoreDocs } from '../engine/postings.ts';
import { postingsOf, type Segment, type TermField } from '../engine/segment.ts';
import type { ViewEntry } from '../engine/view.ts';
import { EsError } from '../errors.ts';
import { Bm25, idf } from './bm25.ts';
import { codePoints, editDistance } from './edit-distance.ts';
import {
  AllScorer,
  BitsScorer,
  BoostingScorer,
  ConjunctionScorer,
  ConstantScorer,
  DisjunctionScorer,
  ExclusionScorer,
  isOutside,
  ListScorer,
  maxScores,
  OptionalScorer,
  PostingsScorer,
  rangeTest,
  type Scorer,
  sumScores,
  TermScorer,
  TestScorer,
} from './iterators.ts';
import { PhraseScorer } from './phrase-scorer.ts';
import type { BoolQuery, FuzzyQuery, PhraseQuery, Query } from './query.ts';
import type { Statistics } from './statistics.ts';

/** A query made ready for one search: collection-wide numbers are in it, segments are not. */
export interface Weight {
  /** Null when nothing in the segment matches. */
  scorer(entry: ViewEntry): Scorer | null;
}

const expandedTermsMax = 100_000;

/** `boost` multiplies the scores; without `needsScores` they are left out. */
export function makeWeight(query: Query, statistics: Statistics, needsScores: boolean, boost = 1): Weight {
  switch (query.kind) {
    case 'matchAll':
      return { scorer: ({ segment }) => new AllScorer(segment.docCount, Math.fround(boost)) };
    case 'matchNone':
      return { scorer: () => null };
    case 'boost':
      return makeWeight(query.query, statistics, needsScores, Math.fround(boost * Math.fround(query.boost)));
    case 'named':
      return makeWeight(query.query, statistics, needsScores, boost);
    case 'term':
      return termWeight(query.field, query.term, statistics, needsScores, boost);
    case 'constantScore': {
      const inner = makeWeight(query.query, statistics, false);
      return constant(inner.scorer, boost);
    }
    case 'terms':
      return constant((entry) => termsScorer(entry.segment, query.field, query.terms), boost);
    case 'termRange':
      return constant((entry) => {
        const field = entry.segment.terms(query.field);
        if (field === undefined) return null;
        const { dictionary } = field;
        const from =
          query.lower === null
            ? 0
            : query.includeLower
              ? dictionary.lowerBound(query.lower)
              : dictionary.upperBound(query.lower);
        const to =
          query.upper === null
            ? dictionary.size
            : query.includeUpper
              ? dictionary.upperBound(query.upper)
              : dictionary.lowerBound(query.upper);
        return ordinalsScorer(entry.segment, field, from, to, null);
      }, boost);
    case 'multiTerm':
      return constant((entry) => {
        const field = entry.segment.terms(query.field);
        if (field === undefined) return null;
        const [from, to] = field.dictionary.prefixRange(query.prefix);
        return ordinalsScorer(entry.segment, field, from, to, query.accepts);
      }, boost);
    case 'numberRange':
      return constant(({ segment }) => {
        const values = segment.numbers(query.field);
        if (values === undefined || isOutside(values.bounds, query.lower, query.upper)) return null;
        return new TestScorer(segment.docCount, rangeTest(values, query.lower, query.upper));
      }, boost);
    case 'numberSet':
      return constant(({ segment }) => numberSetScorer(segment, query.field, query.values), boost);
    case 'exists':
      return constant(({ segment }) => existsScorer(segment, query.field), boost);
    case 'ids':
      return constant((entry) => idsScorer(entry, query.ids), boost);
    case 'phrase':
      return phraseWeight(query, statistics, needsScores, boost);
    case 'fuzzy':
      return fuzzyWeight(query, statistics, needsScores, boost);
    case 'bool':
      return boolWeight(query, statistics, needsScores, boost);
    case 'disMax':
      return disjunction(
        query.queries.map((part) => makeWeight(part, statistics, needsScores, boost)),
        maxScores(query.tieBreaker),
      );
    case 'blended':
      return blendedWeight(query.terms, query.tieBreaker, statistics, needsScores, boost);
    case 'boosting': {
      const positive = makeWeight(query.positive, statistics, needsScores, boost);
      const negative = makeWeight(query.negative, statistics, false);
      return {
        scorer(entry) {
          const found = positive.scorer(entry);
          return found === null ? null : new BoostingScorer(found, negative.scorer(entry), query.negativeBoost);
        },
      };
    }
  }
}

function constant(make: (entry: ViewEntry) => Scorer | null, boost: number): Weight {
  const score = Math.fround(boost);
  return {
    scorer(entry) {
      const scorer = make(entry);
      return scorer === null ? null : new ConstantScorer(scorer, score);
    },
  };
}

function termWeight(
  path: string,
  term: Buffer,
  statistics: Statistics,
  needsScores: boolean,
  boost: number,
  docFreq = needsScores ? statistics.docFreq(path, term) : 0,
): Weight {
  const field = statistics.field(path);
  const similarity = needsScores ? new Bm25(boost, idf(docFreq, Math.max(docFreq, field.docCount)), field) : null;
  return {
    scorer({ segment }) {
      const found = segment.terms(path);
      const ordinal = found?.dictionary.find(term) ?? -1;
      if (ordinal < 0) return null;
      const postings = postingsOf(found!, ordinal);
      return similarity === null ? new PostingsScorer(postings) : new TermScorer(postings, similarity, found!.norms);
    },
  };
}

function termsScorer(segment: Segment, path: string, terms: readonly Buffer[]): Scorer | null {
  const field = segment.terms(path);
  if (field === undefined) return null;
  const ordinals = terms.map((term) => field.dictionary.find(term)).filter((ordinal) => ordinal >= 0);
  if (ordinals.length === 0) return null;
  if (ordinals.length === 1) return new PostingsScorer(postingsOf(field, ordinals[0]!));
  const bits = bitSet(segment.docCount);
  let cost = 0;
  for (const ordinal of new Set(ordinals)) {
    fill(bits, field, ordinal);
    cost += field.docFreqs[ordinal]!;
  }
  return new BitsScorer(bits, segment.docCount, cost);
}

function fill(bits: Uint32Array, field: TermField, ordinal: number): void {
  const postings = postingsOf(field, ordinal);
  for (let doc = postings.next(); doc !== noMoreDocs; doc = postings.next()) setBit(bits, doc);
}

function ordinalsScorer(
  segment: Segment,
  field: TermField,
  from: number,
  to: number,
  accepts: ((term: string) => boolean) | null,
): Scorer | null {
  if (from >= to) return null;
  // A range of ordinals that is large is cheaper to test by document than to gather by term.
  if (accepts === null && field.ordinals !== null && to - from > 64) {
    return new TestScorer(segment.docCount, rangeTest(field.ordinals, from, to - 1));
  }
  const bits = bitSet(segment.docCount);
  let cost = 0;
  for (let ordinal = from; ordinal < to; ordinal++) {
    if (accepts !== null && !accepts(field.dictionary.text(ordinal))) continue;
    fill(bits, field, ordinal);
    cost += field.docFreqs[ordinal]!;
  }
  return cost === 0 ? null : new BitsScorer(bits, segment.docCount, cost);
}

function numberSetScorer(segment: Segment, path: string, wanted: readonly (number | bigint)[]): Scorer | null {
  const values = segment.numbers(path);
  if (values === undefined || wanted.length === 0) return null;
  const set = new Set<number | bigint>(wanted.map((value) => (values.isBig ? BigInt(value) : value)));
  return new TestScorer(segment.docCount, (doc) => {
    if (!values.seek(doc)) return false;
    for (let at = values.start; at < values.end; at++) if (set.has(values.values[at]!)) return true;
    return false;
  });
}

function existsScorer(segment: Segment, path: string): Scorer | null {
  const numbers = segment.numbers(path);
  if (numbers !== undefined) return new TestScorer(segment.docCount, (doc) => numbers.has(doc));
  const field = segment.terms(path);
  if (field === undefined) return null;
  const { norms, ordinals } = field;
  if (norms !== null) return new TestScorer(segment.docCount, (doc) => norms[doc] !== 0);
  return new TestScorer(segment.docCount, (doc) => ordinals!.has(doc));
}

function idsScorer(entry: ViewEntry, ids: readonly Buffer[]): Scorer | null {
  const docs = new Set<number>();
  for (const id of ids) {
    // Deleted documents with the id may come before the live one.
    entry.segment.findId(id, hashId(id), (doc) => {
      docs.add(doc);
      return false;
    });
  }
  return docs.size === 0 ? null : new ListScorer([...docs].sort((a, b) => a - b));
}

function phraseWeight(query: PhraseQuery, statistics: Statistics, needsScores: boolean, boost: number): Weight {
  const slots = query.slots.map((slot) => ({
    offset: slot.position,
    terms:
      slot.maxExpansions === undefined
        ? slot.terms
        : expandPrefixes(query.field, slot.terms, slot.maxExpansions, statistics),
  }));
  if (slots.some(({ terms }) => terms.length === 0)) return { scorer: () => null };
  const field = statistics.field(query.field);
  let idfSum = 0;
  for (const { terms } of slots) {
    for (const term of terms) {
      const docFreq = statistics.docFreq(query.field, term);
      if (docFreq > 0) idfSum += idf(docFreq, field.docCount);
    }
  }
  const similarity = needsScores ? new Bm25(boost, Math.fround(idfSum), field) : null;
  return {
    scorer({ segment }) {
      const found = segment.terms(query.field);
      if (found === undefined) return null;
      const parts = slots.map(({ offset, terms }) => ({
        offset,
        postings: terms
          .map((term) => found.dictionary.find(term))
          .filter((ordinal) => ordinal >= 0)
          .map((ordinal) => postingsOf(found, ordinal, true)),
      }));
      if (parts.some(({ postings }) => postings.length === 0)) return null;
      return new PhraseScorer(parts, query.slop, similarity, found.norms);
    },
  };
}

function expandPrefixes(
  path: string,
  prefixes: readonly Buffer[],
  maxExpansions: number,
  statistics: Statistics,
): Buffer[] {
  const found = new Set<string>();
  for (const prefix of prefixes) {
    for (const term of statistics.terms(path, prefix, () => true, maxExpansions).keys()) found.add(term);
  }
  return [...found]
    .sort()
    .slice(0, maxExpansions)
    .map((term) => Buffer.from(term, 'latin1'));
}

/** The terms that a fuzzy query stands for, the closest first, with what their distance costs. */
export function expandFuzzy(
  query: FuzzyQuery,
  statistics: Statistics,
): { term: Buffer; boost: number; docFreq: number }[] {
  const wanted = codePoints(query.term);
  const prefix = Buffer.from(String.fromCodePoint(...wanted.slice(0, query.prefixLength)));
  const boosts = new Map<string, number>();
  const found = statistics.terms(
    query.field,
    query.maxEdits === 0 ? Buffer.from(query.term) : prefix,
    (term) => {
      const text = term.toString('utf8', 0, term.length);
      const points = codePoints(text);
      const distance = editDistance(wanted, points, query.maxEdits, query.transpositions);
      if (distance > query.maxEdits) return false;
      const shorter = Math.min(wanted.length, points.length);
      boosts.set(term.toString('latin1', 0, term.length), distance === 0 ? 1 : Math.fround(1 - distance / shorter));
      return true;
    },
    expandedTermsMax,
  );
  return [...found]
    .map(([key, docFreq]) => ({ key, term: Buffer.from(key, 'latin1'), boost: boosts.get(key)!, docFreq }))
    .filter(({ boost }) => boost > 0)
    .sort((a, b) => b.boost - a.boost || (a.key < b.key ? -1 : 1))
    .slice(0, query.maxExpansions);
}

function fuzzyWeight(query: FuzzyQuery, statistics: Statistics, needsScores: boolean, boost: number): Weight {
  const terms = expandFuzzy(query, statistics);
  if (terms.length === 0) return { scorer: () => null };
  // All variants count as one term: as frequent as the most frequent of them.
  const docFreq = Math.max(...terms.map((term) => term.docFreq));
  return disjunction(
    terms.map((one) =>
      termWeight(query.field, one.term, statistics, needsScores, Math.fround(boost * one.boost), docFreq),
    ),
    sumScores,
  );
}

function blendedWeight(
  terms: readonly { field: string; term: Buffer; boost: number }[],
  tieBreaker: number,
  statistics: Statistics,
  needsScores: boolean,
  boost: number,
): Weight {
  const frequencies = terms.map(({ field, term }) => statistics.docFreq(field, term));
  const known = terms.filter((_, i) => frequencies[i]! > 0);
  if (known.length === 0) return { scorer: () => null };
  const most = Math.max(...frequencies);
  const fewest = Math.min(...frequencies.filter((count) => count > 0));
  const weights = known.map(({ field, term, boost: own }) => {
    const { docCount } = statistics.field(field);
    const docFreq = Math.min(most, Math.max(docCount, fewest));
    return termWeight(field, term, statistics, needsScores, Math.fround(boost * own), docFreq);
  });
  return disjunction(weights, maxScores(tieBreaker));
}

function disjunction(weights: readonly Weight[], combine: (scores: Float64Array, count: number) => number): Weight {
  return {
    scorer(entry) {
      const scorers = weights.map((weight) => weight.scorer(entry)).filter((scorer) => scorer !== null);
      if (scorers.length === 0) return null;
      return scorers.length === 1 ? scorers[0]! : new DisjunctionScorer(scorers, 1, combine);
    },
  };
}

function boolWeight(query: BoolQuery, statistics: Statistics, needsScores: boolean, boost: number): Weight {
  const must = query.must.map((part) => makeWeight(part, statistics, needsScores, boost));
  const filter = query.filter.map((part) => makeWeight(part, statistics, false));
  const should = query.should.map((part) => makeWeight(part, statistics, needsScores, boost));
  const mustNot = query.mustNot.map((part) => makeWeight(part, statistics, false));
  const minimum = query.minimumShouldMatch;
  if (minimum > should.length) return { scorer: () => null };
  const hasRequired = must.length + filter.length > 0;
  return {
    scorer(entry) {
      // Filters first: a range often leaves out a segment by its bounds alone, and nothing of it is read then.
      const filtering = scorersOf(filter, entry);
      const scoring = filtering === null ? null : scorersOf(must, entry);
      if (filtering === null || scoring === null) return null;
      const required = [...scoring, ...filtering];
      const optional = should.map((weight) => weight.scorer(entry)).filter((scorer) => scorer !== null);
      const isShouldRequired = minimum > 0 || !hasRequired;
      let result: Scorer;
      if (isShouldRequired && should.length > 0) {
        const wanted = Math.max(1, minimum);
        if (optional.length < wanted) return null;
        const any = optional.length === 1 ? optional[0]! : new DisjunctionScorer(optional, wanted);
        if (required.length === 0) result = any;
        else result = new ConjunctionScorer([...required, any], [...scoring, any]);
      } else if (required.length === 0) {
        // Only exclusions: everything else, without a score.
        result = new AllScorer(entry.segment.docCount, 0);
      } else {
        result =
          required.length === 1 && scoring.length === 1 ? required[0]! : new ConjunctionScorer(required, scoring);
        if (needsScores && optional.length > 0) {
          const any = optional.length === 1 ? optional[0]! : new DisjunctionScorer(optional);
          result = new OptionalScorer(result, any);
        }
      }
      const excluded = mustNot.map((weight) => weight.scorer(entry)).filter((scorer) => scorer !== null);
      if (excluded.length === 0) return result;
      return new ExclusionScorer(result, excluded.length === 1 ? excluded[0]! : new DisjunctionScorer(excluded));
    },
  };
}

/** Null when one of them has no document in the segment. */
function scorersOf(weights: readonly Weight[], entry: ViewEntry): Scorer[] | null {
  const scorers: Scorer[] = [];
  for (const weight of weights) {
    const scorer = weight.scorer(entry);
    if (scorer === null) return null;
    scorers.push(scorer);
  }
  return scorers;
}

const clauseCountMax = 1024;

/** Refuses queries with more clauses than the store will walk at once. */
export function checkClauseCount(count: number): void {
  if (count > clauseCountMax) {
    throw new EsError(400, 'too_many_clauses', `maxClauseCount is set to ${clauseCountMax}`);
  }
}
