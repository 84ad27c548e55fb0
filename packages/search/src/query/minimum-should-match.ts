import { numberFormat } from '../errors.ts';

/** How many of `count` optional clauses must match: `2`, `-1`, `75%`, `-25%`, `2<75% 9<-3`. */
export function minimumShouldMatch(spec: string, count: number): number {
  const result = calculate(spec.trim(), count);
  return Math.max(0, Math.min(result, count));
}

function calculate(spec: string, count: number): number {
  if (spec.includes('<')) {
    let result = count;
    for (const part of spec.replace(/\s*<\s*/g, '<').split(/\s+/)) {
      const [bound, rest] = part.split('<') as [string, string];
      if (count <= integer(bound)) return result;
      result = minimumShouldMatch(rest, count);
    }
    return result;
  }
  if (spec.endsWith('%')) {
    const percent = integer(spec.slice(0, -1));
    const share = Math.trunc((count * percent) / 100);
    return share < 0 || Object.is(share, -0) || percent < 0 ? count + share : share;
  }
  const number = integer(spec);
  return number < 0 ? count + number : number;
}

function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw numberFormat(text);
  return Number(text);
}
