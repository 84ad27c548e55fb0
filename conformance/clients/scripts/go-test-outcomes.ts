export interface GoTestOutcomes {
  passed: string[];
  failed: string[];
  skipped: string[];
}

/** From what a Go test program prints with -test.v: tests that have no tests below them, by how they ended. One that was running when the program ended has failed. */
export function goTestOutcomes(output: string): GoTestOutcomes {
  const ended = new Map<string, { result: string; depth: number }>();
  for (const [, name] of output.matchAll(/^=== RUN\s+(\S+)/gm)) ended.set(name!, { result: 'FAIL', depth: -1 });
  for (const [, indent, result, name] of output.matchAll(/^( *)--- (PASS|FAIL|SKIP): (\S+)/gm))
    ended.set(name!, { result: result!, depth: indent!.length / 4 });
  const names = [...ended.keys()];
  // Names of tests have slashes in them too: only the depth tells a parent.
  const isParent = (name: string): boolean =>
    names.some((other) => other.startsWith(`${name}/`) && ended.get(other)!.depth === ended.get(name)!.depth + 1);
  // A parent may fail by itself, when all below it passed.
  const counted = names.filter((name) => ended.get(name)!.result === 'FAIL' || !isParent(name));
  const those = (result: string): string[] => counted.filter((name) => ended.get(name)!.result === result);
  return { passed: those('PASS'), failed: those('FAIL'), skipped: those('SKIP') };
}
