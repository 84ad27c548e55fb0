/** More directories than this are not searched for one pattern. */
const maxMatches = 500;

/**
 * The directories that a pattern names: `*` stands for any part of one name, `**` for any number of names. Results end in `/` (the
 * root is `''`) and are sorted.
 */
export async function matchingDirectories(
  pattern: string,
  list: (path: string) => Promise<string[]>,
): Promise<string[]> {
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return [];
  const found: string[] = [];

  async function walk(path: string, at: number, depth: number): Promise<void> {
    if (found.length >= maxMatches || depth > 30) return;
    const part = parts[at];
    if (part === undefined) {
      if (!found.includes(path)) found.push(path);
      return;
    }
    const names = (await list(path)).filter((name) => name !== '.git').sort();
    if (part === '**') {
      await walk(path, at + 1, depth);
      for (const name of names) await walk(`${path}${name}/`, at, depth + 1);
      return;
    }
    const matches = wildcard(part);
    for (const name of names) if (matches(name)) await walk(`${path}${name}/`, at + 1, depth + 1);
  }

  await walk('', 0, 0);
  return found;
}

function wildcard(part: string): (name: string) => boolean {
  if (!/[*?]/.test(part)) return (name) => name === part;
  const pattern = part
    .replace(/\*+/g, '*')
    .split(/([*?])/)
    .map((piece) => (piece === '*' ? '.*' : piece === '?' ? '.' : piece.replace(/[.+^${}()|[\]\\]/g, '\\$&')));
  const expression = new RegExp(`^${pattern.join('')}$`, 's');
  return (name) => expression.test(name);
}
