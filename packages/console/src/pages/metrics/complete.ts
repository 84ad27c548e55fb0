/** The name that is being written before the caret, unless it stands within braces or quotes. */
export function nameBefore(text: string, caret: number): { from: number; name: string } | null {
  const before = text.slice(0, caret);
  const name = /[a-zA-Z_:][\w:]*$/.exec(before)?.[0] ?? '';
  const from = caret - name.length;
  let isQuoted = false;
  let depth = 0;
  for (const character of before.slice(0, from)) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && character === '{') depth += 1;
    else if (!isQuoted && character === '}') depth -= 1;
  }
  return name === '' || isQuoted || depth > 0 ? null : { from, name };
}

/** Names that begin with what is written come first, then those that have it anywhere. */
export function completions(names: readonly string[], written: string, max: number): string[] {
  const wanted = written.toLowerCase();
  const found = names.filter((name) => name.toLowerCase().includes(wanted) && name !== written);
  const isFirst = (name: string): number => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return found.sort((a, b) => isFirst(a) - isFirst(b) || (a < b ? -1 : 1)).slice(0, max);
}
