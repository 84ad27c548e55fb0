/**
 * The word that was likely meant: at most two letters wrong, missing, too many or swapped, fewer for short words; of several that are as
 * near the longest, as letters are left out more often than added. Null: none.
 */
export function nearestWord(written: string, words: Iterable<string>): string | null {
  if (written.length < 3 || written.length > 40) return null;
  const most = written.length < 5 ? 1 : 2;
  let nearest: string | null = null;
  let nearestDistance = most + 1;
  for (const word of words) {
    if (Math.abs(word.length - written.length) > Math.min(most, nearestDistance)) continue;
    const distance = editDistance(written, word);
    if (
      distance < nearestDistance ||
      (distance === nearestDistance && word.length > (nearest?.length ?? Number.POSITIVE_INFINITY))
    ) {
      nearest = word;
      nearestDistance = distance;
    }
  }
  return nearest;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let distance = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (isSame ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        distance = Math.min(distance, before[column - 2]! + 1);
      current.push(distance);
    }
    before = previous;
    previous = current;
  }
  return previous[other.length]!;
}
