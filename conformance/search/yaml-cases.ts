import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';

/** A number that was written with a fraction or exponent: it is sent as it was written. */
export class Decimal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  get value(): number {
    return Number(this.text);
  }
}

/** Values of the suite: maps keep their order and their keys are text. */
export type Value = null | boolean | number | bigint | string | Decimal | Value[] | Map<string, Value>;

export type Step = Map<string, Value>;

export interface Case {
  directory: string;
  file: string;
  name: string;
  setup: Step[];
  steps: Step[];
  teardown: Step[];
}

/** Reads all cases below a directory. */
export function loadCases(root: string): Case[] {
  return globSync('**/*.yml', { cwd: root })
    .sort()
    .flatMap((file) => loadFile(root, file));
}

function loadFile(root: string, file: string): Case[] {
  const documents = parseAllDocuments(readFileSync(join(root, file), 'utf8'), { intAsBigInt: true, version: '1.2' });
  let setup: Step[] = [];
  let teardown: Step[] = [];
  const cases: { name: string; steps: Step[] }[] = [];
  for (const document of documents as Iterable<{ contents: unknown }>) {
    const value = convert(document.contents);
    if (!(value instanceof Map)) continue;
    for (const [name, steps] of value) {
      const list = (steps ?? []) as Step[];
      if (name === 'setup') setup = list;
      else if (name === 'teardown') teardown = list;
      else cases.push({ name, steps: list });
    }
  }
  return cases.map((one) => ({ directory: dirname(file), file, setup, teardown, ...one }));
}

function convert(node: unknown): Value {
  if (node === null || node === undefined) return null;
  if (isAlias(node)) throw new Error('the suite has no aliases');
  if (isMap(node)) {
    return new Map(node.items.map(({ key, value }) => [keyText(key), convert(value)]));
  }
  if (isSeq(node)) return node.items.map(convert);
  if (!isScalar(node)) throw new Error('unknown node');
  const { value, source } = node;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (typeof value === 'number') return new Decimal(String(source ?? value));
  return value as Value;
}

/** Keys are text, also where they look like something else. */
function keyText(key: unknown): string {
  if (!isScalar(key)) return String(key);
  return typeof key.value === 'string' ? key.value : String(key.source ?? key.value);
}
