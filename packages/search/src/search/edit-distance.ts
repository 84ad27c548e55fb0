/** Edits (insert, delete, replace; swap of neighbours when `transpositions`) between two texts, or more than `max`. */
export function editDistance(a: readonly number[], b: readonly number[], max: number, transpositions: boolean): number {
  if (Math.abs(a.length - b.length) > max) return max + 1;
  let twoAgo: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let smallest = i;
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(before[j]! + 1, row[j - 1]! + 1, before[j - 1]! + (isSame ? 0 : 1));
      if (transpositions && i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, twoAgo[j - 2]! + 1);
      }
      row.push(cost);
      if (cost < smallest) smallest = cost;
    }
    if (smallest > max) return max + 1;
    twoAgo = before;
    before = row;
  }
  return before[b.length]!;
}

export function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}
