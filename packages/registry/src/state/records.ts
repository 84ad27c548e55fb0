import type { SchemaReference, SchemaType } from '@headwater/serdes';
import type { Metadata } from '../rules/metadata.ts';
import type { RuleSet } from '../rules/rule-set.ts';

/** What is registered under a subject and version; the value of its record in the log. */
export interface RegisteredSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly guid: string;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly SchemaReference[];
  readonly metadata: Metadata | undefined;
  readonly ruleSet: RuleSet | undefined;
  readonly isDeleted: boolean;
  /** Epoch milliseconds of the record. */
  readonly timestamp: number;
}

/** What can be said of a subject, a context, or all. */
export interface RegistryConfig {
  alias?: string;
  normalize?: boolean;
  validateFields?: boolean;
  validateNewSchemas?: boolean;
  validateRules?: boolean;
  compatibilityLevel?: string;
  compatibilityPolicy?: string;
  compatibilityGroup?: string;
  defaultMetadata?: Metadata;
  overrideMetadata?: Metadata;
  defaultRuleSet?: RuleSet;
  overrideRuleSet?: RuleSet;
}

export const modes = ['READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT', 'FORWARD'] as const;
export type Mode = (typeof modes)[number];

export function isMode(text: unknown): text is Mode {
  return (modes as readonly unknown[]).includes(text);
}

/** Ids and versions come with the schemas, from elsewhere. */
export function isImporting(mode: Mode): boolean {
  return mode === 'IMPORT' || mode === 'FORWARD';
}

/** One change, as the log has it. `subject` null: for all. */
export type Change =
  | { kind: 'schema'; schema: RegisteredSchema }
  | { kind: 'schema-removed'; subject: string; version: number }
  | { kind: 'subject-deleted'; subject: string; version: number }
  /** Softly deleted versions of a subject, of a context, or all of them are forgotten. */
  | { kind: 'subject-cleared'; subject: string | null }
  | { kind: 'context'; context: string; isThere: boolean }
  | { kind: 'greatest-id'; context: string; id: number }
  | { kind: 'config'; subject: string | null; config: RegistryConfig | null }
  | { kind: 'mode'; subject: string | null; mode: Mode | null };
