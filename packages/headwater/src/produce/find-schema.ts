import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SchemaForms } from '@headwater/rest';
import { type RegistryClient, RegistryClientError } from '@headwater/serdes';
import { HeadwaterError } from '../headwater-error.ts';
import type { CommandContext } from '../kafka-command/command-context.ts';
import type { ValueSchema } from './line-records.ts';
import { type ProduceFlags, schemaFormats } from './produce-flags.ts';

/**
 * What values are encoded by; null: they are sent as they are. Without a format it is the newest schema of the topic, so that a line of text
 * does not come between records that others read by it; a registry that is away is then said, not waited for.
 *
 * @throws HeadwaterError HW_PRODUCE_SCHEMA
 */
export async function findSchema(
  flags: ProduceFlags,
  registry: RegistryClient,
  context: CommandContext,
  say: (text: string) => void,
): Promise<ValueSchema | null> {
  const { format, topic, schema, subject = `${topic}-value` } = flags;
  if (format === 'text' || format === 'json' || format === 'record') return null;
  const forms = new SchemaForms(registry);
  try {
    if (schema !== undefined) {
      const schemaType = schemaFormats[format as keyof typeof schemaFormats];
      const text = readFileSync(resolve(context.cwd, schema), 'utf8');
      const source = { schemaType, schema: text, references: [] };
      const { id } = await registry.register(subject, source);
      return { forms, known: { ...(await forms.of(id, source)), id }, subject };
    }
    const found = await registry.version(subject, 'latest');
    const known = { ...(await forms.of(found.id, found)), id: found.id };
    if (format !== 'auto' && known.type !== schemaFormats[format]) {
      throw new HeadwaterError(
        'HW_PRODUCE_SCHEMA',
        `the newest schema of ${subject} is of type ${known.type}, not ${format}: leave --format out`,
      );
    }
    if (format === 'auto')
      say(`by the schema of ${subject}, version ${found.version} (--format text sends lines as they are)`);
    return { forms, known, subject };
  } catch (error) {
    const isWanted = format !== 'auto' || flags.subject !== undefined;
    if (error instanceof RegistryClientError && !isWanted) {
      if (!error.isNotFound)
        say(`no schema registry answers at ${registry.url}: lines are sent as they are (--format text does so anyway)`);
      return null;
    }
    if (error instanceof HeadwaterError) throw error;
    const isMissing = error instanceof RegistryClientError && error.isNotFound;
    throw new HeadwaterError(
      'HW_PRODUCE_SCHEMA',
      isMissing
        ? `${registry.url} has no subject ${subject}: --schema FILE registers one`
        : `the schema cannot be used: ${(error as Error).message}`,
      error,
    );
  }
}
