/** A test of a script file: statements with ASSERT among them, or a mistake that one of them must be. */
export interface ScriptTest {
  readonly name: string;
  readonly text: string;
  /** What the message of a statement must contain; null: all must pass. */
  readonly expectedMessage: string | null;
}

/** Reads a file with a `--@test: name` line before each test, and perhaps `--@expected.message: text` behind it. */
export function readScriptFile(text: string, file: string): ScriptTest[] {
  const tests: ScriptTest[] = [];
  const parts = text.split(/^--@test:[ \t]*(.*)$/m);
  for (let at = 1; at < parts.length; at += 2) {
    const body = parts[at + 1]!;
    const isFailing = /^--@expected\.error:/m.test(body);
    const message = /^--@expected\.message:[ \t]*(.*)$/m.exec(body)?.[1]?.trim() ?? null;
    tests.push({
      name: `${file} - ${parts[at]!.trim()}`,
      text: body,
      expectedMessage: message ?? (isFailing ? '' : null),
    });
  }
  return tests;
}
