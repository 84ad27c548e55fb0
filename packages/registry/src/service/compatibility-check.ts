import type { ParsedSchema } from '@headwater/serdes';
import { type Conflict, type EarlierSchema, findConflict, isCompatibilityLevel } from '../compatibility/levels.ts';
import { reservedFieldMistakes } from '../compatibility/reserved-fields.ts';
import type { ParsedSchemas } from '../parsed-schemas.ts';
import type { Metadata } from '../rules/metadata.ts';
import type { RegisteredSchema, RegistryConfig } from '../state/records.ts';
import type { Prepared } from './content.ts';

/** What keeps a schema from following earlier ones, one text each, as the registry's clients print them; empty when nothing does. */
export function compatibilityMessages(
  schemas: ParsedSchemas,
  config: RegistryConfig,
  { content, parsed }: Prepared,
  /** Ascending. */
  earlier: readonly RegisteredSchema[],
): string[] {
  const messages =
    config.validateFields === true
      ? reservedFieldMistakes({ parsed, metadata: content.metadata }, earlier.at(-1)?.metadata)
      : [];
  const level = isCompatibilityLevel(config.compatibilityLevel) ? config.compatibilityLevel : 'BACKWARD';
  const group = config.compatibilityGroup;
  const inGroup =
    group === undefined ? earlier : earlier.filter(({ metadata }) => isSameGroup(group, metadata, content.metadata));
  const conflict = findConflict(
    level,
    parsed,
    inGroup.map((each) => new Earlier(schemas, each)),
    config.compatibilityPolicy === 'LENIENT' ? 'LENIENT' : 'STRICT',
  );
  if (conflict !== null) {
    const of = inGroup.find(({ version }) => version === conflict.earlier.version)!;
    messages.push(...conflictMessages(conflict, of));
  }
  if (messages.length > 0) {
    messages.push(`{validateFields: '${config.validateFields === true}', compatibility: '${level}'}`);
  }
  return messages;
}

/** `compatibilityGroup` names a property of the metadata: only versions that say the same there are looked at. */
function isSameGroup(group: string, a: Metadata | undefined, b: Metadata | undefined): boolean {
  return a?.properties?.[group] === b?.properties?.[group];
}

/** Understood when it is looked at. */
class Earlier implements EarlierSchema {
  readonly version: number;
  readonly #schemas: ParsedSchemas;
  readonly #schema: RegisteredSchema;

  constructor(schemas: ParsedSchemas, schema: RegisteredSchema) {
    this.version = schema.version;
    this.#schemas = schemas;
    this.#schema = schema;
  }

  get parsed(): ParsedSchema {
    return this.#schemas.of(this.#schema);
  }
}

function conflictMessages({ reasons }: Conflict, earlier: RegisteredSchema): string[] {
  return [
    ...reasons.map(
      ({ errorType, description, additionalInfo }) =>
        `{errorType:'${errorType}', description:'${description}', additionalInfo:'${additionalInfo}'}`,
    ),
    `{oldSchemaVersion: ${earlier.version}}`,
    `{oldSchema: '${earlier.schema}'}`,
  ];
}
