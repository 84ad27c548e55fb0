/**
 * What may follow what, of all three formats and at all levels: `npm run conformance -- registry [URL]`. Without a URL this registry is
 * asked, and compared with the rules that Confluent states; with one the registry there, beside this one.
 */
import { startBroker } from '@headwater/broker';
import { startRegistry } from '../../packages/registry/index.ts';
import {
  runSuite,
  type SuiteCase,
  suiteCases,
  type Verdict,
} from '../../packages/registry/test/support/compatibility-suite.ts';

export async function runRegistrySuite([url]: readonly string[]): Promise<number> {
  const cases = suiteCases();
  const broker = await startBroker();
  const registry = await startRegistry({ kafkaUrl: broker.bootstrap, port: 0 });
  try {
    const ours = await runSuite(registry.url, cases);
    if (url === undefined)
      return report(
        cases,
        ours,
        cases.map(({ isCompatible }, index) => isCompatible ?? ours[index]!),
      );
    return report(cases, ours, await runSuite(url, cases), url.includes('/ccompat/'));
  } finally {
    await registry.close();
    await broker.close();
  }
}

/** @returns 1 when there are differences that nobody has explained */
function report(
  cases: readonly SuiteCase[],
  ours: readonly Verdict[],
  others: readonly Verdict[],
  isApicurio = false,
): number {
  let explained = 0;
  let unexplained = 0;
  for (const [index, { level, name, schemaType, versions }] of cases.entries()) {
    if (ours[index] === others[index]) continue;
    const reason = isApicurio ? reasonOf(cases[index]!, others[index]!) : undefined;
    if (reason !== undefined) explained += 1;
    else unexplained += 1;
    const why = reason ?? 'not explained';
    console.log(
      JSON.stringify({
        schemaType,
        name,
        level,
        versions: versions.length,
        here: ours[index],
        there: others[index],
        why,
      }),
    );
  }
  console.log(
    `${cases.length} cases: ${cases.length - explained - unexplained} the same, ${explained} different for a known reason, ${unexplained} different for none`,
  );
  return unexplained === 0 ? 0 : 1;
}

/** Why Apicurio says something else than the rules that Confluent states. */
function reasonOf({ apicurio }: SuiteCase, says: Verdict): string | undefined {
  if (apicurio === undefined) return undefined;
  const { isCompatible, why } = apicurio;
  // Null: it cannot read the schema, and answers with one error or another.
  const isAsKnown = isCompatible === null ? typeof says === 'number' : isCompatible === says;
  return isAsKnown ? why : undefined;
}
