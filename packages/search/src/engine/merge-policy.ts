/** Neighbouring segments to merge: [from, to). */
export interface MergeChoice {
  from: number;
  to: number;
}

const mergeFactor = 8;
const smallDocs = 1_000;
const docsMax = 5_000_000;

/**
 * Which segments to merge, if any: eight neighbours of one size class, or one that is mostly deletions.
 *
 * Only neighbours are merged, so documents keep the order in which they were written. With eight a class a document is
 * copied about log8(n) times in its life.
 */
export function chooseMerge(
  segments: readonly { docs: number; live: number; sizeBytes: number }[],
  sizeBytesMax: number,
): MergeChoice | null {
  for (let i = 0; i < segments.length; i++) {
    const { docs, live } = segments[i]!;
    if (live < docs / 2) return { from: i, to: i + 1 };
  }
  // From the newest backwards: small ones are merged before they add up.
  let end = segments.length;
  while (end > 0) {
    const level = levelOf(segments[end - 1]!.live);
    let start = end - 1;
    let docs = segments[start]!.live;
    let sizeBytes = segments[start]!.sizeBytes;
    while (start > 0 && levelOf(segments[start - 1]!.live) <= level) {
      const next = segments[start - 1]!;
      if (docs + next.live > docsMax || sizeBytes + next.sizeBytes > sizeBytesMax) break;
      docs += next.live;
      sizeBytes += next.sizeBytes;
      start--;
    }
    if (end - start >= mergeFactor) return { from: start, to: end };
    end = Math.min(end - 1, start);
  }
  return null;
}

function levelOf(docs: number): number {
  let level = 0;
  for (let size = smallDocs; size < docs; size *= mergeFactor) level++;
  return level;
}
