import type { SqlFunction } from './function.ts';
import type { FunctionRegistry } from './function-registry.ts';
import { patternText, signatureText } from './type-pattern.ts';

const titles: Readonly<Record<SqlFunction['kind'], string>> = {
  scalar: 'Scalar functions',
  aggregate: 'Aggregate functions',
  table: 'Table functions',
};

/** The page of docs/reference about all functions of a registry, in Markdown. */
export function functionReferencePage(registry: FunctionRegistry): string {
  const all = registry.all();
  const parts = [
    '# Functions of SQL',
    'Made by `node packages/sql/scripts/write-function-reference.ts` from what `DESCRIBE FUNCTION` shows. `T`, `K`, `V`, `R`, `S` stand for any type, each for one;\n`...` for any number of values. A null argument gives null unless something else is said.',
  ];
  for (const kind of ['scalar', 'aggregate', 'table'] as const) {
    parts.push(`## ${titles[kind]}`);
    const ofKind = all.filter((each) => each.kind === kind);
    const categories = [...new Set(ofKind.map(({ category }) => category))].sort();
    for (const category of categories) {
      if (categories.length > 1) parts.push(`### ${headingOf(category)}`);
      for (const each of ofKind) if (each.category === category) parts.push(functionText(each));
    }
  }
  return `${parts.join('\n\n')}\n`;
}

function headingOf(category: string): string {
  return category[0] + category.slice(1).toLowerCase();
}

function functionText(described: SqlFunction): string {
  const { name, description, example, variants } = described;
  const lines = [`**${name}**: ${description}`, '', '```sql'];
  const signatures = variants.map((variant) => {
    const result = typeof variant.returns === 'function' ? 'as the arguments' : patternText(variant.returns);
    return `${signatureText(name, variant.parameters)} → ${result}`;
  });
  lines.push(...signatures, '```');
  const parameters = new Map<string, string>();
  for (const variant of variants) {
    for (const { name: parameter, description: text } of variant.parameters) {
      if (text && !parameters.has(parameter)) parameters.set(parameter, text);
    }
  }
  if (parameters.size > 0)
    lines.push('', ...Array.from(parameters, ([parameter, text]) => `- \`${parameter}\`: ${text}`));
  if (example !== undefined) lines.push('', `Example: \`${example}\``);
  if (described.kind === 'aggregate') lines.push('', tablesText(described));
  return lines.join('\n');
}

const notForTables = new Set([
  'COLLECT_SET',
  'COUNT_DISTINCT',
  'EARLIEST_BY_OFFSET',
  'LATEST_BY_OFFSET',
  'MAX',
  'MIN',
  'TOPK',
  'TOPKDISTINCT',
]);

function tablesText({ name }: SqlFunction): string {
  return notForTables.has(name) ? 'For streams.' : 'For streams and tables.';
}
