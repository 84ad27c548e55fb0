import { LinearRegex } from '@headwater/regex';

const cacheMax = 500;
const cache = new Map<string, LinearRegex | null>();

/** Whether the pattern is found in the name; in time linear in both, as patterns come from anyone. False for what needs backtracking. */
export function matchesPattern(pattern: string, name: string): boolean {
  let regex = cache.get(pattern);
  if (regex === undefined) {
    try {
      regex = new LinearRegex(pattern);
    } catch {
      regex = null;
    }
    if (cache.size >= cacheMax) cache.delete(cache.keys().next().value!);
    cache.set(pattern, regex);
  }
  return regex?.find(name) !== null && regex !== null;
}
