/**
 * The steps of a JSON path such as `$.a.b[0]["c d"]`: names of members and indexes, as texts.
 *
 * @throws RangeError for what is no path
 */
export function jsonPathSteps(path: string): readonly string[] {
  const mistake = (): RangeError => new RangeError(`Invalid JSON path: '${path}'`);
  if (path[0] !== '$') throw mistake();
  const steps: string[] = [];
  let at = 1;
  while (at < path.length) {
    stepPattern.lastIndex = at;
    const match = stepPattern.exec(path);
    if (match === null) throw mistake();
    const [whole, name, quoted, index] = match;
    steps.push(name ?? index ?? quoted!.replace(/\\(.)/g, '$1'));
    at += whole.length;
  }
  return steps;
}

/** `.name`, `["any \" text"]`, `[name]`, and blanks between them. */
const stepPattern = /\s*(?:\.([^.[\]"]+)|\["((?:[^"\\]|\\.)*)"\]|\[([^\]"]+)\])\s*/y;
