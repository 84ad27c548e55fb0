/** How many colours there are: `--series-1` … `--series-8`. */
export const seriesColours = 8;

/**
 * A colour for each name, the same for the same set of names, and mostly the same for a name wherever it is met. Up to eight
 * names never share one.
 */
export function seriesTones(names: Iterable<string>): Map<string, number> {
  const sorted = [...new Set(names)].sort();
  const tones = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of sorted) {
    let tone = hash(name) % seriesColours;
    if (taken.size >= seriesColours) taken.clear();
    while (taken.has(tone)) tone = (tone + 1) % seriesColours;
    taken.add(tone);
    tones.set(name, tone + 1);
  }
  return tones;
}

export const seriesColour = (tone: number | undefined): string => `var(--series-${tone ?? seriesColours})`;

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
