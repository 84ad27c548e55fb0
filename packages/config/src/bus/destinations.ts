/**
 * The destinations that a changed file concerns, as Spring's config monitor guesses them: `orders-dev.yml` may be for an application
 * `orders-dev`, or for `orders`; `application…` is for all. Where it is known who asks, only those are told.
 */
export function destinationsOf(paths: Iterable<string>, knownApplications: ReadonlySet<string>): string[] {
  const result = new Set<string>();
  for (const path of paths) {
    const guesses = guessApplications(path);
    const known = guesses.filter((name) => name === '*' || knownApplications.has(name));
    for (const name of known.length > 0 ? known : guesses) result.add(`${name}:**`);
  }
  // Who is told with all the others need not be told alone.
  return result.has('*:**') ? ['*:**'] : [...result];
}

/** Names of applications that a file may be for, the longest first. */
export function guessApplications(path: string): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  let stem = dot > 0 ? name.slice(0, dot) : name;
  const result: string[] = [];
  for (;;) {
    result.push(stem === 'application' ? '*' : stem);
    const dash = stem.lastIndexOf('-');
    if (dash === -1) return [...new Set(result)].filter((one) => one !== '');
    stem = stem.slice(0, dash);
  }
}
