/** The table of what may follow what, asked of any registry that speaks Confluent's REST API. */
import type { SchemaType } from '@headwater/serdes';
import { avroPairs } from '../avro-cases.ts';
import { historyCases, levels } from '../history-cases.ts';
import { jsonSchemaPairs } from '../json-schema-cases.ts';
import { protobufPairs } from '../protobuf-cases.ts';
import { callRegistry } from './registry-call.ts';

export interface SuiteCase {
  name: string;
  schemaType: SchemaType;
  level: string;
  /** Oldest first. */
  versions: string[];
  next: string;
  /** By the rules that Confluent states; undefined where only a comparison tells. */
  isCompatible: boolean | undefined;
  /** What Apicurio says where it says something else, and why; null where it answers with an error. */
  apicurio: { isCompatible: boolean | null; why: string } | undefined;
}

/** Pairs under BACKWARD, and histories under every level. */
export function suiteCases(): SuiteCase[] {
  const pair = (schemaType: SchemaType, { apicurio, earlier, isCompatible, name, next }: Pair): SuiteCase => ({
    name,
    schemaType,
    level: 'BACKWARD',
    versions: [earlier],
    next,
    isCompatible,
    apicurio,
  });
  return [
    ...avroPairs().map((each) => pair('AVRO', each)),
    ...jsonSchemaPairs().map((each) => pair('JSON', each)),
    ...protobufPairs().map((each) => pair('PROTOBUF', each)),
    ...historyCases().flatMap(({ apicurio, name, next, passes, schemaType, versions }) =>
      [...levels, 'NONE' as const].map((level) => ({
        name: `${name}, ${versions.length} before`,
        schemaType,
        level,
        versions,
        next,
        isCompatible: level === 'NONE' || passes.includes(level),
        apicurio: apicurioOf(level, passes, apicurio),
      })),
    ),
  ];
}

/** Asked about all versions of a subject, Apicurio looks at all of them under every level; it registers by the level alone. */
function apicurioOf(
  level: string,
  passes: readonly string[],
  rule: { passes: readonly string[]; why: string } | undefined,
): SuiteCase['apicurio'] {
  if (level === 'NONE') return undefined;
  if (rule !== undefined && rule.passes.includes(level) !== passes.includes(level)) {
    return { isCompatible: !passes.includes(level), why: rule.why };
  }
  const isCompatible = passes.includes(`${level}_TRANSITIVE`);
  if (level.endsWith('_TRANSITIVE') || !passes.includes(level) || isCompatible) return undefined;
  return { isCompatible, why: 'at this call Apicurio looks at all versions, whatever the level' };
}

interface Pair {
  name: string;
  earlier: string;
  next: string;
  isCompatible?: boolean;
  apicurio?: SuiteCase['apicurio'];
}

/** What a registry says of a case: true or false, or the status of the answer that was no answer. */
export type Verdict = boolean | number;

/** Asks everything, several cases at a time. */
export async function runSuite(url: string, cases: readonly SuiteCase[], atOnce = 4): Promise<Verdict[]> {
  const run = Date.now().toString(36);
  const verdicts: Verdict[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < cases.length) {
      const index = next++;
      verdicts[index] = await ask(url, `suite-${run}-${index}`, cases[index]!);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return verdicts;
}

async function ask(url: string, subject: string, { level, next, schemaType, versions }: SuiteCase): Promise<Verdict> {
  const set = (compatibility: string) => callRegistry(url, 'PUT', `/config/${subject}`, { compatibility });
  await set('NONE');
  for (const schema of versions) {
    const { status } = await callRegistry(url, 'POST', `/subjects/${subject}/versions`, { schema, schemaType });
    if (status !== 200) return status;
  }
  await set(level);
  const path = `/compatibility/subjects/${subject}/versions`;
  const { body, status } = await callRegistry(url, 'POST', path, { schema: next, schemaType });
  return status === 200 ? body.is_compatible : status;
}
