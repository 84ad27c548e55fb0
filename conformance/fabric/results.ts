import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Result {
  area: string;
  name: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** What was seen, or why not. */
  detail: string;
}

type Recorded = Record<string, Record<string, Omit<Result, 'name'>>>;

const jsonFile = join(import.meta.dirname, 'results.json');
const tableFile = join(import.meta.dirname, 'RESULTS.md');
const targets = ['spring', 'headwater'];
const marks = { passed: 'yes', failed: '**no**', skipped: 'skipped' };

/** Keeps what a run saw beside what was seen at the other target, in the order of the names. */
export async function record(target: string, results: readonly Result[], names: readonly string[]): Promise<void> {
  const before = JSON.parse(await readFile(jsonFile, 'utf8').catch(() => '{}')) as Recorded;
  for (const { name, ...rest } of results) (before[name] ??= {})[target] = rest;
  const all = Object.fromEntries(names.filter((name) => name in before).map((name) => [name, before[name]!]));
  await writeFile(jsonFile, `${JSON.stringify(all, null, 2)}\n`);
  await writeFile(tableFile, table(all));
}

function table(all: Recorded): string {
  const lines = [
    '# Spring Boot services against Spring’s own servers and against Headwater',
    '',
    'Written by `npm run conformance -- fabric --target spring|headwater --record`.',
    '',
    '| area | check | Spring | Headwater |',
    '|---|---|---|---|',
  ];
  for (const [name, seen] of Object.entries(all)) {
    const cells = targets.map((target) => cell(seen[target]));
    lines.push(`| ${Object.values(seen)[0]!.area} | ${name} | ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function cell(result: Omit<Result, 'name'> | undefined): string {
  if (result === undefined) return '';
  const detail = result.detail.split('\n')[0]!.replaceAll('|', '\\|');
  return detail === '' ? marks[result.outcome] : `${marks[result.outcome]}: ${detail}`;
}
