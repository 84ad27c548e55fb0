import { createInterface } from 'node:readline/promises';
import { HeadwaterError } from '../headwater-error.ts';
import { counted } from './columns.ts';
import type { CommandContext } from './command-context.ts';

/**
 * Asks a person whether so many things are to be deleted. Throws HW_CLI_CONFIRM where nobody can be asked.
 *
 * @param noun of one: `topic`
 */
export async function confirmed(
  count: number,
  noun: string,
  { input, errors, signal }: CommandContext,
): Promise<boolean> {
  if (input.isTTY !== true) {
    throw new HeadwaterError(
      'HW_CLI_CONFIRM',
      `nothing is deleted: ${counted(count, noun)} would be gone for good; say --yes`,
    );
  }
  const lines = createInterface({ input, output: errors });
  try {
    const answer = await lines.question(`Delete ${count === 1 ? 'it' : 'them'} for good? (yes/no) `, { signal });
    if (answer.trim().toLowerCase() === 'yes') return true;
    errors.write('nothing is deleted\n');
    return false;
  } finally {
    lines.close();
  }
}
