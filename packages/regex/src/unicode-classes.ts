import type { Ranges } from './syntax.ts';

const classes = new Map<string, Ranges>();
const categoryPattern =
  /^(?:L|Lu|Ll|Lt|Lm|Lo|M|Mn|Mc|Me|N|Nd|Nl|No|P|Pc|Pd|Ps|Pe|Pi|Pf|Po|S|Sm|Sc|Sk|So|Z|Zs|Zl|Zp|C|Cc|Cf|Alphabetic)$/;

/** The UTF-16 units of a general category, or of `word` (Oniguruma's `\\w`); undefined when there is no such class. Found once, 3 ms each. */
export function unicodeClass(name: string): Ranges | undefined {
  const known = classes.get(name);
  if (known !== undefined) return known;
  if (name !== 'word' && !categoryPattern.test(name)) return undefined;
  const test = name === 'word' ? /[\p{L}\p{M}\p{N}\p{Pc}]/u : new RegExp(`\\p{${name}}`, 'u');
  const ranges: [number, number][] = [];
  for (let unit = 0; unit <= 0xffff; unit++) {
    if (!test.test(String.fromCharCode(unit))) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === unit - 1) last[1] = unit;
    else ranges.push([unit, unit]);
  }
  classes.set(name, ranges);
  return ranges;
}
