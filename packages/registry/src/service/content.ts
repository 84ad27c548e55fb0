import { type ParsedSchema, parseSchema, SchemaError, type SchemaReference, type SchemaType } from '@headwater/serdes';
import { guidOf } from '../guid.ts';
import type { ParsedSchemas } from '../parsed-schemas.ts';
import { errors } from '../registry-error.ts';
import { confluentVersionOf, type Metadata, mergeMetadata, withConfluentVersion } from '../rules/metadata.ts';
import { mergeRuleSets, type RuleSet } from '../rules/rule-set.ts';
import type { RegisteredSchema, RegistryConfig } from '../state/records.ts';

/** A schema as it comes in a request. */
export interface SubmittedSchema {
  schemaType: SchemaType;
  /** May be empty: then it is that of the version before, with other metadata or rules. */
  schema: string;
  references: SchemaReference[];
  metadata: Metadata | undefined;
  ruleSet: RuleSet | undefined;
  /** 0: the next one. -1: the next one, and the metadata says so. */
  version: number;
  /** -1 for none. */
  id: number;
}

/** A schema as it will be kept. */
export interface Prepared {
  parsed: ParsedSchema;
  content: Pick<RegisteredSchema, 'schemaType' | 'schema' | 'references' | 'metadata' | 'ruleSet' | 'guid'>;
}

const schemaCharactersMax = 5_000_000;
const detailsMax = 2_000;

/** Understands a schema for a subject. @throws RegistryError 42201, 42209 */
export function prepare(
  schemas: ParsedSchemas,
  subject: string,
  submitted: SubmittedSchema,
  isNormalized: boolean,
): Prepared {
  const { schemaType, metadata, ruleSet } = submitted;
  if (submitted.schema.trim() === '') throw errors.invalidSchema('Empty schema');
  if (submitted.schema.length > schemaCharactersMax) {
    throw errors.tooLarge(`The schema has more than ${schemaCharactersMax} characters.`);
  }
  const references = submitted.references.map((each) => schemas.exactReference(subject, each));
  try {
    const parsed = parseSchema(schemaType, submitted.schema, schemas.textsOf(subject, references));
    const schema = isNormalized ? parsed.normalized() : parsed.canonical;
    const content = { schemaType, schema, references, metadata, ruleSet };
    return { parsed, content: { ...content, guid: guidOf(content) } };
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw errors.invalidSchema(`Invalid schema of type ${schemaType}, details: ${shortened(error.message)}`);
  }
}

/** What the request leaves out comes from the version before it; then what the configuration adds to every schema. */
export function populated(
  submitted: SubmittedSchema,
  previous: RegisteredSchema | undefined,
  config: RegistryConfig,
  nextVersion: number | null,
): SubmittedSchema {
  const result = { ...submitted };
  if (submitted.schema.trim() === '' && previous !== undefined) {
    result.schema = previous.schema;
    result.schemaType = previous.schemaType;
    result.references = [...previous.references];
  }
  const ownMetadata = submitted.metadata ?? previous?.metadata;
  result.metadata = mergeMetadata(mergeMetadata(config.defaultMetadata, ownMetadata), config.overrideMetadata);
  const ownRules = submitted.ruleSet ?? previous?.ruleSet;
  result.ruleSet = mergeRuleSets(mergeRuleSets(config.defaultRuleSet, ownRules), config.overrideRuleSet);
  if (nextVersion !== null && (submitted.version !== 0 || confluentVersionOf(result.metadata) !== undefined)) {
    result.metadata = withConfluentVersion(result.metadata, nextVersion);
  }
  return result;
}

export function hasDefaultsOrOverrides(config: RegistryConfig): boolean {
  const { defaultMetadata, defaultRuleSet, overrideMetadata, overrideRuleSet } = config;
  return [defaultMetadata, defaultRuleSet, overrideMetadata, overrideRuleSet].some((each) => each !== undefined);
}

/** What is wrong may be a name as long as the schema itself. */
function shortened(text: string): string {
  return text.length > detailsMax ? `${text.slice(0, detailsMax)}…` : text;
}
