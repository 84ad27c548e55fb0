import { deepEqual, equal } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { SqlError } from '../sql-error.ts';
import { sqlTypes } from '../types/sql-type.ts';
import type { Statement } from './ast/index.ts';
import { type ParserOptions, parseScript, parseStatement } from './parse.ts';
import { printStatement } from './printer/print-statement.ts';
import { withoutRanges } from './testing/without-ranges.ts';

const shared = process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../../../shared');
const root = join(shared, 'conformance/ksql');
const skip = existsSync(root) ? false : "ksqlDB's cases are not here (conformance/ksql in HEADWATER_SHARED)";

interface Case {
  readonly name: string;
  readonly statements: readonly string[];
  readonly isTestScript: boolean;
  /** Whether the last statement is refused by ksqlDB's parser. */
  readonly isRefused: boolean;
}

function* casesOf(suite: string): Generator<Case> {
  for (const file of readdirSync(join(root, suite)).sort()) {
    const { tests } = JSON.parse(readFileSync(join(root, suite, file), 'utf8'));
    for (const { name, statements, format, expectedException, expectedError } of tests) {
      // The one message of the parser's that says nothing of the syntax is about a WITH clause: the analyzer's matter.
      const type: string = expectedException?.type ?? '';
      const message: string = expectedException?.message ?? expectedError?.message ?? '';
      const isRefused = /ParseFailedException$/.test(type) || /^line \d+:\d+: Syntax Error/.test(message);
      for (const value of format ?? ['JSON'])
        yield {
          name: `${file} - ${name}`,
          statements: statements.map((text: string) => text.replaceAll('{FORMAT}', value)),
          isTestScript: false,
          isRefused,
        };
    }
  }
}

function* scripts(): Generator<Case> {
  for (const file of readdirSync(join(root, 'sql-tests'), { recursive: true, encoding: 'utf8' }).sort())
    if (file.endsWith('.sql'))
      yield {
        name: file,
        statements: [readFileSync(join(root, 'sql-tests', file), 'utf8')],
        isTestScript: true,
        isRefused: false,
      };
}

function read(text: string, options: ParserOptions): Statement[] {
  return parseScript(text, options).map((statement) => parseStatement(statement, options));
}

for (const [suite, cases] of [
  ['query-validation', () => casesOf('query-validation')],
  ['rest-query-validation', () => casesOf('rest-query-validation')],
  ['sql-tests', scripts],
] as const) {
  test(`the statements of ${suite} are read, and read again as they are shown`, { skip }, (t) => {
    const counts = { read: 0, refused: 0 };
    const failures: string[] = [];
    for (const { name, statements, isTestScript, isRefused } of cases()) {
      const options = { isTestScript, resolveType: () => sqlTypes.string };
      statements.forEach((text, at) => {
        const mayFail = isRefused && at === statements.length - 1;
        try {
          for (const tree of read(text, options)) {
            counts.read++;
            const again = parseStatement(printStatement(tree), options);
            deepEqual(comparable(again), comparable(tree), name);
          }
        } catch (error) {
          if (error instanceof SqlError && mayFail) counts.refused++;
          else failures.push(`${name}: ${error}`);
        }
      });
    }
    t.diagnostic(`${counts.read} statements read, ${counts.refused} refused as they should be`);
    equal(failures.length, 0, failures.slice(0, 5).join('\n'));
  });
}

/** Without what has two forms: EMIT CHANGES is shown where it was left out, doubles are shown in scientific notation. */
function comparable(tree: Statement): unknown {
  return JSON.parse(
    JSON.stringify(withoutRanges(tree), (name, value) => {
      if (value instanceof Map) return [...value];
      if (typeof value === 'bigint') return String(value);
      if (name === 'query' && value.emit === null) return { ...value, emit: 'CHANGES' };
      if (value?.kind === 'double') return { ...value, text: null };
      return value;
    }),
  );
}
