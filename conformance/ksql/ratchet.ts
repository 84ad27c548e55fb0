import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const file = join(import.meta.dirname, '../ratchets.json');

/** What passed once has to pass: the number is raised with `--update`, and never falls. 0 when nothing was lost. */
export async function againstRatchet(
  passed: number,
  total: number,
  isUpdate: boolean,
  suite: 'ksql' | 'ksql-rest' = 'ksql',
): Promise<number> {
  const ratchets = JSON.parse(await readFile(file, 'utf8')) as Partial<
    Record<'ksql' | 'ksql-rest', { passed: number; total: number }>
  >;
  const before = ratchets[suite]?.passed ?? 0;
  if (isUpdate && passed > before) {
    ratchets[suite] = { passed, total };
    await writeFile(file, `${JSON.stringify(ratchets, null, 2)}\n`);
  }
  if (passed >= before) return 0;
  console.log(`${before} passed before: ${before - passed} were lost`);
  return 1;
}
