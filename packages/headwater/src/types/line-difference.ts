const linesMax = 60;
const contextLines = 2;

/** What to change in `before` to have `after`: lines with `-` and `+`, two around them. A long one is cut short, saying so. */
export function lineDifference(before: string, after: string): string {
  const lines = compare(before.split('\n'), after.split('\n'));
  const isShown = lines.map((_, at) => {
    const around = lines.slice(Math.max(0, at - contextLines), at + contextLines + 1);
    return around.some((line) => !line.startsWith(' '));
  });
  const shown = lines.flatMap((line, at) => {
    if (!isShown[at]) return [];
    return at === 0 || isShown[at - 1] ? [line] : ['@@', line];
  });
  if (shown.length <= linesMax) return shown.join('\n');
  return [...shown.slice(0, linesMax), `… ${shown.length - linesMax} more lines`].join('\n');
}

/** All lines, those that both have after two spaces. */
function compare(old: readonly string[], now: readonly string[]): string[] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let oldEnd = old.length;
  let nowEnd = now.length;
  while (oldEnd > start && nowEnd > start && old[oldEnd - 1] === now[nowEnd - 1]) {
    oldEnd -= 1;
    nowEnd -= 1;
  }
  return [
    ...old.slice(0, start).map((line) => `  ${line}`),
    ...changes(old.slice(start, oldEnd), now.slice(start, nowEnd)),
    ...old.slice(oldEnd).map((line) => `  ${line}`),
  ];
}

/** By a longest common subsequence; of too much text all old lines, then all new ones. */
function changes(old: readonly string[], now: readonly string[]): string[] {
  if (old.length * now.length > 1_000_000) {
    return [...old.map((line) => `- ${line}`), ...now.map((line) => `+ ${line}`)];
  }
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      common[i * width + j] =
        old[i] === now[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(`  ${old[i]}`);
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      lines.push(`- ${old[i++]}`);
    } else lines.push(`+ ${now[j++]}`);
  }
  return lines;
}
