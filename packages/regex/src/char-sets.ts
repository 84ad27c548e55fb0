import { normalise, type Ranges } from './syntax.ts';

const asciiSize = 128;

/** The character sets of one program, each tested by its index: a table for ASCII, ranges above. */
export class CharSets {
  readonly #indexes = new Map<string, number>();
  readonly #wide: Uint16Array[] = [];
  /** 128 bytes a set, 1 where the unit is in it. */
  ascii = new Uint8Array(asciiSize * 16);

  indexOf(ranges: Ranges): number {
    const key = ranges.join(';');
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = this.#indexes.size;
    this.#indexes.set(key, index);
    if ((index + 1) * asciiSize > this.ascii.length) {
      const larger = new Uint8Array(this.ascii.length * 2);
      larger.set(this.ascii);
      this.ascii = larger;
    }
    const wide: number[] = [];
    for (const [from, to] of ranges) {
      for (let unit = from; unit <= to && unit < asciiSize; unit++) this.ascii[index * asciiSize + unit] = 1;
      if (to >= asciiSize) wide.push(Math.max(from, asciiSize), to);
    }
    this.#wide.push(Uint16Array.from(wide));
    return index;
  }

  /** For units from 128 on. */
  hasWide(set: number, unit: number): boolean {
    const wide = this.#wide[set]!;
    let low = 0;
    let high = wide.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (unit > wide[middle * 2 + 1]!) low = middle + 1;
      else high = middle;
    }
    return low < wide.length >> 1 && unit >= wide[low * 2]!;
  }
}

export function union(a: Ranges, b: Ranges): Ranges {
  return normalise([...a, ...b]);
}

export function areDisjoint(a: Ranges, b: Ranges): boolean {
  return !a.some(([from, to]) => b.some(([otherFrom, otherTo]) => from <= otherTo && otherFrom <= to));
}
