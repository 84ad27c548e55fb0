import type { CorrelatedRecord } from './correlation.ts';
import { type Place, placeKey } from './find-records.ts';
import { type FoundSpan, placeOfSpan } from './find-spans.ts';

export type Relation = 'upstream' | 'downstream' | 'related';

/**
 * How a record of the same path stands to a record. Spans say it where there are some; else times do; of records of one time, which is what
 * topologies give their results, what only was added to says it: headers that the other has not, and of several records by one topic. Others of the same
 * topic, and what came of another part of the same input (another word of a tweet), are related.
 */
export function relationOf(
  other: CorrelatedRecord,
  of: CorrelatedRecord,
  spans: readonly FoundSpan[],
  countsByTopic: ReadonlyMap<string, number>,
): Relation {
  const bySpans = orderBySpans(other, of, spans);
  if (bySpans !== null) return bySpans < 0 ? 'upstream' : 'downstream';
  if (other.topic === of.topic) return 'related';
  if (other.isGone === true || of.isGone === true) return 'related';
  const isBefore =
    other.timestamp === of.timestamp ? isBeforeByForm(other, of, countsByTopic) : other.timestamp < of.timestamp;
  const first = isBefore ? other : of;
  // A repartition topic's records are worked on by their key: of another key another result came.
  if (isInternal(first.topic) && other.key?.text !== of.key?.text) return 'related';
  return isBefore ? 'upstream' : 'downstream';
}

function isBeforeByForm(
  other: CorrelatedRecord,
  of: CorrelatedRecord,
  countsByTopic: ReadonlyMap<string, number>,
): boolean {
  const [one, two] = [other, of].map(({ headers }) => headers.map(({ key }) => key)) as [string[], string[]];
  if (one.length !== two.length) {
    const [few, many] = one.length < two.length ? [one, two] : [two, one];
    if (few.every((name) => many.includes(name))) return few === one;
  }
  return (countsByTopic.get(other.topic) ?? 0) < (countsByTopic.get(of.topic) ?? 0);
}

/** Below zero: the spans of the first are above those of the second; null: spans say nothing. */
function orderBySpans(one: Place, two: Place, spans: readonly FoundSpan[]): number | null {
  const spansAt = (place: Place) => {
    const key = placeKey(place);
    return spans.filter((span) => {
      const at = placeOfSpan(span);
      return at !== null && placeKey(at) === key;
    });
  };
  const [ofOne, ofTwo] = [spansAt(one), spansAt(two)];
  if (ofOne.length === 0 || ofTwo.length === 0) return null;
  if (isAbove(ofOne, ofTwo, spans)) return -1;
  return isAbove(ofTwo, ofOne, spans) ? 1 : null;
}

function isAbove(above: readonly FoundSpan[], below: readonly FoundSpan[], spans: readonly FoundSpan[]): boolean {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const wanted = new Set(above.map(({ id }) => id));
  return below.some((span) => {
    const seen = new Set<string>();
    for (
      let at = byId.get(span.parentId ?? '');
      at !== undefined && !seen.has(at.id);
      at = byId.get(at.parentId ?? '')
    ) {
      if (wanted.has(at.id)) return true;
      seen.add(at.id);
    }
    return false;
  });
}

export function isInternal(topic: string): boolean {
  return /-(repartition|changelog)$|-subscription-(registration|response)-topic$/.test(topic);
}
