/** True when `text` matches `pattern`, in which `*` stands for any run of characters. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (p < pattern.length && pattern[p] === '*') p++;
  return p === pattern.length;
}

/** True when some text that begins with `prefix` matches `pattern`. */
export function canMatchBelow(pattern: string, prefix: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern.length > prefix.length && pattern.startsWith(prefix);
  // The literal head decides; after a star anything may still come if some split of the prefix works.
  const states = new Set([0]);
  let current = closure(pattern, states);
  for (const character of prefix) {
    const next = new Set<number>();
    for (const state of current) {
      if (pattern[state] === '*') next.add(state);
      else if (pattern[state] === character) next.add(state + 1);
    }
    current = closure(pattern, next);
    if (current.size === 0) return false;
  }
  for (const state of current) if (state < pattern.length) return true;
  return false;
}

function closure(pattern: string, states: Set<number>): Set<number> {
  const closed = new Set<number>();
  for (let state of states) {
    closed.add(state);
    while (pattern[state] === '*') closed.add(++state);
  }
  return closed;
}
