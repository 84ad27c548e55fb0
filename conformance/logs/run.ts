/**
 * The pipelines that come with @headwater/pipeline and the template miner, against real lines whose fields and templates others have written down.
 *
 *   npm run conformance -- logs [--only NAME] [--verbose] [--update]
 *
 * The lines lie under $HEADWATER_SHARED/data/logs (loghub's samples of 2,000 lines); only counts are printed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compilePipeline, TemplateMiner } from '@headwater/pipeline';
import { parse } from 'yaml';
import { templateAccuracy } from './accuracy.ts';
import { type DataSet, dataSets } from './data-sets.ts';

const ratchetFile = resolve(import.meta.dirname, '../ratchets.json');
const pipelineDir = resolve(import.meta.dirname, '../../packages/pipeline/pipelines');

/** In ten-thousandths, so that a ratchet is a whole number. */
type Figures = Record<string, number>;

export async function runLogsSuite(args: readonly string[]): Promise<number> {
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : undefined;
  const dir = resolve(process.env['HEADWATER_SHARED'] ?? resolve(import.meta.dirname, '../../../shared'), 'data/logs');
  const figures: Record<string, Figures> = {};
  let skipped = 0;
  for (const set of dataSets) {
    if (only !== undefined && only !== set.name) continue;
    if (!existsSync(resolve(dir, `${set.name}.structured.csv`))) {
      console.log(`skipped: ${set.name}: its lines are not at ${dir} (set HEADWATER_SHARED)`);
      skipped++;
      continue;
    }
    figures[set.name] = check(set, dir, args.includes('--verbose'));
  }
  const { passed, failed } = compare(figures, args.includes('--update') && only === undefined);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

function check(set: DataSet, dir: string, isVerbose: boolean): Figures {
  const rows = readRows(readFileSync(resolve(dir, `${set.name}.structured.csv`), 'utf8'));
  const lines = readFileSync(resolve(dir, `${set.name}.log`), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  if (rows.length !== lines.length)
    throw new Error(`${set.name}: ${lines.length} lines, but ${rows.length} rows of truth`);
  const pipeline = compilePipeline(parse(readFileSync(resolve(pipelineDir, set.pipeline), 'utf8')), {
    id: set.pipeline,
  });
  const right = set.fields.map(() => 0);
  let whole = 0;
  const startedMs = performance.now();
  const parsed = lines.map((line) => {
    const result = pipeline.run({ message: line });
    return result.kind === 'document' ? result.document : {};
  });
  const pipelineMs = performance.now() - startedMs;
  parsed.forEach((fields, i) => {
    let isWhole = true;
    set.fields.forEach((one, k) => {
      const actual = one.actual(fields);
      if (String(actual ?? '').trim() === one.expected(rows[i]!).trim()) right[k]!++;
      else {
        isWhole = false;
        if (isVerbose) console.log(`${set.name} line ${i + 1}: ${one.name}`);
      }
    });
    if (isWhole) whole++;
  });
  const miner = new TemplateMiner();
  const mined = rows.map((row) => miner.mine(row['Content'] ?? '').templateId);
  // As Drain's authors do: what each line's template is when all lines have been seen.
  const accuracy = templateAccuracy(
    rows.map((row) => ({ event: row['EventId'] ?? '', template: row['EventTemplate'] ?? '' })),
    mined.map((id) => {
      const { templateId, template } = miner.current(id)!;
      return { event: templateId, template };
    }),
  );
  const share = (count: number): string => (count / lines.length).toFixed(4);
  console.log(
    `${set.name} (${lines.length} lines, pipelines/${set.pipeline}, ${Math.round((lines.length / pipelineMs) * 1000)} lines/s)`,
  );
  set.fields.forEach((one, k) => {
    console.log(`  field ${one.name.padEnd(18)} ${share(right[k]!)}`);
  });
  console.log(`  all fields of a line     ${share(whole)}`);
  console.log(
    `  grouping accuracy        ${accuracy.grouping.toFixed(4)}   (Drain, as its authors' benchmark reports it: ${set.drainGrouping})`,
  );
  console.log(
    `  parsing accuracy         ${accuracy.parsing.toFixed(4)}   (${accuracy.parsingLenient.toFixed(4)} where <*>.<*> counts as <*>)`,
  );
  console.log(`  templates                ${accuracy.templates} (truth: ${accuracy.templatesTrue})`);
  return {
    fields: Math.round((whole / lines.length) * 10_000),
    grouping: Math.round(accuracy.grouping * 10_000),
    parsing: Math.round(accuracy.parsing * 10_000),
  };
}

/** The structured file, by our own csv processor. */
function readRows(text: string): Record<string, string>[] {
  const [head, ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const pipeline = compilePipeline({
    processors: [
      { csv: { field: 'row', target_fields: head!.split(','), empty_value: '' } },
      { remove: { field: 'row' } },
    ],
  });
  return lines.map((row) => {
    const result = pipeline.run({ row });
    if (result.kind !== 'document') throw new Error(`a row of the truth cannot be read: ${JSON.stringify(result)}`);
    return result.document as Record<string, string>;
  });
}

/** What was reached once has to be reached for ever. */
function compare(figures: Record<string, Figures>, isUpdate: boolean): { passed: number; failed: number } {
  const ratchets = JSON.parse(readFileSync(ratchetFile, 'utf8')) as Record<string, unknown>;
  const before = (ratchets['logs'] ?? {}) as Record<string, Figures>;
  let passed = 0;
  let failed = 0;
  for (const [name, set] of Object.entries(figures)) {
    for (const [figure, value] of Object.entries(set)) {
      const wanted = before[name]?.[figure] ?? 0;
      if (value >= wanted || isUpdate) passed++;
      else {
        failed++;
        console.log(`${name}: ${figure} was ${wanted / 10_000}, is ${value / 10_000}`);
      }
    }
  }
  if (isUpdate && Object.keys(figures).length > 0) {
    ratchets['logs'] = { ...before, ...figures };
    writeFileSync(ratchetFile, `${JSON.stringify(ratchets, null, 2)}\n`);
  }
  return { passed, failed };
}
